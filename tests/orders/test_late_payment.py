"""A payment that comes after its order has expired."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders import operations, services
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.services import cancel_with_refund
from bakery.scheduling.models import PickupSlot
from bakery.stock import operations as stock
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop

BAKER = Actor(None, "baker@saffron.test", "192.0.2.7")
LATER = timedelta(minutes=36)


def levels(session: Session, order: Order) -> tuple[tuple[int, int], int]:
    """What is on the shelf and promised of the only limited variant, and how often the slot is booked."""
    session.rollback()
    level = session.scalars(select(StockLevel)).one()
    slot = session.get_one(PickupSlot, order.slot_id)
    return (level.on_hand, level.reserved), slot.booked_orders


def expired(**changes) -> Order:
    order = place((make_cake(stock=2), 2), **changes)
    with clock.travel(clock.now() + LATER):
        assert services.expire_order(order.id)
    return order


def retake(order_id: int) -> bool:
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        taken = operations.retake_or_none(session, order) is not None
        if taken:
            operations.change_payment_status(session, order, PaymentStatus.PAID, reason="late")
            operations.confirm(session, order)
        return taken


def test_a_late_payment_gets_what_is_still_there(session: Session) -> None:
    make_open_shop(session)
    order = expired()
    # Inside the lead time by now: it counts from when the order was placed.
    with clock.travel(order.pickup_at - timedelta(hours=20)):
        assert retake(order.id)
    assert levels(session, order) == ((0, 0), 1)
    assert session.get_one(Order, order.id).status == OrderStatus.CONFIRMED
    assert len(session.scalars(select(Outbox)).all()) == 4


def test_a_late_payment_is_not_taken_when_the_stock_went_to_somebody_else(session: Session) -> None:
    make_open_shop(session)
    order = expired()
    variant_id = session.scalars(select(StockLevel.variant_id)).one()
    with transaction() as open_session:
        stock.hold(open_session, "order:other", {variant_id: 1}, clock.now() + LATER)
    assert not retake(order.id)
    assert levels(session, order) == ((2, 1), 0)
    assert session.get_one(Order, order.id).status == OrderStatus.EXPIRED


def test_a_late_payment_is_not_taken_when_the_slot_is_full_and_gives_the_stock_back(session: Session) -> None:
    make_open_shop(session)
    order = expired()
    session.get_one(PickupSlot, order.slot_id).capacity_orders = 0
    session.commit()
    assert not retake(order.id)
    assert levels(session, order) == ((2, 0), 0)


def test_a_payment_after_the_pickup_time_is_not_taken(session: Session) -> None:
    make_open_shop(session)
    order = expired()
    with clock.travel(order.pickup_at):
        assert not retake(order.id)


def test_only_an_expired_order_is_retaken(session: Session) -> None:
    make_open_shop(session)
    order = place((make_cake(stock=2), 2))
    assert not retake(order.id)
    cancel_with_refund(order.id, BAKER, "called off")
    assert not retake(order.id)
