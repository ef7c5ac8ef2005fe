"""Placing, expiring, moving and cancelling orders: one transaction each. Nothing here calls Stripe."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid
from bakery.core.states import words
from bakery.infra import outbox, queue
from bakery.infra.transaction import retrying, transaction
from bakery.orders import operations, placement, unpaid
from bakery.orders.cart_operations import empty_cart
from bakery.orders.models import Order
from bakery.orders.placement import ConsentGiven, PlaceOrder
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.people import audit
from bakery.pricing.totals import price_lines
from bakery.shop.models import Shop

__all__ = [
    "ConsentGiven",
    "PlaceOrder",
    "abandon_order",
    "add_staff_note",
    "expire_due_orders",
    "expire_order",
    "move_order",
    "place_order",
]

log = structlog.get_logger(__name__)

# Whether money for an order is on its way in: asked of a higher domain, which knows.
IsPaying = Callable[[Session, int], bool]
_UNPAID = (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED)


def place_order(wish: PlaceOrder) -> int:
    """Turn a cart into an order that holds its stock and slot; answers the order's id.

    The same checkout key answers with the same order, however often, from wherever and at once. Refuses,
    leaving the cart as it is, with: Invalid (contact), CartChanged (empty, or another page's), NotOrderable
    (off the menu, too many, words), TooManyUnpaid, PricesChanged, DepositChanged, OutOfStock (every short line),
    SlotGone.
    """
    return retrying(partial(_place, wish))


def expire_order(order_id: int, is_paying: IsPaying | None = None) -> bool:
    """End an unpaid order whose time is up and give back what it held. False when that is not so.

    An order for which money is on its way (`is_paying`) is left alone: its event decides.
    """
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        if order.status != OrderStatus.PENDING_PAYMENT or order.hold_expires_at > clock.now():
            return False
        if order.payment_status != PaymentStatus.UNPAID or (is_paying and is_paying(session, order_id)):
            return False
        operations.change_status(session, order, OrderStatus.EXPIRED, SYSTEM, "not paid in time")
        operations.release_holds(session, order, SYSTEM, "not paid in time")
        return True


def expire_due_orders(is_paying: IsPaying | None = None, limit: int = 500) -> int:
    """End every unpaid order whose time is up, each on its own; answers how many."""
    with transaction() as session:
        due = session.scalars(
            select(Order.id)
            .where(Order.status == OrderStatus.PENDING_PAYMENT, Order.hold_expires_at <= clock.now())
            .order_by(Order.hold_expires_at)
            .limit(limit)
        ).all()
    expired = 0
    for order_id in due:
        try:
            expired += retrying(partial(expire_order, order_id, is_paying))
        except Exception:
            log.exception("order_not_expired", order_id=order_id)
    return expired


def move_order(
    order_id: int, to: OrderStatus, actor: Actor, reason: str = "", *, owing_cents: int = 0
) -> None:
    """Move an order along that the kitchen has, by staff. Refuses what the table does not name, and to hand over what
    is not paid, unless it was said how much is due (`owing_cents`).

    Refuses, too, what has a path of its own: confirming and expiring belong to payments and the clock,
    cancelling to who knows what was paid.
    """
    if to in (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED, OrderStatus.CANCELLED):
        raise Conflict(f"An order is not moved to {words(to)} by hand.")
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        if order.status in _UNPAID:
            raise Conflict("This order is not paid, so there is nothing to make yet.")
        before = order.status
        if to == OrderStatus.COLLECTED and (owed := operations.check_handover(order, owing_cents)):
            reason = f"{reason or 'handed over'}{owed}"
        operations.change_status(session, order, to, actor, reason)
        outbox.owe(session, "jobs.production.follow_order", order.id, on=queue.URGENT)
        _audit(session, order, actor, "order.move", before, reason)


def abandon_order(order_id: int, actor: Actor) -> None:
    """Cancel one's own order before paying for it. Refuses an order that is paid or over."""
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        if order.status != OrderStatus.PENDING_PAYMENT or order.payment_status != PaymentStatus.UNPAID:
            raise Conflict("This order can no longer be taken back here. Please call us.")
        operations.cancel(session, order, actor, "taken back by the customer")


def add_staff_note(order_id: int, text: str, actor: Actor) -> None:
    """Keep a note that only staff see. Refuses an empty one, and more than 500 characters."""
    if not text.strip() or len(text) > 500:
        raise Invalid("Write a note of up to 500 characters.", field="text")
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        operations.add_note(session, order, text.strip(), actor)
        audit.record(session, actor, "order.note", "order", order.number)


def _place(wish: PlaceOrder) -> int:
    with transaction() as session:
        found = placement.lock_cart(session, wish)
        if isinstance(found, int):
            return found
        placement.check_contact(wish)
        unpaid.refuse_too_many(session, wish, found)
        shop = session.get_one(Shop, 1, populate_existing=True)
        lines = placement.read(session, found, shop)
        totals = price_lines((line.price_line for line in lines), shop.prices_include_tax)
        placement.refuse_other_total(wish, lines, totals, shop.currency)
        terms = placement.agree_deposit(session, wish, shop, lines, totals)
        order = placement.write_order(session, wish, shop, lines, totals, terms)
        placement.hold(session, order, lines)
        placement.begin_history(session, order, wish)
        empty_cart(session, found)
        if order.total_cents == 0:
            operations.change_payment_status(session, order, PaymentStatus.PAID, SYSTEM, "nothing to pay")
            operations.confirm(session, order, SYSTEM, "nothing to pay")
        return order.id


def _audit(session: Session, order: Order, actor: Actor, action: str, before: str, reason: str) -> None:
    audit.record(
        session,
        actor,
        action,
        "order",
        order.number,
        before={"status": str(before)},
        after={"status": order.status},
        reason=reason,
    )
