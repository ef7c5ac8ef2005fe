"""Letting the kitchen start an unpaid order; and that nothing else brings one there."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, DomainError, Invalid
from bakery.infra.transaction import transaction
from bakery.orders import operations, services
from bakery.orders.models import Order
from bakery.orders.queries import history
from bakery.orders.release import release_unpaid
from bakery.orders.states import OrderStatus
from bakery.people.models import AuditEntry
from bakery.production import opening
from bakery.production import services as kitchen
from bakery.production.models import Ticket
from bakery.scheduling.models import SlotHold
from bakery.stock.models import StockHold
from tests.custom_cakes.offers import accept, offered, order_of
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop
from tests.payments import steps

STAFF = Actor(None, "manager@saffron.test", "192.0.2.1")
NOW = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
PICKUP = datetime.fromisoformat("2026-12-04T23:00:00+00:00")
WHY = "the school pays by invoice"


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def order(session: Session) -> Order:
    return place((make_cake(stock=5), 1), starts_at=PICKUP)


def tickets(session: Session, order: Order) -> int:
    kitchen.open_tickets(order.id)
    return len(session.scalars(select(Ticket).where(Ticket.order_id == order.id)).all())


def test_the_kitchen_may_start_and_everything_is_due(session: Session, order: Order) -> None:
    assert tickets(session, order) == 0
    release_unpaid(order.id, STAFF, f"  {WHY} ")
    found = steps.reread(order)
    assert (found.status, found.payment_status, found.is_unpaid) == ("CONFIRMED", "UNPAID", True)
    assert (found.due_later, found.released_at is not None) == (found.total, True)
    assert found.balance_due_on and found.balance_due_on.isoformat() == "2026-12-02"
    # What it held is sold, as if it had been paid.
    assert set(session.scalars(select(StockHold.state))) == {"CONSUMED"}
    assert set(session.scalars(select(SlotHold.state))) == {"CONSUMED"}
    assert tickets(session, order) == 1
    assert steps.owed("jobs.orders.send_confirmation") == [[order.id]]
    told = [(event.kind, event.reason) for event in history(session, order.id)][-2:]
    assert told == [("release", WHY), ("status", "not paid")]
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "order.release unpaid"))
    assert (entry.reason, entry.actor_label, entry.after["due_cents"]) == (WHY, STAFF.label, 8_600)


def test_where_the_day_has_come_it_is_due_at_the_pickup(session: Session) -> None:
    soon = place((make_cake(stock=5), 1))
    release_unpaid(soon.id, STAFF, WHY)
    assert steps.reread(soon).balance_due_at == soon.pickup_at


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_it_takes_a_reason(order: Order, reason: str) -> None:
    with pytest.raises(Invalid, match="Say why") as refused:
        release_unpaid(order.id, STAFF, reason)
    assert refused.value.field == "reason"
    assert steps.reread(order).status == "PENDING_PAYMENT"


def test_once_is_enough(order: Order) -> None:
    release_unpaid(order.id, STAFF, WHY)
    with pytest.raises(Conflict, match="waits for its payment"):
        release_unpaid(order.id, STAFF, WHY)


@pytest.mark.parametrize("status", ["EXPIRED", "CANCELLED"])
def test_what_is_over_is_refused(session: Session, order: Order, status: str) -> None:
    order.status = status
    session.commit()
    with pytest.raises(Conflict, match="waits for its payment"):
        release_unpaid(order.id, STAFF, WHY)


def test_an_offer_is_let_through_once_its_customer_has_accepted_it(session: Session) -> None:
    wish = offered(percent=30)
    with pytest.raises(Conflict, match="has not accepted"):
        release_unpaid(order_of(wish).id, STAFF, WHY)
    accept(wish)
    release_unpaid(order_of(wish).id, STAFF, WHY)
    assert order_of(wish).is_unpaid


def test_no_other_path_brings_an_unpaid_order_into_the_kitchen(session: Session, order: Order) -> None:
    """Every move that staff and jobs have, on an order that waits, that ran out, and that was called off."""
    for status in (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED, OrderStatus.CANCELLED):
        order = steps.reread(order)
        order.status = status
        session.commit()
        for to in OrderStatus:
            with pytest.raises(DomainError):
                services.move_order(order.id, to, STAFF)
        for job in (kitchen.open_tickets, kitchen.follow_order, kitchen.void_tickets):
            job(order.id)
        for step in (kitchen.collect_order, kitchen.undo_collect):
            with pytest.raises(DomainError):
                step(order.id, STAFF)
        assert tickets(session, order) == 0
        assert steps.reread(order).status == status


def test_the_database_refuses_an_unpaid_order_that_nobody_let_through(session: Session, order: Order) -> None:
    for status in ("CONFIRMED", "IN_PRODUCTION", "READY", "COLLECTED"):
        with pytest.raises(IntegrityError, match="unpaid_released"), session.begin_nested():
            session.execute(text("UPDATE shop_order SET status = :status"), {"status": status})
    with pytest.raises(IntegrityError, match="unpaid_released"), transaction() as open_session:
        operations.confirm(open_session, operations.lock_order(open_session, order.id))


def test_tickets_are_made_in_one_place_and_only_of_what_the_kitchen_has() -> None:
    """Whoever adds another way finds this: tickets come from `open_tickets`, which looks at the order's status."""
    assert "IN_KITCHEN" in inspect.getsource(kitchen.open_tickets)
    assert not {OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED, OrderStatus.CANCELLED} & set(
        kitchen.IN_KITCHEN
    )
    assert inspect.getsource(kitchen).count("insert(Ticket)") == 1
    assert "insert(" not in inspect.getsource(opening)
