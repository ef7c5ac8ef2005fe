from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid
from bakery.infra.transaction import transaction
from bakery.stock import operations as stock
from bakery.stock.models import HoldState, MovementKind, StockHold, StockLevel, StockMovement
from bakery.stock.operations import OutOfStock
from bakery.stock.queries import available
from tests.factories.catalog import VariantFactory, make_cake

BAKER = Actor(None, "baker@saffron.test")


def soon():
    return clock.now() + timedelta(minutes=35)


def level(session: Session, variant: Variant) -> tuple[int, int]:
    session.rollback()
    row = session.get_one(StockLevel, variant.id)
    return row.on_hand, row.reserved


def ledger(session: Session, variant: Variant) -> tuple[int, int]:
    row = session.execute(
        select(func.sum(StockMovement.on_hand_delta), func.sum(StockMovement.reserved_delta)).where(
            StockMovement.variant_id == variant.id
        )
    ).one()
    return row[0] or 0, row[1] or 0


def test_a_hold_promises_units_and_the_same_hold_again_changes_nothing(session: Session) -> None:
    cake = VariantFactory(stock=5)
    for _ in range(2):
        with transaction() as open_session:
            stock.hold(open_session, "order:1", {cake.id: 2}, soon())
    assert level(session, cake) == ledger(session, cake) == (5, 2)
    assert available(session, [cake.id]) == {cake.id: 3}


def test_one_owner_does_not_hold_twice(session: Session) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
    with pytest.raises(ValueError, match="already holds"), transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 3}, soon())
    assert level(session, cake) == (5, 2)


def test_every_short_line_is_named_at_once_and_nothing_is_held(session: Session) -> None:
    walnut, lemon, rose = (
        VariantFactory(stock=left, name="8 inch", product__name=name)
        for name, left in (("Walnut", 1), ("Lemon", 0), ("Rose", 9))
    )
    with pytest.raises(OutOfStock) as refused, transaction() as open_session:
        stock.hold(open_session, "order:1", {walnut.id: 2, lemon.id: 1, rose.id: 9}, soon())
    assert refused.value.short == {walnut.id: 1, lemon.id: 0}
    assert refused.value.message == ("Lemon (8 inch) has just sold out. Only 1 left of Walnut (8 inch).")
    assert level(session, rose) == (9, 0)
    assert session.scalars(select(StockHold)).all() == []


def test_what_has_no_level_is_made_to_order_and_never_runs_out(session: Session) -> None:
    cake = make_cake()
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 1000}, soon())
        assert stock.consume(open_session, "order:1") is False
    assert session.scalars(select(StockMovement)).all() == []
    assert available(session, [cake.id]) == {}


@pytest.mark.parametrize(
    ("end", "on_hand", "state"),
    [(stock.release, 5, HoldState.RELEASED), (stock.consume, 3, HoldState.CONSUMED)],
)
def test_a_hold_ends_exactly_once(session: Session, end, on_hand: int, state: HoldState) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
    for expected in (True, False):
        with transaction() as open_session:
            assert end(open_session, "order:1") is expected
    with transaction() as open_session:
        assert not stock.release(open_session, "order:1")
        assert not stock.consume(open_session, "order:1")
    assert level(session, cake) == ledger(session, cake) == (on_hand, 0)
    assert session.scalars(select(StockHold.state)).one() == state


def test_extending_never_shortens(session: Session) -> None:
    cake = VariantFactory(stock=5)
    first = soon()
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, first)
        assert stock.extend(open_session, "order:1", first - timedelta(minutes=9))
    assert session.scalars(select(StockHold.expires_at)).one() == first
    with transaction() as open_session:
        assert stock.extend(open_session, "order:1", first + timedelta(minutes=9))
        stock.release(open_session, "order:1")
        assert not stock.extend(open_session, "order:1", first + timedelta(hours=9))
    assert session.scalars(select(StockHold.expires_at)).one() == first + timedelta(minutes=9)


