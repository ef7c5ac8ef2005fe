"""What a customer sees of their own orders."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, selectinload

from bakery.orders.models import Order
from bakery.orders.states import OrderStatus

PAGE_SIZE = 20
_COMING = Order.status.in_(
    [OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY]
)


def count_orders_of(session: Session, user_id: int) -> int:
    """How many orders a customer ever placed."""
    return session.scalar(select(func.count()).select_from(Order).where(Order.user_id == user_id)) or 0


def list_orders_of(
    session: Session, user_id: int, page: int = 1, page_size: int = PAGE_SIZE
) -> Sequence[Order]:
    """A page of a customer's orders with their lines: what is still to come by its pickup, then the newest."""
    return session.scalars(
        select(Order)
        .where(Order.user_id == user_id)
        .options(selectinload(Order.lines))
        .order_by(
            case((_COMING, Order.pickup_at)).asc().nulls_last(), Order.placed_at.desc(), Order.id.desc()
        )
        .offset((page - 1) * page_size)
        .limit(page_size)
    ).all()
