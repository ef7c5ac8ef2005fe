"""No payment page outlives the pickup, and one that was ended is never called paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment, PaymentState
from bakery.payments.operations import attempts
from bakery.payments.operations.attempts import CLOSE, NotPayable
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments.steps import BASE

MINUTE = timedelta(minutes=1)
STRIPES_LEAST = timedelta(minutes=30)


def due_in(pickup: timedelta, hold: timedelta = 35 * MINUTE) -> Order:
    """An order to be collected so soon."""
    now = clock.now()
    return steps.pending(pickup_at=now + pickup, hold_expires_at=now + hold)


def test_a_long_page_ends_at_the_pickup(session: Session, gateway: FakeGateway) -> None:
    order = due_in(3 * timedelta(hours=1), hold=timedelta(hours=20))
    payment = steps.open_page(order, gateway)
    assert payment.expires_at is not None
    assert order.pickup_at - MINUTE < payment.expires_at <= order.pickup_at


def test_a_further_page_ends_before_the_pickup(session: Session, gateway: FakeGateway) -> None:
    order = due_in(64 * MINUTE)
    first = steps.open_page(order, gateway)
    assert first.expires_at is not None
    with clock.travel(first.expires_at - MINUTE):
        second = steps.open_page(order, gateway)
        assert second.id != first.id and second.expires_at is not None
        assert clock.now() + STRIPES_LEAST < second.expires_at <= steps.reread(order).pickup_at
    assert steps.owed(CLOSE) == [[first.id]]


def test_a_further_page_that_would_outlive_the_pickup_is_refused_with_what_to_do(
    session: Session, gateway: FakeGateway
) -> None:
    order = due_in(50 * MINUTE)
    first = steps.open_page(order, gateway)
    hold = steps.reread(order).hold_expires_at
    gateway.close(str(first.session_id))
    with clock.travel(clock.now() + 25 * MINUTE), pytest.raises(NotPayable, match="choose a later time"):
        services.start_checkout(order.id, gateway, BASE)
    assert len(gateway.sessions) == 1
    order = steps.reread(order)
    assert (order.status, order.hold_expires_at) == ("PENDING_PAYMENT", hold)


def test_the_first_page_opens_however_near_the_pickup_is_and_is_closed_when_it_comes(
    session: Session, gateway: FakeGateway
) -> None:
    order = due_in(10 * MINUTE)
    payment = steps.open_page(order, gateway)
    assert payment.expires_at is not None and payment.expires_at > clock.now() + STRIPES_LEAST
    [owed] = db.session.query(Outbox).filter_by(job=CLOSE).all()
    assert (owed.args, owed.next_try_at) == ([payment.id], order.pickup_at)
    services.close_session(payment.id, gateway)
    assert gateway.sessions[str(payment.session_id)].status == "expired"
    assert steps.latest(order).state == PaymentState.EXPIRED


def test_a_first_page_that_stripe_never_opened_does_not_count(session: Session, gateway: FakeGateway) -> None:
    order = due_in(20 * MINUTE)
    gateway.refusing = "api_key_expired"
    with pytest.raises(Exception, match="nothing was charged"):
        services.start_checkout(order.id, gateway, BASE)
    gateway.refusing = ""
    assert steps.open_page(order, gateway).state == PaymentState.OPEN


def end_it(order: Order, **changes: str) -> None:
    """Another tab ends the attempt while Stripe is asked: its job found no page to close."""
    with transaction() as session:
        payment = session.get_one(Payment, steps.latest(order).id)
        attempts.end(payment, PaymentState.EXPIRED)
        for name, value in changes.items():
            setattr(session.get_one(Order, order.id), name, value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Nothing was charged: please pay again from here"),
        ({"status": "CANCELLED"}, "This order was cancelled"),
        ({"status": "CONFIRMED", "payment_status": "PAID"}, "already paid"),
    ],
)
def test_an_attempt_ended_by_another_tab_is_not_called_paid_and_its_page_is_closed(
    order: Order, gateway: FakeGateway, changes: dict[str, str], words: str
) -> None:
    gateway.interrupt = lambda: end_it(order, **changes)
    with pytest.raises(NotPayable, match=words):
        services.start_checkout(order.id, gateway, BASE)
    payment = steps.latest(order)
    assert (payment.state, payment.session_id) == (PaymentState.EXPIRED, next(iter(gateway.sessions)))
    assert steps.owed(CLOSE) == [[payment.id]]
    services.close_session(payment.id, gateway)
    assert gateway.sessions[str(payment.session_id)].status == "expired"


def test_after_another_tab_ended_it_the_next_click_opens_a_page(order: Order, gateway: FakeGateway) -> None:
    gateway.interrupt = lambda: end_it(order)
    with pytest.raises(NotPayable):
        services.start_checkout(order.id, gateway, BASE)
    assert services.start_checkout(order.id, gateway, BASE) == steps.latest(order).url
    assert steps.latest(order).state == PaymentState.OPEN


def test_an_attempt_that_was_paid_while_stripe_was_asked_leads_to_the_order_as_paid(
    order: Order, gateway: FakeGateway
) -> None:
    def paid_in_the_other_tab() -> None:
        session_id = next(iter(gateway.sessions))
        steps.tell("checkout.session.completed", gateway.pay(session_id).raw)

    gateway.interrupt = paid_in_the_other_tab
    assert services.start_checkout(order.id, gateway, BASE).endswith("?paid=1")
    assert steps.reread(order).payment_status == "PAID"
