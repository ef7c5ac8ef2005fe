"""What sells: product ids by units sold. Demo and cancelled orders count as they were."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus

SOLD = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED)
# A week with fewer units says little about a trend.
LEAST_UNITS = 5


def popular_and_trending(session: Session, now: datetime) -> tuple[list[int], list[int]]:
    """Product ids most sold in 90 days, and those whose last two weeks most exceed their eight before: one query.

    Trending needs `LEAST_UNITS` in the last two weeks, and compares weekly rates with one unit added to the
    older rate, so that a product sold once before does not lead the list.
    """
    recent, older = now - timedelta(days=14), now - timedelta(days=70)
    units = func.sum(OrderLine.quantity)
    rows = session.execute(
        select(
            OrderLine.product_id,
            units.label("all"),
            func.coalesce(units.filter(Order.placed_at >= recent), 0).label("recent"),
            func.coalesce(units.filter(Order.placed_at < recent, Order.placed_at >= older), 0).label("older"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.placed_at >= now - timedelta(days=90), Order.status.in_(SOLD))
        .group_by(OrderLine.product_id)
    ).all()
    popular = sorted(rows, key=lambda row: (-row.all, row.product_id))
    rising = sorted(
        (row for row in rows if row.recent >= LEAST_UNITS and row.recent / 2 > row.older / 8),
        key=lambda row: (-(row.recent / 2) / (row.older / 8 + 1), row.product_id),
    )
    return [row.product_id for row in popular], [row.product_id for row in rising]
