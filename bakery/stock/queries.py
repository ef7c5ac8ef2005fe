"""What is left, for pages. A promise is made by `operations.hold` only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.stock.models import HoldState, MovementKind, StockHold, StockLevel, StockMovement


def available(session: Session, variant_ids: Iterable[int]) -> dict[int, int]:
    """Units that can still be promised, by variant. A variant that is missing is made to order: no limit."""
    rows = session.execute(
        select(StockLevel.variant_id, StockLevel.on_hand - StockLevel.reserved).where(
            StockLevel.variant_id.in_(set(variant_ids))
        )
    )
    return {variant_id: left for variant_id, left in rows}


def bought(session: Session, owner: str) -> dict[int, int]:
    """Units that `owner` bought off the shelf and that are not back on it, by variant."""
    rows = session.execute(
        select(StockHold.variant_id, StockHold.quantity).where(
            StockHold.owner == owner, StockHold.state == HoldState.CONSUMED
        )
    ).all()
    back = returned(session, owner) if rows else {}
    return {variant_id: units - back.get(variant_id, 0) for variant_id, units in rows}


def returned(session: Session, owner: str) -> dict[int, int]:
    """Units that `owner` bought and that went back on the shelf, by variant."""
    rows = session.execute(
        select(StockMovement.variant_id, func.sum(StockMovement.on_hand_delta))
        .where(StockMovement.owner == owner, StockMovement.kind == MovementKind.ADJUSTED)
        .group_by(StockMovement.variant_id)
    )
    return {variant_id: int(units) for variant_id, units in rows}
