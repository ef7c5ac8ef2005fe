"""Races on real connections, each with a control: without the lock the same race goes wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations, placement, services
from bakery.orders.models import Cart, Order, OrderEvent
from bakery.orders.services import PlaceOrder
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.scheduling.models import PickupSlot
from bakery.stock.models import StockLevel
from tests.concurrency.buyers import ROOMY, buy, kinds, wishes
from tests.concurrency.race import race, together
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


def test_a_double_click_places_one_order_and_both_clicks_see_it(app: Flask) -> None:
    make_open_shop(db.session())
    cake = make_cake(stock=5)
    outcomes = race(app, [buy(wish) for wish in wishes(1, (cake, 1)) * 10])
    assert kinds(outcomes) == {"order": 10} and len(set(outcomes)) == 1
    assert db.session().scalars(select(Order.id)).all() == outcomes[:1]
    assert db.session().get_one(StockLevel, cake.id, populate_existing=True).reserved == 1


def test_a_stranger_who_sends_the_same_key_at_once_gets_nothing(app: Flask) -> None:
    make_open_shop(db.session())
    cake = make_cake(stock=5)
    [own, other] = wishes(2, (cake, 1))
    outcomes = race(app, [buy(own), buy(replace(other, checkout_key=own.checkout_key))] * 4)
    assert kinds(outcomes) == {"order": 4, "CartChanged": 4}
    assert len(db.session().scalars(select(Order.id)).all()) == 1


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
    # Each click under an email of its own: the lock on the address would make them wait for each other as well.
    [wish] = wishes(1, (make_cake(stock=5), 1))
    bought = [replace(wish, email=f"laila{number}@saffron.test") for number in range(4)]
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
    orders = [place((cake, 1), email=f"laila{each}@saffron.test").id for each in range(number)]
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
