"""Money that bought nothing goes back: once, and the customer is told once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, PaymentState
from bakery.payments.services.refunds import NotYetRefunded
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

COMPLETED = "checkout.session.completed"


class Killed(BaseException):
    """The process dies here."""


def cancel(order: Order) -> None:
    db.session.get_one(Order, order.id).status = "CANCELLED"
    db.session.commit()


@pytest.fixture
def cancelled(order: Order, gateway: FakeGateway) -> Order:
    """Paid for after it was cancelled."""
    steps.open_page(order, gateway)
    cancel(order)
    assert steps.pay(order, gateway) == EventOutcome.APPLIED
    return order


def test_the_payment_of_a_cancelled_order_is_kept_in_the_ledger_and_a_refund_is_owed(
    cancelled: Order,
) -> None:
    order = steps.reread(cancelled)
    assert (order.status, order.payment_status) == ("CANCELLED", "PAID")
    assert steps.owed("jobs.payments.refund_late_payment") == [[steps.latest(order).id]]
    [alert] = steps.alerts("automatic_refund")
    assert alert.subject_ref == order.ref
    assert steps.owed("jobs.orders.send_confirmation") == []


def test_the_refund_goes_out_once_and_the_customer_is_told_once(
    cancelled: Order, gateway: FakeGateway
) -> None:
    payment = steps.latest(cancelled)
    for _ in range(3):
        services.refund_late_payment(payment.id, gateway)
    order = steps.reread(cancelled)
    assert order.payment_status == "REFUNDED"
    assert steps.ledger(order) == [("charge", order.total_cents), ("refund", -order.total_cents)]
    assert len(gateway.refunds) == 1
    assert steps.owed("jobs.orders.send_late_refund") == [[order.id]]


def test_the_refunds_own_event_enters_nothing_twice(cancelled: Order, gateway: FakeGateway) -> None:
    services.refund_late_payment(steps.latest(cancelled).id, gateway)
    [refund] = gateway.refunds.values()
    assert steps.tell("refund.created", refund.raw) == EventOutcome.IGNORED
    assert len(steps.ledger(cancelled)) == 2


def test_a_process_killed_after_stripe_refunded_is_finished_by_the_next_try(
    cancelled: Order, gateway: FakeGateway
) -> None:
    def die() -> None:
        raise Killed

    gateway.interrupt = die
    payment_id = steps.latest(cancelled).id
    with pytest.raises(Killed):
        services.refund_late_payment(payment_id, gateway)
    assert len(steps.ledger(cancelled)) == 1
    services.refund_late_payment(payment_id, gateway)
    assert len(gateway.refunds) == 1
    assert steps.reread(cancelled).payment_status == "REFUNDED"


def test_when_the_refunds_event_was_quicker_than_the_killed_job_the_customer_is_still_told(
    cancelled: Order, gateway: FakeGateway
) -> None:
    def die() -> None:
        raise Killed

    gateway.interrupt = die
    payment_id = steps.latest(cancelled).id
    with pytest.raises(Killed):
        services.refund_late_payment(payment_id, gateway)
    [refund] = gateway.refunds.values()
    assert steps.tell("refund.created", refund.raw) == EventOutcome.APPLIED
    services.refund_late_payment(payment_id, gateway)
    assert len(gateway.refunds) == 1
    assert steps.owed("jobs.orders.send_late_refund") == [[cancelled.id]]


def test_a_refund_while_stripe_is_away_is_left_to_the_next_try(
    cancelled: Order, gateway: FakeGateway
) -> None:
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        services.refund_late_payment(steps.latest(cancelled).id, gateway)
    assert steps.reread(cancelled).payment_status == "PAID"


def test_a_refund_that_stripe_refuses_is_handed_to_the_staff(cancelled: Order, gateway: FakeGateway) -> None:
    gateway.refusing = "charge_disputed"
    services.refund_late_payment(steps.latest(cancelled).id, gateway)
    [alert] = steps.alerts("refund_failed")
    assert cancelled.number in alert.text
    assert steps.owed("jobs.orders.send_late_refund") == []


def test_a_refund_that_somebody_made_already_waits_for_its_event_and_then_tells_the_customer(
    cancelled: Order, gateway: FakeGateway
) -> None:
    gateway.refusing = "charge_already_refunded"
    payment = steps.latest(cancelled)
    with pytest.raises(NotYetRefunded):
        services.refund_late_payment(payment.id, gateway)
    assert steps.owed("jobs.orders.send_late_refund") == []
    body = refund_body("re_dashboard", str(payment.payment_intent_id), cancelled.total_cents)
    steps.tell("refund.created", body)
    services.refund_late_payment(payment.id, gateway)
    assert steps.alerts("refund_failed") == []
    assert steps.owed("jobs.orders.send_late_refund") == [[cancelled.id]]


def test_a_refund_that_failed_meanwhile_is_not_asked_for_for_ever(
    cancelled: Order, gateway: FakeGateway
) -> None:
    def fails() -> None:
        [refund] = gateway.refunds.values()
        assert steps.tell("refund.failed", {**refund.raw, "status": "failed"}) == EventOutcome.APPLIED

    gateway.interrupt = fails
    services.refund_late_payment(steps.latest(cancelled).id, gateway)
    assert len(gateway.refunds) == 1
    [alert] = steps.alerts("refund_failed")
    assert "did not go back" in alert.text and "on the order's page" in alert.text
    assert steps.owed("jobs.orders.send_late_refund") == []


def test_a_payment_that_was_never_taken_is_not_refunded(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    services.refund_late_payment(payment.id, gateway)
    assert gateway.refunds == {}


def two_pages(order: Order, gateway: FakeGateway) -> tuple[str, str]:
    """The first page is believed closed, and a second one is open."""
    first = steps.open_page(order, gateway)
    first_session = str(first.session_id)
    first.state = PaymentState.EXPIRED
    db.session.commit()
    return first_session, str(steps.open_page(order, gateway).session_id)


def test_an_order_paid_twice_stays_paid_and_gets_the_second_payment_back(
    order: Order, gateway: FakeGateway
) -> None:
    first, second = two_pages(order, gateway)
    assert steps.tell(COMPLETED, gateway.pay(first).raw) == EventOutcome.APPLIED
    assert steps.tell(COMPLETED, gateway.pay(second).raw) == EventOutcome.APPLIED
    total = order.total_cents
    assert steps.ledger(order) == [("charge", total), ("charge", total)]
    payment = steps.latest(order)
    assert steps.owed("jobs.payments.refund_late_payment") == [[payment.id]]
    services.refund_late_payment(payment.id, gateway)
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert steps.ledger(order)[-1] == ("refund", -total)
    assert len(steps.owed("jobs.orders.send_confirmation")) == 1


def test_when_one_page_is_paid_the_other_one_is_closed(order: Order, gateway: FakeGateway) -> None:
    first, second = two_pages(order, gateway)
    steps.tell(COMPLETED, gateway.pay(first).raw)
    assert steps.owed("jobs.payments.close_session") == [[steps.latest(order).id]]
    services.close_session(steps.latest(order).id, gateway)
    assert gateway.sessions[second].status == "expired"


def test_a_payment_for_an_order_whose_hold_has_just_run_out_but_is_not_yet_released_is_taken(
    order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    with clock.travel(steps.reread(order).hold_expires_at + timedelta(seconds=5)):
        assert steps.pay(order, gateway) == EventOutcome.APPLIED
    assert steps.reread(order).status == "CONFIRMED"


def test_money_that_comes_for_a_refunded_order_goes_back_as_well(
    cancelled: Order, gateway: FakeGateway, session: Session
) -> None:
    services.refund_late_payment(steps.latest(cancelled).id, gateway)
    row = db.session.get_one(Order, cancelled.id)
    row.status = "PENDING_PAYMENT"
    db.session.commit()
    second = steps.open_page(cancelled, gateway)
    cancel(cancelled)
    assert steps.pay(cancelled, gateway) == EventOutcome.APPLIED
    services.refund_late_payment(second.id, gateway)
    assert sum(cents for _, cents in steps.ledger(cancelled)) == 0
    assert steps.reread(cancelled).payment_status == "REFUNDED"
