"""Money that bought nothing and is still here: what of it is under way, and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra.models import Outbox
from bakery.orders.models import Order
from bakery.payments.dispute_queries import stops_surplus
from bakery.payments.models import Payment
from bakery.payments.operations import ledger
from bakery.payments.operations.surplus import JOB
from bakery.payments.refund_standing import left_of_payment
from bakery.payments.refund_words import NO_NEWS


@dataclass(frozen=True, slots=True)
class Surplus:
    """One payment. Where it is not `under_way`, `why` says what happened; `frozen`: a dispute stops it for now."""

    payment_id: int
    held: Money
    under_way: bool
    frozen: bool
    why: str


def surplus_of(session: Session, order: Order) -> Sequence[Surplus]:
    """Each payment of an order that bought nothing and has not gone back, oldest first. One that a bank took for good
    in a dispute is none of them.
    """
    query = select(Payment).where(Payment.order_id == order.id, Payment.surplus).order_by(Payment.id)
    found = (_read(session, payment) for payment in session.scalars(query))
    return [each for each in found if each is not None]


def is_of(session: Session, payment_id: int, order_id: int) -> bool:
    """Whether a payment is one of an order's. Any number may be asked about, also one that is too long for an id."""
    return payment_id in session.scalars(select(Payment.id).where(Payment.order_id == order_id)).all()


def is_owed(session: Session, payment_id: int) -> bool:
    """Whether a job that sends it back is owed, or running."""
    query = select(Outbox.id).where(
        Outbox.job == JOB,
        Outbox.done_at.is_(None),
        Outbox.dead_at.is_(None),
        Outbox.args[0].as_integer() == payment_id,
    )
    return session.scalar(query.limit(1)) is not None


def _read(session: Session, payment: Payment) -> Surplus | None:
    held, left = ledger.held_for_payment(session, payment.id), left_of_payment(session, payment.id)
    frozen = stops_surplus(session, payment)
    if held <= 0 or (left <= 0 and not frozen):
        return None
    return Surplus(
        payment_id=payment.id,
        held=Money(held if frozen else left, payment.currency),
        under_way=is_owed(session, payment.id),
        frozen=frozen,
        why=payment.refund_failure or NO_NEWS,
    )
