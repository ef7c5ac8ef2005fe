"""What is due of orders: words to customers, the agreed charge, the end of an order that is not paid."""

from __future__ import annotations

from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.orders.queries import get_order
from bakery.payments import mandates, services
from bakery.payments.balance_models import BalanceEvent
from bakery.payments.balance_plan import charge_at
from bakery.payments.operations import balance
from jobs import mails, money_mails
from jobs.periodic import periodic


@periodic("collect_balances")
def collect() -> str:
    """Take the next step for every order of which something is due."""
    taken = services.look_after_rests(adapters().gateway, mails.settings().base_url)
    said = ", ".join(f"{count} {step.value.replace('_', ' ')}" for step, count in sorted(taken.items()))
    return said or "nothing to do"


def send_news(event_id: int) -> None:
    """Tell the customer of a step, unless it is paid or overtaken by now."""
    session = db.session()
    event = session.get_one(BalanceEvent, event_id)
    order = get_order(session, event.order_id)
    has_card = mandates.find(session, order.id) is not None
    rest = balance.read_rest(session, order, has_card=has_card)
    draft = money_mails.balance_news(order, event, charge_at(rest) if rest else None)
    messages.deliver_email(draft, adapters().mailer)


def _news_given_up(event_id: int, error: str) -> bool:
    order_id = db.session().get_one(BalanceEvent, event_id).order_id
    return messages.give_up(money_mails.REMINDER, f"order:{order_id}", error)


send_news.gave_up = _news_given_up  # type: ignore[attr-defined]
