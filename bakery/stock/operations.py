"""Taking, giving back and counting units, inside the caller's transaction.

Levels are locked first, always in the order of variant ids; holds change only under those locks. So two
orders that share variants wait for each other and never deadlock. Deltas are added by the database, which
checks `0 <= reserved <= on_hand` even if somebody should forget the lock.

Rows are locked FOR NO KEY UPDATE (`key_share=True`), here and in scheduling and orders. FOR UPDATE would also
wait for the foreign keys' own KEY SHARE locks, which come out of order: updating an order a second time in
one transaction makes Postgres check its slot again, before the levels are locked. That did deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid
from bakery.stock.errors import OutOfStock
from bakery.stock.models import HoldState, MovementKind, StockHold, StockLevel, StockMovement
from bakery.stock.queries import returned

__all__ = [
    "OutOfStock",
    "adjust",
    "consume",
    "extend",
    "give_back",
    "hold",
    "lock_levels",
    "receive",
    "release",
    "retake",
    "return_units",
]


def lock_levels(session: Session, variant_ids: Iterable[int]) -> dict[int, StockLevel]:
    """Lock the levels of these variants and answer them fresh. One without a level is made to order."""
    levels = session.scalars(
        select(StockLevel)
        .where(StockLevel.variant_id.in_(sorted(set(variant_ids))))
        .order_by(StockLevel.variant_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {level.variant_id: level for level in levels}


def hold(session: Session, owner: str, quantities: Mapping[int, int], expires_at: datetime) -> None:
    """Promise units to `owner` until `expires_at`. The same promise again changes nothing.

    Refuses with OutOfStock, which names every short variant; and with ValueError when the owner already
    holds something else, since one owner's promise is taken once.
    """
    if any(type(quantity) is not int or quantity <= 0 for quantity in quantities.values()):
        raise ValueError("quantities are whole and positive")
    levels = lock_levels(session, quantities)
    limited = {variant_id: quantities[variant_id] for variant_id in levels}
    taken = _open_holds(session, owner)
    if taken:
        if {row.variant_id: row.quantity for row in taken} != limited:
            raise ValueError(f"{owner} already holds something else")
        return
    _refuse_if_short(session, levels, limited)
    for variant_id, quantity in limited.items():
        row = StockHold(owner=owner, variant_id=variant_id, quantity=quantity, expires_at=expires_at)
        session.add(row)
        moved = _movement(MovementKind.RESERVED, SYSTEM, "", owner=owner, reserved_delta=quantity)
        _move(session, levels[variant_id], moved)
    session.flush()


def release(session: Session, owner: str, actor: Actor = SYSTEM, reason: str = "") -> bool:
    """Give back what `owner` holds and has not bought. False when it holds nothing (any more)."""
    return _end(session, owner, HoldState.RELEASED, actor, reason)


def consume(session: Session, owner: str, actor: Actor = SYSTEM, reason: str = "") -> bool:
    """Sell what `owner` holds. False when it holds nothing, or bought it already."""
    return _end(session, owner, HoldState.CONSUMED, actor, reason)


def extend(session: Session, owner: str, expires_at: datetime) -> bool:
    """Keep the promise longer. Never shortens it; False when nothing is held."""
    held = [row for row in _locked(session, owner)[1] if row.state == HoldState.HELD]
    for row in held:
        row.expires_at = max(row.expires_at, expires_at)
    session.flush()
    return bool(held)


def retake(session: Session, owner: str, quantities: Mapping[int, int]) -> None:
    """Sell `quantities` to an owner whose hold may have been given back: a payment that came late.

    Refuses with OutOfStock when others have taken them since. Sells once, however often it is called.
    """
    lock_levels(session, quantities)
    if any(row.state == HoldState.CONSUMED for row in _open_holds(session, owner)):
        return
    hold(session, owner, quantities, clock.now())
    consume(session, owner, reason="paid late")


def give_back(session: Session, owner: str, actor: Actor, reason: str) -> bool:
    """Put what `owner` bought back on the shelf, less what is back already. False when there is nothing (any more)."""
    levels, holds = _locked(session, owner)
    sold = [row for row in holds if row.state == HoldState.CONSUMED]
    back = returned(session, owner)
    for row in sold:
        row.state, row.ended_at = HoldState.RELEASED, clock.now()
        if units := row.quantity - back.get(row.variant_id, 0):
            moved = _movement(MovementKind.ADJUSTED, actor, reason, owner=owner, on_hand_delta=units)
            _move(session, levels[row.variant_id], moved)
    session.flush()
    return bool(sold)


def return_units(
    session: Session, owner: str, quantities: Mapping[int, int], actor: Actor, reason: str
) -> dict[int, int]:
    """Put some of what `owner` bought back on the shelf: what was put, by variant. Never more than was bought."""
    levels, holds = _locked(session, owner)
    back, put = returned(session, owner), {}
    for row in holds:
        units = min(quantities.get(row.variant_id, 0), row.quantity - back.get(row.variant_id, 0))
        if row.state == HoldState.CONSUMED and units > 0:
            moved = _movement(MovementKind.ADJUSTED, actor, reason, owner=owner, on_hand_delta=units)
            _move(session, levels[row.variant_id], moved)
            put[row.variant_id] = units
    session.flush()
    return put


def receive(session: Session, variant_id: int, quantity: int, actor: Actor, reason: str = "") -> StockLevel:
    """Put baked or delivered units on the shelf; a variant made to order so far gets a level.

    Refuses a quantity that is not positive.
    """
    if quantity <= 0:
        raise Invalid("Enter how many there are, as a whole number above zero.", field="quantity")
    session.execute(
        insert(StockLevel).values(variant_id=variant_id, on_hand=0, reserved=0).on_conflict_do_nothing()
    )
    level = lock_levels(session, [variant_id])[variant_id]
    _move(session, level, _movement(MovementKind.RECEIVED, actor, reason, on_hand_delta=quantity))
    session.flush()
    return level


def adjust(session: Session, variant_id: int, delta: int, actor: Actor, reason: str) -> StockLevel:
    """Correct a level by counting. Refuses to go below what is promised, and to do it without a reason."""
    if not reason.strip():
        raise Invalid("Say why the count is corrected.", field="reason")
    level = lock_levels(session, [variant_id]).get(variant_id)
    if level is None:
        raise Conflict("This is made to order: it has no stock to correct.")
    if level.on_hand + delta < level.reserved:
        raise Conflict(f"{level.reserved} of these are promised to orders, so no fewer can be on the shelf.")
    _move(session, level, _movement(MovementKind.ADJUSTED, actor, reason, on_hand_delta=delta))
    session.flush()
    return level


def _open_holds(session: Session, owner: str) -> list[StockHold]:
    query = (
        select(StockHold)
        .where(StockHold.owner == owner, StockHold.state != HoldState.RELEASED)
        .order_by(StockHold.variant_id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def _locked(session: Session, owner: str) -> tuple[dict[int, StockLevel], list[StockHold]]:
    """The owner's open holds, read again once the levels they change under are locked."""
    levels = lock_levels(session, [row.variant_id for row in _open_holds(session, owner)])
    return levels, _open_holds(session, owner)


