"""Orders whose deposit is paid and whose rest is due on Wednesday 2 December 2026, in Sydney; and what is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.balance_models import BalanceEvent
from bakery.payments.operations.attempts import CardOnFile
from bakery.scheduling.due_dates import end_of_day
from jobs import balance as jobs
from tests.factories.scheduling import sydney
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps

TOTAL, DEPOSIT = 10_550, 5_275
REST = TOTAL - DEPOSIT
ORDERED, PICKUP = sydney("2026-11-20 12:00"), sydney("2026-12-05 10:00")
DUE = end_of_day(sydney("2026-12-02 12:00").date(), "Australia/Sydney")


def with_deposit(gateway: FakeGateway, **changes: Any) -> Order:
    """105.50, of which 52.75 was paid on 20 November; 26.37 of that would be kept. Collected on 5 December."""
    with clock.travel(ORDERED):
        known = {
            "deposit_cents": DEPOSIT,
            "deposit_kept_cents": 2_637,
            "balance_due_at": DUE,
            "pickup_at": PICKUP,
        }
        order = steps.pending(**(known | changes))
        steps.open_page(order, gateway)
        steps.pay(order, gateway)
    return order


def agree(order: Order, gateway: FakeGateway, card: str) -> FakeGateway:
    """Its customer has agreed that the rest is charged to this card."""
    cards.agreed(order.id, CardOnFile("cus_laila", card))
    return gateway


def look(at: str, gateway: FakeGateway) -> dict[str, int]:
    """The job runs at a moment on the shop's clock."""
    with clock.travel(sydney(at)):
        return {step.value: count for step, count in services.look_after_rests(gateway, steps.BASE).items()}


def taken(order: Order) -> list[str]:
    """The steps that were taken for an order."""
    query = select(BalanceEvent.step).where(BalanceEvent.order_id == order.id).order_by(BalanceEvent.id)
    return list(db.session.scalars(query))


def state(order: Order) -> tuple[str, str, int]:
    """Its two states, and what is due of it."""
    found = steps.reread(order)
    return found.status, found.payment_status, found.due.cents


def send_mails(at: str | datetime) -> None:
    """Every mail about a rest that is owed is sent."""
    moment = sydney(at) if isinstance(at, str) else at
    with clock.travel(moment):
        for args in steps.owed("jobs.balance.send_news"):
            jobs.send_news(*args)
