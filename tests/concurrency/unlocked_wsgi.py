"""The same app without the lock on stock levels, as somebody would write it who forgot it. A control only."""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.stock import operations
from bakery.stock.models import StockLevel
from wsgi import app

__all__ = ["app"]


def lock_levels(session: Session, variant_ids: Iterable[int]) -> dict[int, StockLevel]:
    query = select(StockLevel).where(StockLevel.variant_id.in_(list(variant_ids)))
    levels = {row.variant_id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    # The moment between looking and taking, which is there anyway, made long enough to be seen.
    time.sleep(0.4)
    return levels


operations.lock_levels = lock_levels