def _end(session: Session, owner: str, state: HoldState, actor: Actor, reason: str) -> bool:
    levels, holds = _locked(session, owner)
    held = [row for row in holds if row.state == HoldState.HELD]
    kind, sold = (MovementKind.SOLD, 1) if state == HoldState.CONSUMED else (MovementKind.RELEASED, 0)
    for row in held:
        row.state, row.ended_at = state, clock.now()
        moved = _movement(
            kind,
            actor,
            reason,
            owner=owner,
            on_hand_delta=-row.quantity * sold,
            reserved_delta=-row.quantity,
        )
        _move(session, levels[row.variant_id], moved)
    session.flush()
    return bool(held)


def _refuse_if_short(
    session: Session, levels: Mapping[int, StockLevel], quantities: Mapping[int, int]
) -> None:
    short = {
        variant_id: levels[variant_id].available
        for variant_id, quantity in quantities.items()
        if levels[variant_id].available < quantity
    }
    if not short:
        return
    rows = session.execute(
        select(Variant.id, Product.name, Variant.name.label("size"))
        .join(Product, Product.id == Variant.product_id)
        .where(Variant.id.in_(short))
        .order_by(Product.name, Variant.position)
    )
    raise OutOfStock(" ".join(_shortage(f"{row.name} ({row.size})", short[row.id]) for row in rows), short)


def _shortage(name: str, left: int) -> str:
    return f"Only {left} left of {name}." if left else f"{name} has just sold out."


def _movement(kind: MovementKind, actor: Actor, reason: str, **columns: Any) -> StockMovement:
    deltas = {"on_hand_delta": 0, "reserved_delta": 0} | columns
    return StockMovement(kind=kind, actor_id=actor.id, reason=reason, **deltas)


def _move(session: Session, level: StockLevel, movement: StockMovement) -> None:
    """The one writer of levels: a delta by the database, and its row in the ledger."""
    movement.variant_id = level.variant_id
    if movement.on_hand_delta:
        level.on_hand = StockLevel.on_hand + movement.on_hand_delta
    if movement.reserved_delta:
        level.reserved = StockLevel.reserved + movement.reserved_delta
    session.add(movement)
