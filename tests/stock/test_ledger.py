"""Whatever is done in whatever order, the ledger sums to the level and no unit is promised twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.core.errors import DomainError
from bakery.infra.transaction import transaction
from bakery.stock import operations as stock
from bakery.stock.models import HoldState, StockHold, StockLevel, StockMovement
from tests.factories.catalog import VariantFactory

OWNERS = ["order:1", "order:2", "order:3"]
two = st.tuples(st.integers(0, 4), st.integers(0, 4))
step = st.one_of(
    st.tuples(st.just("hold"), st.sampled_from(OWNERS), two),
    st.tuples(st.just("retake"), st.sampled_from(OWNERS), two),
    st.tuples(st.sampled_from(["release", "consume", "give_back", "extend"]), st.sampled_from(OWNERS)),
    st.tuples(st.sampled_from(["receive", "adjust"]), st.integers(0, 1), st.integers(-5, 5)),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(step, max_size=12))
def test_the_ledger_sums_to_the_level_through_any_operations(session: Session, steps: list[tuple]) -> None:
    session.execute(StockHold.__table__.delete())
    variants = [VariantFactory(stock=4).id, VariantFactory(stock=4).id]
    for name, *args in steps:
        try:
            with transaction() as open_session:
                do(open_session, variants, name, args)
        except (DomainError, ValueError):
            session.rollback()
        for variant_id in variants:
            check(session, variant_id)


def do(session: Session, variants: list[int], name: str, args: list) -> None:
    later = clock.now() + timedelta(minutes=30)
    match name:
        case "hold" | "retake":
            owner, units = args
            wanted = {variant: n for variant, n in zip(variants, units, strict=True) if n}
            if name == "hold":
                stock.hold(session, owner, wanted, later)
            else:
                stock.retake(session, owner, wanted)
        case "extend":
            stock.extend(session, args[0], later)
        case "give_back":
            stock.give_back(session, args[0], SYSTEM, "cancelled")
        case "receive":
            stock.receive(session, variants[args[0]], args[1], SYSTEM)
        case "adjust":
            stock.adjust(session, variants[args[0]], args[1], SYSTEM, "counted")
        case _:
            getattr(stock, name)(session, args[0])


def check(session: Session, variant_id: int) -> None:
    level = session.get_one(StockLevel, variant_id, populate_existing=True)
    moved = session.execute(
        select(func.sum(StockMovement.on_hand_delta), func.sum(StockMovement.reserved_delta)).where(
            StockMovement.variant_id == variant_id
        )
    ).one()
    held = session.scalar(
        select(func.coalesce(func.sum(StockHold.quantity), 0)).where(
            StockHold.variant_id == variant_id, StockHold.state == HoldState.HELD
        )
    )
    assert (level.on_hand, level.reserved) == tuple(moved)
    assert level.reserved == held
    assert 0 <= level.reserved <= level.on_hand