def test_a_late_payment_takes_again_what_was_given_back(session: Session) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
        stock.release(open_session, "order:1")
    for _ in range(2):
        with transaction() as open_session:
            stock.retake(open_session, "order:1", {cake.id: 2})
    assert level(session, cake) == ledger(session, cake) == (3, 0)


def test_a_late_payment_whose_hold_is_still_there_sells_that_hold(session: Session) -> None:
    cake = VariantFactory(stock=2)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
        stock.retake(open_session, "order:1", {cake.id: 2})
    assert level(session, cake) == (0, 0)


def test_a_late_payment_finds_that_others_were_quicker(session: Session) -> None:
    cake = VariantFactory(stock=2)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
        stock.release(open_session, "order:1")
        stock.hold(open_session, "order:2", {cake.id: 1}, soon())
    with pytest.raises(OutOfStock), transaction() as open_session:
        stock.retake(open_session, "order:1", {cake.id: 2})
    assert level(session, cake) == (2, 1)


def test_what_a_cancelled_order_bought_goes_back_once(session: Session) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
        assert not stock.give_back(open_session, "order:1", BAKER, "not sold yet")
        stock.consume(open_session, "order:1")
    for expected in (True, False):
        with transaction() as open_session:
            assert stock.give_back(open_session, "order:1", BAKER, "cancelled") is expected
    assert level(session, cake) == ledger(session, cake) == (5, 0)


def test_receiving_gives_a_level_to_what_was_made_to_order(session: Session) -> None:
    cake = make_cake()
    with transaction() as open_session:
        stock.receive(open_session, cake.id, 7, BAKER, "morning bake")
        stock.receive(open_session, cake.id, 3, BAKER)
    assert level(session, cake) == ledger(session, cake) == (10, 0)
    with pytest.raises(Invalid), transaction() as open_session:
        stock.receive(open_session, cake.id, 0, BAKER)


def test_a_count_is_corrected_with_a_reason_and_not_below_what_is_promised(session: Session) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: 2}, soon())
        stock.adjust(open_session, cake.id, -3, BAKER, "dropped")
    assert level(session, cake) == ledger(session, cake) == (2, 2)
    with pytest.raises(Conflict, match="2 of these are promised"), transaction() as open_session:
        stock.adjust(open_session, cake.id, -1, BAKER, "dropped")
    with pytest.raises(Invalid), transaction() as open_session:
        stock.adjust(open_session, cake.id, 1, BAKER, " ")
    with pytest.raises(Conflict, match="made to order"), transaction() as open_session:
        stock.adjust(open_session, make_cake().id, 1, BAKER, "counted")


@pytest.mark.parametrize("quantity", [0, -1, True, 1.0])
def test_only_whole_positive_quantities_are_held(session: Session, quantity) -> None:
    cake = VariantFactory(stock=5)
    with pytest.raises(ValueError, match="whole and positive"), transaction() as open_session:
        stock.hold(open_session, "order:1", {cake.id: quantity}, soon())


def test_the_database_itself_refuses_to_promise_more_than_there_is(session: Session) -> None:
    cake = VariantFactory(stock=1)
    with pytest.raises(IntegrityError, match="reserved_within_on_hand"), transaction() as open_session:
        open_session.get_one(StockLevel, cake.id).reserved = 2


def test_the_ledger_is_append_only(session: Session) -> None:
    VariantFactory(stock=1)
    with pytest.raises(DBAPIError, match="append-only"), transaction() as open_session:
        open_session.scalars(select(StockMovement)).one().on_hand_delta = 100


def test_each_move_says_who_and_why(session: Session) -> None:
    cake = VariantFactory(stock=5)
    with transaction() as open_session:
        stock.hold(open_session, "order:9", {cake.id: 2}, soon())
        stock.release(open_session, "order:9", SYSTEM, "not paid in time")
    moves = session.scalars(select(StockMovement).order_by(StockMovement.id)).all()
    assert [(move.kind, move.owner, move.reason) for move in moves] == [
        (MovementKind.RECEIVED, None, ""),
        (MovementKind.RESERVED, "order:9", ""),
        (MovementKind.RELEASED, "order:9", "not paid in time"),
    ]
