"""Letting the kitchen start an order that nobody has paid for yet: by staff, with a reason, for all to see."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.infra.transaction import transaction
from bakery.orders import operations
from bakery.orders.deposit_terms import local_date
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people import audit
from bakery.scheduling.queries import due_before
from bakery.shop.models import Shop

MAX_REASON = 300


def release_unpaid(order_id: int, actor: Actor, reason: str) -> None:
    """Confirm an unpaid order: it keeps what it held, the kitchen gets its tickets, and all of its price is due.

    Refuses without a reason, an order that is paid or over, and one whose customer has not agreed to it.
    """
    said = reason.strip()
    if not said or len(said) > MAX_REASON:
        raise Invalid(f"Say why the kitchen may start, in up to {MAX_REASON} characters.", field="reason")
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        _check(order)
        order.balance_due_at = _due_at(session, order)
        operations.release(session, order, actor, said)
        operations.confirm(session, order, actor, "not paid")
        audit.record(
            session,
            actor,
            "order.release unpaid",
            "order",
            order.number,
            before={"status": OrderStatus.PENDING_PAYMENT.value},
            after={"status": order.status, "due_cents": order.due_later.cents},
            reason=said,
        )


def _check(order: Order) -> None:
    if order.status != OrderStatus.PENDING_PAYMENT or order.payment_status != PaymentStatus.UNPAID:
        raise Conflict("Only an order that waits for its payment can be let through unpaid.")
    if order.awaits_acceptance:
        raise Conflict("Its customer has not accepted the offer yet, so there is nothing agreed to make.")


def _due_at(session: Session, order: Order) -> datetime:
    """The day that was said, or the shop's rule; the pickup, where that has come already."""
    shop = session.get_one(Shop, 1)
    due_at = order.balance_due_at or due_before(session, order.pickup_at, shop.balance_due_days)
    return due_at if local_date(due_at, order.time_zone) > clock.today(order.time_zone) else order.pickup_at
