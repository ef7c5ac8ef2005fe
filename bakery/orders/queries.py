"""Reads of one order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bakery.core.errors import NotFound
from bakery.core.ids import normalize_number
from bakery.orders.models import Order, OrderEvent


def get_order(session: Session, order_id: int) -> Order:
    """An order with its lines. Raises NotFound."""
    return _one(session.scalar(select(Order).where(Order.id == order_id).options(selectinload(Order.lines))))


def get_order_by_number(session: Session, number: str) -> Order:
    """An order with its lines, by its number however it was typed. Raises NotFound."""
    query = select(Order).where(Order.number == normalize_number(number))
    return _one(session.scalar(query.options(selectinload(Order.lines))))


def find_by_checkout_key(session: Session, checkout_key: str) -> int | None:
    """The id of the order that a checkout page has placed already; None when it has not."""
    return session.scalar(select(Order.id).where(Order.checkout_key == checkout_key))


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
