"""What is left, for pages. A promise is made by `operations.hold` only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.stock.models import StockLevel


def available(session: Session, variant_ids: Iterable[int]) -> dict[int, int]:
    """Units that can still be promised, by variant. A variant that is missing is made to order: no limit."""
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.on_hand - StockLevel.reserved).where(
            StockLevel.variant_id.in_(set(variant_ids))
        )
    )
    return {variant_id: left for variant_id, left in rows}
