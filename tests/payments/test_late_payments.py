"""Money that comes when the order can no longer simply have what it wanted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.db import db
from bakery.orders import services as orders
from bakery.orders.models import Order, OrderLine
from bakery.payments import services
from bakery.payments.models import EventOutcome
from bakery.payments.queries import is_paying
from bakery.scheduling.models import PickupSlot, SlotHold
from bakery.stock.models import StockHold, StockLevel
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

COMPLETED = "checkout.session.completed"


def run_out(order: Order) -> None:
    """The order's time is over and the clock's job has given back what it held."""
    with clock.travel(steps.reread(order).hold_expires_at + timedelta(seconds=1)):
        assert orders.expire_order(order.id)


def level(order: Order) -> tuple[int, int]:
    """(on hand, reserved) of the cake."""
    db.session.expire_all()
    query = select(StockLevel).join(OrderLine, OrderLine.variant_id == StockLevel.variant_id)
    row = db.session.scalars(query.where(OrderLine.order_id == order.id)).one()
    return row.on_hand, row.reserved


def slot(order: Order) -> tuple[int, int]:
    db.session.expire_all()
    row = db.session.get_one(PickupSlot, steps.reread(order).slot_id)
    return row.booked_orders, row.booked_minutes


def test_a_payment_in_time_sells_what_was_held_once(session: Session, gateway: FakeGateway) -> None:
    order = steps.placed(session)
    steps.open_page(order, gateway)
    assert (level(order), slot(order)) == ((1, 1), (1, 30))
    steps.pay(order, gateway)
    assert (level(order), slot(order)) == ((0, 0), (1, 30))
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")


def test_a_new_page_extends_what_stock_and_slot_hold(session: Session, gateway: FakeGateway) -> None:
    order = steps.placed(session)
    first = steps.open_page(order, gateway)
    assert first.expires_at is not None
    with clock.travel(first.expires_at + timedelta(seconds=10)):
        steps.open_page(order, gateway)
    until = steps.reread(order).hold_expires_at
    for hold in (*session.scalars(select(StockHold)), *session.scalars(select(SlotHold))):
        assert hold.expires_at == until


def test_a_payment_after_the_hold_ran_out_takes_cake_and_slot_when_they_are_still_there(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.placed(session)
    steps.open_page(order, gateway)
    run_out(order)
    assert (level(order), slot(order)) == ((1, 0), (0, 0))
    assert steps.pay(order, gateway) == EventOutcome.APPLIED
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert (level(order), slot(order)) == ((0, 0), (1, 30))
    assert steps.owed("jobs.payments.refund_late_payment") == []
    assert steps.owed("jobs.orders.send_confirmation") == [[order.id]]


@pytest.mark.parametrize("scarce", ["cake", "slot"])
def test_a_payment_after_cake_or_slot_went_to_somebody_else_goes_back(
    session: Session, gateway: FakeGateway, scarce: str
) -> None:
    few, many = {"on_hand": 1}, {"on_hand": 5, "capacity_orders": 1}
    late = steps.placed(session, **(few if scarce == "cake" else many))
    steps.open_page(late, gateway)
    run_out(late)
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == late.id)).one()
    quicker = steps.place(session, session.get_one(Variant, line.variant_id))
    before = (level(quicker), slot(quicker))
    assert steps.pay(late, gateway) == EventOutcome.APPLIED
    late = steps.reread(late)
    assert (late.status, late.payment_status) == ("EXPIRED", "PAID")
    assert (level(quicker), slot(quicker)) == before
    services.refund_late_payment(steps.latest(late).id, gateway)
    late = steps.reread(late)
    assert (late.status, late.payment_status) == ("EXPIRED", "REFUNDED")
    assert sum(cents for _, cents in steps.ledger(late)) == 0
    assert steps.owed("jobs.orders.send_late_refund") == [[late.id]]
    assert steps.owed("jobs.orders.send_confirmation") == []
    assert len(steps.alerts("automatic_refund")) == 1
    # Nothing that happens afterwards brings the order back.
    steps.pay(late, gateway)
    assert steps.reread(late).status == "EXPIRED"


def test_an_order_whose_payment_is_stored_but_not_yet_applied_does_not_expire(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.placed(session)
    payment = steps.open_page(order, gateway)
    row_id = services.record_event(steps.an_event(COMPLETED, gateway.pay(str(payment.session_id)).raw))
    with clock.travel(steps.reread(order).hold_expires_at + timedelta(minutes=1)):
        assert not orders.expire_order(order.id, is_paying)
        services.apply_event(row_id)
        assert steps.reread(order).status == "CONFIRMED"
        assert not is_paying(session, order.id)


def test_an_order_nobody_pays_for_expires(session: Session, gateway: FakeGateway) -> None:
    order = steps.placed(session)
    steps.open_page(order, gateway)
    with clock.travel(steps.reread(order).hold_expires_at + timedelta(minutes=1)):
        assert orders.expire_order(order.id, is_paying)


def test_the_page_of_an_order_that_is_over_is_closed_by_the_next_reconciliation(
    session: Session, gateway: FakeGateway
) -> None:
    order = steps.placed(session)
    payment = steps.open_page(order, gateway)
    orders.abandon_order(order.id, SYSTEM)
    services.reconcile(gateway, clock.now() - timedelta(hours=1))
    assert steps.owed("jobs.payments.close_session") == [[payment.id]]
    services.close_session(payment.id, gateway)
    assert gateway.sessions[str(steps.latest(order).session_id)].status == "expired"
