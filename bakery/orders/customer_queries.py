"""What a customer sees of their own orders."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bakery.orders.models import Order


def list_orders_of(session: Session, user_id: int, limit: int = 50) -> Sequence[Order]:
    """A customer's newest orders with their lines: two queries."""
    return session.scalars(
        select(Order)
        .where(Order.user_id == user_id)
        .options(selectinload(Order.lines))
        .order_by(Order.placed_at.desc())
        .limit(limit)
    ).all()
