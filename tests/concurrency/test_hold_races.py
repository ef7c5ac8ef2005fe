"""Races for stock and slots on real connections, each with a control: without the lock the same race goes wrong."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations, services
from bakery.orders.models import CartLine, Order
from bakery.orders.services import PlaceOrder
from bakery.scheduling import operations as scheduling
from bakery.scheduling.models import PickupSlot
from bakery.scheduling.operations import SlotGone
from bakery.stock import operations as stock
from bakery.stock.models import StockHold, StockLevel, StockMovement
from bakery.stock.operations import OutOfStock
from tests.concurrency.buyers import ROOMY, buy, kinds, wishes
from tests.concurrency.race import race
from tests.factories.catalog import VariantFactory, make_cake
from tests.factories.scheduling import PickupSlotFactory
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


def unlocked_levels(session: Session, variant_ids) -> dict[int, StockLevel]:
    """`stock.lock_levels` as somebody would write it who forgot the lock."""
    query = select(StockLevel).where(StockLevel.variant_id.in_(list(variant_ids)))
    levels = {row.variant_id: row for row in session.scalars(query.execution_options(populate_existing=True))}
    time.sleep(0.02)
    return levels


def test_two_hundred_buyers_race_for_twenty_cakes(app: Flask) -> None:
    make_open_shop(db.session(), **ROOMY)
    cake = make_cake(stock=20)
    outcomes = race(app, [buy(wish) for wish in wishes(200, (cake, 1))])
    assert kinds(outcomes) == {"order": 20, "OutOfStock": 180}
    assert all(o.status == 409 and o.short == {cake.id: 0} for o in outcomes if isinstance(o, OutOfStock))
    session = db.session()
    level = session.get_one(StockLevel, cake.id, populate_existing=True)
    assert (level.on_hand, level.reserved) == (20, 20)
    moved = session.execute(
        select(func.sum(StockMovement.on_hand_delta), func.sum(StockMovement.reserved_delta))
    ).one()
    assert tuple(moved) == (20, 20)
    assert session.scalar(select(func.count()).select_from(Order)) == 20
    assert session.scalar(select(func.count()).select_from(StockHold)) == 20
    assert session.scalars(select(PickupSlot.booked_orders)).all() == [20]
    # Whoever got nothing still has their cart.
    assert session.scalar(select(func.count()).select_from(CartLine)) == 180


def test_control_without_the_lock_on_levels_somebody_gets_a_fault(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's CHECK still refuses to promise what is not there, but as a fault, not as an answer."""
    make_open_shop(db.session(), **ROOMY)
    cake = make_cake(stock=5)
    monkeypatch.setattr(stock, "lock_levels", unlocked_levels)
    outcomes = race(app, [buy(wish) for wish in wishes(40, (cake, 1))])
    assert kinds(outcomes)["IntegrityError"] > 0
    assert any("reserved_within_on_hand" in str(o) for o in outcomes if isinstance(o, IntegrityError))


def test_the_last_places_of_a_slot_are_given_once(app: Flask) -> None:
    make_open_shop(db.session(), capacity_orders=3)
    outcomes = race(app, [buy(wish) for wish in wishes(30, (VariantFactory(), 1))])
    assert kinds(outcomes) == {"order": 3, "SlotGone": 27}
    assert all(isinstance(o, int) or o.status == 409 for o in outcomes)
    assert db.session().scalars(select(PickupSlot.booked_orders)).all() == [3]


def test_make_minutes_are_not_promised_twice(app: Flask) -> None:
    make_open_shop(db.session(), capacity_orders=100, capacity_minutes=100)
    outcomes = race(app, [buy(wish) for wish in wishes(20, (make_cake(make_minutes=30), 1))])
    assert kinds(outcomes) == {"order": 3, "SlotGone": 17}
    assert db.session().scalars(select(PickupSlot.booked_minutes)).all() == [90]


