"""What sells, by product id. Demo orders count as they were; cancelled and unpaid ones never."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus

SOLD = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED)
# A week with fewer units says little about a trend.
LEAST_UNITS = 5


def popular_and_trending(session: Session, now: datetime) -> tuple[dict[int, int], list[int]]:
    """In how many orders of 90 days each product was, and the products whose last two weeks most exceed their
    eight before: one query.

    Orders, not units: who takes forty rolls for a party likes them once. Trending needs `LEAST_UNITS` in the
    last two weeks, and compares weekly rates with one unit added to the older rate, so that a product sold once
    before does not lead the list.
    """
    recent, older = now - timedelta(days=14), now - timedelta(days=70)
    units = func.sum(OrderLine.quantity)
    rows = session.execute(
        select(
            OrderLine.product_id,
            func.count(Order.id.distinct()).label("orders"),
            func.coalesce(units.filter(Order.placed_at >= recent), 0).label("recent"),
            func.coalesce(units.filter(Order.placed_at < recent, Order.placed_at >= older), 0).label("older"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            Order.placed_at >= now - timedelta(days=90),
            Order.status.in_(SOLD),
            OrderLine.product_id.is_not(None),
        )
        .group_by(OrderLine.product_id)
    ).all()
    rising = sorted(
        (row for row in rows if row.recent >= LEAST_UNITS and row.recent / 2 > row.older / 8),
        key=lambda row: (-(row.recent / 2) / (row.older / 8 + 1), row.product_id),
    )
    return {row.product_id: row.orders for row in rows}, [row.product_id for row in rising]
