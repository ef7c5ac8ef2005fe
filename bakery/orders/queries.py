"""Reads of one order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload

from bakery.core.errors import NotFound
from bakery.core.ids import normalize_number
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import Cart, Order, OrderEvent


def get_order(session: Session, order_id: int) -> Order:
    """An order with its lines. Raises NotFound."""
    return _one(session.scalar(select(Order).where(Order.id == order_id).options(selectinload(Order.lines))))


def get_order_by_number(session: Session, number: str) -> Order:
    """An order with its lines, by its number however it was typed. Raises NotFound."""
    query = select(Order).where(Order.number == normalize_number(number))
    return _one(session.scalar(query.options(selectinload(Order.lines))))


def find_by_checkout_key(
    session: Session, checkout_key: str, owner: CartOwner, known: Sequence[str] = ()
) -> int | None:
    """The id of the order that a checkout page has placed already, for whose page it is; None for anybody else.

    It is theirs by their account, by the cart that it came from, or because they know its number (`known`).
    """
    theirs: list[ColumnElement[bool]] = [Order.number.in_(known)]
    if owner.user_id is not None:
        theirs.append(Order.user_id == owner.user_id)
    if owner.exists:
        theirs.append(Order.cart_id.in_(select(Cart.id).where(owner.owns())))
    return session.scalar(select(Order.id).where(Order.checkout_key == checkout_key, or_(*theirs)))


def number_of(session: Session, order_id: int) -> str:
    """An order's number. Raises NotFound."""
    number = session.scalar(select(Order.number).where(Order.id == order_id))
    if number is None:
        raise NotFound("There is no such order.")
    return number


def history(session: Session, order_id: int) -> Sequence[OrderEvent]:
    """What happened to an order as its customer may see it, oldest first: no notes of staff."""
    return session.scalars(
        select(OrderEvent)
        .where(OrderEvent.order_id == order_id, OrderEvent.kind != "note")
        .order_by(OrderEvent.at, OrderEvent.id)
    ).all()


def _one(order: Order | None) -> Order:
    if order is None:
        raise NotFound("There is no order by that number.")
    return order