def test_control_without_the_lock_on_slots_too_many_get_one(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(session: Session, starts_at) -> PickupSlot | None:
        row = session.scalar(select(PickupSlot).where(PickupSlot.starts_at == starts_at))
        time.sleep(0.1)
        return row

    make_open_shop(db.session(), capacity_orders=3)
    bought = wishes(10, (VariantFactory(), 1))
    PickupSlotFactory(starts_at=bought[0].starts_at, capacity_orders=None, capacity_minutes=None)
    monkeypatch.setattr(scheduling, "lock_slot", unlocked)
    outcomes = race(app, [buy(wish) for wish in bought])
    assert kinds(outcomes)["order"] > 3
    assert db.session().scalars(select(PickupSlot.booked_orders)).one() > 3


def crossed_wishes(number: int) -> list[PlaceOrder]:
    """Carts that hold the same two sizes, every second one in the opposite order."""
    walnut, lemon = VariantFactory(stock=1000), VariantFactory(stock=1000)
    one, other = wishes(number, (walnut, 1), (lemon, 1)), wishes(number, (lemon, 1), (walnut, 1))
    return [wish for pair in zip(one, other, strict=True) for wish in pair]


def lock_as_they_come(session: Session, variant_ids) -> dict[int, StockLevel]:
    """`stock.lock_levels` as somebody would write it who forgot the fixed order."""
    levels = {}
    for variant_id in list(variant_ids):
        levels[variant_id] = session.get_one(
            StockLevel, variant_id, with_for_update=True, populate_existing=True
        )
        time.sleep(0.05)
    return levels


def once(work, **_) -> Any:
    return work()


def test_orders_that_share_sizes_in_opposite_order_never_deadlock(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_open_shop(db.session(), **ROOMY)
    monkeypatch.setattr(services, "retrying", once)
    outcomes = race(app, [buy(wish) for wish in crossed_wishes(20)])
    assert kinds(outcomes) == {"order": 40}


def test_control_without_the_fixed_order_they_deadlock(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_open_shop(db.session(), **ROOMY)
    monkeypatch.setattr(services, "retrying", once)
    monkeypatch.setattr(stock, "lock_levels", lock_as_they_come)
    outcomes = race(app, [buy(wish) for wish in crossed_wishes(1)])
    assert kinds(outcomes) == {"order": 1, "OperationalError": 1}
    assert any("deadlock detected" in str(o) for o in outcomes if isinstance(o, OperationalError))


def test_whoever_loses_a_deadlock_tries_once_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_open_shop(db.session(), **ROOMY)
    monkeypatch.setattr(stock, "lock_levels", lock_as_they_come)
    outcomes = race(app, [buy(wish) for wish in crossed_wishes(1)])
    assert kinds(outcomes) == {"order": 2}


@pytest.mark.parametrize("rows", ["pickup_slot", "stock_level", "variant"])
def test_a_foreign_key_that_is_checked_elsewhere_keeps_nobody_waiting(app: Flask, rows: str) -> None:
    """Postgres checks keys by sharing the row; had we locked FOR UPDATE, these waits would close to deadlocks."""
    make_open_shop(db.session(), **ROOMY)
    first, second = wishes(2, (make_cake(stock=5), 1))
    services.place_order(first)
    with db.engine.connect() as other:
        other.exec_driver_sql(f"SELECT 1 FROM {rows} FOR KEY SHARE")
        db.session().connection().exec_driver_sql("SET LOCAL lock_timeout = '500ms'")
        assert isinstance(services.place_order(second), int)


def test_a_size_is_first_received_by_two_at_once(app: Flask) -> None:
    cake_id = make_cake().id

    def receive() -> None:
        with transaction() as session:
            stock.receive(session, cake_id, 5, operations.SYSTEM)

    assert race(app, [receive] * 6) == [None] * 6
    assert db.session().get_one(StockLevel, cake_id).on_hand == 30


def test_gone_is_an_answer_not_a_fault() -> None:
    assert (OutOfStock("", {}).status, SlotGone("", clock.now()).status) == (409, 409)
