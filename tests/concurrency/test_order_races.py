"""Races on real connections, each with a control: without the lock the same race goes wrong."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import clock, ids
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations, placement, services
from bakery.orders.models import Cart, CartLine, Order, OrderEvent
from bakery.orders.services import PlaceOrder
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.scheduling import operations as scheduling
from bakery.scheduling.models import PickupSlot
from bakery.scheduling.operations import SlotGone
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need
from bakery.stock import operations as stock
from bakery.stock.models import StockHold, StockLevel, StockMovement
from bakery.stock.operations import OutOfStock
from tests.concurrency.race import race, together
from tests.factories.catalog import VariantFactory, make_cake
from tests.factories.checkout import place
from tests.factories.scheduling import PickupSlotFactory
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]

ROOMY = {"capacity_orders": 10_000, "capacity_minutes": 1_000_000}


def wishes(number: int, *lines: tuple[Variant, int]) -> list[PlaceOrder]:
    """So many carts of so many people, with the same lines and the same slot."""
    session = db.session()
    units = {variant.id: (quantity, variant.price_cents) for variant, quantity in lines}
    hours = max(variant.lead_time_hours for variant, _ in lines)
    slot = earliest_pickup(session, Need(hours, sum(v.make_minutes * n for v, n in lines)))
    assert slot is not None
    carts = [
        Cart(token_digest=ids.digest(ids.new_secret()), checkout_key=ids.new_secret()) for _ in range(number)
    ]
    session.add_all(carts)
    session.flush()
    for cart in carts:
        session.add_all(
            CartLine(cart_id=cart.id, variant_id=variant_id, quantity=quantity, seen_price_cents=cents)
            for variant_id, (quantity, cents) in units.items()
        )
    session.commit()
    total = sum(quantity * cents for quantity, cents in units.values())
    return [
        PlaceOrder(
            cart_id=cart.id,
            checkout_key=cart.checkout_key,
            name="Laila",
            email="laila@saffron.test",
            phone="+61491570156",
            starts_at=slot.starts_at,
            accepted_total_cents=total,
        )
        for cart in carts
    ]


def kinds(outcomes: list[Any]) -> Counter[str]:
    """How often each kind of answer was given; an order's id counts as "order"."""
    return Counter("order" if isinstance(o, int) else type(o).__name__ for o in outcomes)


def buy(wish: PlaceOrder) -> Any:
    return partial(services.place_order, wish)


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


def test_a_double_click_places_one_order_and_both_clicks_see_it(app: Flask) -> None:
    make_open_shop(db.session())
    cake = make_cake(stock=5)
    outcomes = race(app, [buy(wish) for wish in wishes(1, (cake, 1)) * 10])
    assert kinds(outcomes) == {"order": 10} and len(set(outcomes)) == 1
    assert db.session().scalars(select(Order.id)).all() == outcomes[:1]
    assert db.session().get_one(StockLevel, cake.id, populate_existing=True).reserved == 1


def test_control_without_the_lock_on_the_cart_a_double_click_is_a_fault(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet = together(4)

    def unlocked(session: Session, wish: PlaceOrder) -> Cart | int:
        earlier = session.scalar(select(Order.id).where(Order.checkout_key == wish.checkout_key))
        cart = session.get_one(Cart, wish.cart_id)
        meet()
        return earlier or cart

    make_open_shop(db.session())
    bought = wishes(1, (make_cake(stock=5), 1)) * 4
    monkeypatch.setattr(placement, "lock_cart", unlocked)
    outcomes = race(app, [buy(wish) for wish in bought])
    assert kinds(outcomes)["IntegrityError"] == 3


def pay(order_id: int) -> bool:
    """What the payment's event does: confirm, retake what has expired, or give up."""
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        late = order.status == OrderStatus.EXPIRED
        if late and operations.retake_or_none(session, order) is None:
            return False
        operations.change_payment_status(session, order, PaymentStatus.PAID, reason="Stripe")
        operations.confirm(session, order)
        return True


def expiry_meets_payment(app: Flask, number: int) -> list[int]:
    """So many orders, each expired and paid for at the same moment."""
    make_open_shop(db.session(), **ROOMY)
    cake = make_cake(stock=number)
    orders = [place((cake, 1)).id for _ in range(number)]
    with clock.travel(clock.now() + timedelta(minutes=40)):
        jobs = [partial(job, order_id) for order_id in orders for job in (services.expire_order, pay)]
        outcomes = race(app, jobs)
    assert not [o for o in outcomes if isinstance(o, Exception)], [str(o) for o in outcomes]
    return orders


def ends_from_unpaid(order_id: int) -> list[str]:
    query = select(OrderEvent.to_state).where(
        OrderEvent.order_id == order_id,
        OrderEvent.kind == "status",
        OrderEvent.from_state == OrderStatus.PENDING_PAYMENT,
    )
    return list(db.session().scalars(query))


def test_expiry_and_payment_at_once_leave_a_paid_order_sold_once(app: Flask) -> None:
    orders = expiry_meets_payment(app, 12)
    session = db.session()
    for order_id in orders:
        order = session.get_one(Order, order_id, populate_existing=True)
        assert (order.status, order.payment_status) == (OrderStatus.CONFIRMED, PaymentStatus.PAID)
        assert len(ends_from_unpaid(order_id)) == 1
    level = session.scalars(select(StockLevel)).one()
    assert (level.on_hand, level.reserved) == (0, 0)
    assert session.scalars(select(func.sum(PickupSlot.booked_orders))).one() == len(orders)


def test_control_without_the_lock_on_orders_one_is_both_expired_and_paid(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet = together(2)

    def unlocked(session: Session, order_id: int) -> Order:
        order = session.get_one(Order, order_id, populate_existing=True)
        meet()
        return order

    monkeypatch.setattr(operations, "lock_order", unlocked)
    (order_id,) = expiry_meets_payment(app, 1)
    assert sorted(ends_from_unpaid(order_id)) == ["CONFIRMED", "EXPIRED"]


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


def test_two_late_payments_race_for_the_last_cake(app: Flask) -> None:
    make_open_shop(db.session(), **ROOMY)
    cake = make_cake(stock=1)
    orders = []
    for _ in range(4):
        orders.append(place((cake, 1)).id)
        with clock.travel(clock.now() + timedelta(minutes=40)):
            assert services.expire_order(orders[-1])
    outcomes = race(app, [partial(pay, order_id) for order_id in orders])
    assert Counter(outcomes) == {True: 1, False: 3}
    level = db.session().get_one(StockLevel, cake.id, populate_existing=True)
    assert (level.on_hand, level.reserved) == (0, 0)


def test_a_size_is_first_received_by_two_at_once(app: Flask) -> None:
    cake_id = make_cake().id

    def receive() -> None:
        with transaction() as session:
            stock.receive(session, cake_id, 5, operations.SYSTEM)

    assert race(app, [receive] * 6) == [None] * 6
    assert db.session().get_one(StockLevel, cake_id).on_hand == 30


def test_gone_is_an_answer_not_a_fault() -> None:
    assert (OutOfStock("", {}).status, SlotGone("", clock.now()).status) == (409, 409)
