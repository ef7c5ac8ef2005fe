"""Telling a customer that their payment is not finished: in a while, not while they are at it, twice at most."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments import queries
from bakery.payments.failure_models import PaymentFailure, PaymentNudge
from bakery.payments.models import Payment

CHECK, SEND = "jobs.nudges.look", "jobs.nudges.send"
# So long after a refused card, and after a page was opened, they are given to go on by themselves.
AFTER_A_FAILURE, AFTER_A_PAGE = timedelta(minutes=5), timedelta(minutes=12)
# Nearer to the end of the hold a mail comes too late to help.
TOO_LATE = timedelta(minutes=3)
MOST = 2
# Nobody is written to twice for one go at it.
BETWEEN = timedelta(minutes=30)


def owe(session: Session, order: Order, after: timedelta) -> None:
    """Owe a look at this order in a while."""
    if order.status != OrderStatus.PENDING_PAYMENT:
        return
    at = clock.now() + after
    outbox.owe(
        session,
        CHECK,
        order.id,
        on=queue.DEFAULT,
        key=f"{order.ref}:nudge:{int(at.timestamp())}",
        not_before=at,
    )


def is_wanted(session: Session, order: Order) -> bool:
    """Whether the customer can still pay, has not, and no money is on its way."""
    waits = order.status == OrderStatus.PENDING_PAYMENT and order.payment_status == PaymentStatus.UNPAID
    if not waits or order.awaits_acceptance or ends_at(order) <= clock.now() + TOO_LATE:
        return False
    return not queries.is_paying(session, order.id) and not queries.last_try(session, order.id).charged


def ends_at(order: Order) -> datetime:
    """Until when the order can be paid."""
    return min(order.hold_expires_at, order.pickup_at)


def quiet_since(session: Session, order_id: int) -> tuple[datetime, datetime] | None:
    """When the customer last did something about paying, and until when they are left alone; None before that."""
    begun = session.scalar(select(func.max(Payment.created_at)).where(Payment.order_id == order_id))
    failed = session.scalar(select(func.max(PaymentFailure.at)).where(PaymentFailure.order_id == order_id))
    if begun is None:
        return None
    if failed is not None and failed >= begun:
        return failed, failed + AFTER_A_FAILURE
    return begun, begun + AFTER_A_PAGE


def told(session: Session, order_id: int) -> list[PaymentNudge]:
    """What they were told of this order, oldest first."""
    query = select(PaymentNudge).where(PaymentNudge.order_id == order_id)
    return list(session.scalars(query.order_by(PaymentNudge.version)))
