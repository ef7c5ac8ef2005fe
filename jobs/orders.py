"""What a confirmed order owes its customer and its baker."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra import formats
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.messages.drafts import Sms
from bakery.messages.sms_text import Cake, cake_alert
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.orders.queries import get_order, history
from bakery.orders.states import OrderStatus
from bakery.payments import receipts
from bakery.payments.dispute_queries import at_bank
from bakery.payments.models import PAST_STRIPE, Transaction, TransactionKind
from bakery.payments.queries import is_paying, transactions
from bakery.payments.refund_queries import of_cancellation
from bakery.payments.refund_states import RefundState
from bakery.payments.refund_words import WAYS
from bakery.payments.services.refund_rescue import GIVEN_AS
from jobs import cake_mails, mails, money_mails
from jobs.periodic import periodic

log = structlog.get_logger(__name__)
CONFIRMATION, CAKE_ALERT = "order_confirmation", "cake_alert"
LATE_REFUND, CANCELLATION = "late_refund", "order_cancelled"
# How money was given that did not go by Stripe.
BY_HAND: dict[str, str] = {kind: WAYS[tender] for tender, kind in GIVEN_AS.items()}
# Nearer than this, the weekday alone says which day is meant.
WEEKDAY_IS_ENOUGH = timedelta(days=6)


def send_confirmation(order_id: int) -> None:
    """Mail the customer what was ordered, with the receipt."""
    receipt = receipts.get_pdf(order_id, adapters().files)
    draft = mails.order_confirmation(_order(order_id), receipt)
    messages.deliver_email(draft, adapters().mailer)


def send_staff_sms(order_id: int) -> None:
    """Tell the bakery's phone about an order with a cake."""
    order = _order(order_id)
    cakes = [
        Cake(line.quantity, line.variant_name, line.product_name, line.message)
        for line in order.lines
        if line.is_cake
    ]
    if not cakes:
        log.warning("no_cake_in_order", order=order_id)
        return
    draft = Sms(
        to=mails.alert_phone(),
        template=CAKE_ALERT,
        subject_ref=order.ref,
        body=cake_alert(order.number, cakes, when(order.pickup_at, order.time_zone)),
        status_url=f"{mails.settings().base_url}/webhooks/twilio/status",
    )
    messages.deliver_sms(draft, adapters().sms)


def send_late_refund(order_id: int) -> None:
    """Tell the customer that a payment which bought nothing went back, by Stripe or another way."""
    order = _order(order_id)
    ledger = transactions(db.session(), order_id)
    failed = {row.stripe_id for row in ledger if row.kind == TransactionKind.REVERSAL}
    sent = [row for row in ledger if row.kind == TransactionKind.REFUND or _given_by_hand(row)]
    arrived = [row for row in sent if row.kind != TransactionKind.REFUND or row.stripe_id not in failed]
    if not arrived:
        log.warning("no_refund_to_tell_of", order=order_id)
        return
    last = arrived[-1]
    cake_link = cake_mails.link_of_order(db.session(), order_id)
    amount = Money(-last.amount_cents, last.currency)
    # One that came back was told as well, and counts.
    draft = mails.late_refund(order, amount, len(sent), cake_link, BY_HAND.get(last.kind, ""))
    messages.deliver_email(draft, adapters().mailer)


def _given_by_hand(row: Transaction) -> bool:
    """Money of a payment that bought nothing, handed over or transferred: it has lowered no price."""
    by_hand = row.kind in PAST_STRIPE and row.amount_cents < 0
    return by_hand and row.payment_id is not None and not row.credits


def send_cancellation(order_id: int) -> None:
    """Tell the customer that their confirmed order is cancelled, and what is to come back."""
    session, order = db.session(), _order(order_id)
    asked = of_cancellation(session, order_id)
    ended = [event for event in history(session, order_id) if event.to_state == OrderStatus.CANCELLED]
    draft = mails.order_cancelled(
        order,
        asked.amount if asked and asked.state != RefundState.REJECTED else None,
        at_bank(session, order_id),
        by_customer=bool(ended) and ended[-1].actor_label == "customer",
    )
    messages.deliver_email(draft, adapters().mailer)


def send_payment_received(transaction_id: int) -> None:
    """Tell the customer that a payment towards what was due has come in, with its receipt."""
    row = db.session().get_one(Transaction, transaction_id)
    order_id, amount = row.order_id, Money(row.amount_cents, row.currency)
    receipt = receipts.get_pdf_of_payment(order_id, transaction_id, adapters().files)
    draft = money_mails.payment_received(_order(order_id), transaction_id, amount, receipt)
    messages.deliver_email(draft, adapters().mailer)


def send_deposit_asked(order_id: int, version: int) -> None:
    """Send the customer the way to order with a deposit, as staff have just said."""
    order = _order(order_id)
    cake_link = cake_mails.link_of_order(db.session(), order_id)
    messages.deliver_email(money_mails.deposit_asked(order, version, cake_link), adapters().mailer)


def when(at: datetime, zone: str) -> str:
    """`Sat 14:00`, or `Sat 28 Nov 14:00` when it is further away."""
    local = at.astimezone(ZoneInfo(zone))
    day = f"{local:%a}" if at - clock.now() < WEEKDAY_IS_ENOUGH else formats.date_shop(local.date())
    return f"{day} {local:%H:%M}"


@periodic("expire_holds")
def expire_holds() -> str:
    """Give back what unpaid orders held whose time is up, unless their money is on its way."""
    return f"{orders.expire_due_orders(is_paying)} expired"


def _order(order_id: int) -> Order:
    return get_order(db.session(), order_id)


def _confirmation_given_up(order_id: int, error: str) -> bool:
    return messages.give_up(CONFIRMATION, f"order:{order_id}", error)


def _sms_given_up(order_id: int, error: str) -> bool:
    return messages.give_up(CAKE_ALERT, f"order:{order_id}", error)


def _refund_mail_given_up(order_id: int, error: str) -> bool:
    return messages.give_up(LATE_REFUND, f"order:{order_id}", error)


def _received_given_up(transaction_id: int, error: str) -> bool:
    order_id = db.session().get_one(Transaction, transaction_id).order_id
    return messages.give_up(money_mails.RECEIVED, f"order:{order_id}", error)


def _deposit_given_up(order_id: int, version: int, error: str) -> bool:
    return messages.give_up(money_mails.DEPOSIT, f"order:{order_id}", error)


def _cancellation_given_up(order_id: int, error: str) -> bool:
    return messages.give_up(CANCELLATION, f"order:{order_id}", error)


send_confirmation.gave_up = _confirmation_given_up  # type: ignore[attr-defined]
send_staff_sms.gave_up = _sms_given_up  # type: ignore[attr-defined]
send_late_refund.gave_up = _refund_mail_given_up  # type: ignore[attr-defined]
send_payment_received.gave_up = _received_given_up  # type: ignore[attr-defined]
send_deposit_asked.gave_up = _deposit_given_up  # type: ignore[attr-defined]
send_cancellation.gave_up = _cancellation_given_up  # type: ignore[attr-defined]
