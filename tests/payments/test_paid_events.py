"""What a completed session does to an order: once, and only when everything fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, Payment, PaymentState, StripeEvent
from tests.fakes.gateway import FakeGateway, session_body
from tests.payments import steps

COMPLETED = "checkout.session.completed"


def test_a_payment_confirms_the_order_and_is_entered_in_the_ledger(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    assert steps.pay(order, gateway) == EventOutcome.APPLIED
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert steps.ledger(order) == [("charge", order.total_cents)]
    payment = steps.latest(order)
    assert payment.state == PaymentState.SUCCEEDED
    assert payment.payment_intent_id == f"pi_{payment.session_id}"
    assert steps.owed("jobs.orders.send_confirmation") == [[order.id]]
    assert ("payment_status", "PAID") in steps.steps(order) and ("status", "CONFIRMED") in steps.steps(order)


def test_storing_an_event_owes_its_application_and_does_nothing_else(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    body = gateway.pay(str(payment.session_id)).raw
    row_id = services.record_event(steps.an_event(COMPLETED, body))
    assert steps.owed("jobs.payments.apply_event") == [[row_id]]
    assert steps.reread(order).payment_status == "UNPAID"


def test_an_event_that_comes_twice_is_stored_once_and_applied_once(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    event = steps.an_event(COMPLETED, gateway.pay(str(payment.session_id)).raw)
    first, second = services.record_event(event), services.record_event(event)
    assert first == second
    assert len(steps.owed("jobs.payments.apply_event")) == 1
    assert [services.apply_event(first) for _ in range(3)] == [EventOutcome.APPLIED] * 3
    history = steps.steps(order)
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert history == steps.steps(order) and len(steps.owed("jobs.orders.send_confirmation")) == 1


def test_a_second_event_about_the_same_payment_changes_nothing(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    steps.pay(order, gateway)
    version = steps.reread(order).version
    body = gateway.sessions[str(payment.session_id)].raw
    for kind in (COMPLETED, "checkout.session.async_payment_succeeded"):
        assert steps.tell(kind, body) == EventOutcome.IGNORED
    assert steps.reread(order).version == version
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert steps.owed("jobs.payments.refund_late_payment") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_cents": 100},
        {"amount_cents": 10551},
        {"amount_cents": None},
        {"currency": "usd"},
        {"currency": None},
        {"client_reference_id": "SC-AAAA-AA"},
        {"metadata": {}},
        {"payment_intent_id": None},
    ],
    ids=lambda changes: "-".join(f"{key}={value}" for key, value in changes.items()),
)
def test_what_does_not_fit_marks_nothing_paid_and_raises_an_alert(
    order: Order, gateway: FakeGateway, changes: dict[str, object]
) -> None:
    steps.open_page(order, gateway)
    assert steps.pay(order, gateway, **changes) == EventOutcome.FLAGGED
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("PENDING_PAYMENT", "UNPAID")
    assert steps.ledger(order) == []
    assert steps.latest(order).state == PaymentState.OPEN
    [alert] = steps.alerts("stripe_event")
    assert alert.subject_ref == order.ref and order.number in alert.text


def test_the_payment_of_a_cheap_order_does_not_pay_for_a_dear_one(
    session: Session, gateway: FakeGateway
) -> None:
    dear, cheap = steps.pending(), steps.pending()
    steps.open_page(dear, gateway)
    cheap_payment = steps.open_page(cheap, gateway)
    forged = replace(
        gateway.pay(str(cheap_payment.session_id)),
        client_reference_id=dear.number,
        metadata={"order_number": dear.number, "payment_id": str(steps.latest(dear).id)},
    )
    assert steps.tell(COMPLETED, session_body(forged)) == EventOutcome.FLAGGED
    assert steps.reread(dear).payment_status == "UNPAID"
    assert steps.reread(cheap).payment_status == "UNPAID"


def test_an_order_whose_total_changed_since_is_not_paid_by_the_old_amount(
    order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    db.session.get_one(Order, order.id).total_cents += 500
    db.session.commit()
    assert steps.pay(order, gateway) == EventOutcome.FLAGGED
    assert steps.reread(order).payment_status == "UNPAID"


def test_money_for_an_unknown_order_is_stored_and_flagged(session: Session, gateway: FakeGateway) -> None:
    body = {"id": "cs_nobody", "object": "checkout.session", "payment_status": "paid", "amount_total": 500}
    assert steps.tell(COMPLETED, body | {"client_reference_id": "SC-ZZZZ-ZZ"}) == EventOutcome.FLAGGED
    [alert] = steps.alerts("stripe_event")
    assert "SC-ZZZZ-ZZ" in alert.text


@pytest.mark.parametrize(
    "payload", [{}, {"data": None}, {"data": {"object": "text"}}, {"data": {"object": {}}}]
)
def test_an_event_without_its_object_is_flagged_and_breaks_nothing(
    session: Session, gateway: FakeGateway, payload: dict[str, object]
) -> None:
    row_id = services.record_event({"id": "evt_bare", "type": COMPLETED} | payload)
    assert services.apply_event(row_id) == EventOutcome.FLAGGED


def test_a_kind_of_event_the_shop_does_not_know_is_stored_and_ignored(
    session: Session, gateway: FakeGateway
) -> None:
    assert steps.tell("customer.created", {"id": "cus_1"}, "evt_other") == EventOutcome.IGNORED
    assert steps.stored("evt_other").applied_at is not None


def test_a_session_whose_bank_takes_its_time_is_paid_only_by_the_later_event(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    steps.pay(order, gateway, payment_status="unpaid")
    assert steps.reread(order).payment_status == "UNPAID"
    body = gateway.pay(str(payment.session_id)).raw
    assert steps.tell("checkout.session.async_payment_succeeded", body) == EventOutcome.APPLIED
    assert steps.reread(order).status == "CONFIRMED"


def test_a_payment_whose_answer_was_lost_on_the_way_is_found_by_what_it_carries(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    session_id = str(payment.session_id)
    payment.session_id, payment.state = None, PaymentState.CREATED
    db.session.commit()
    assert steps.tell(COMPLETED, gateway.pay(session_id).raw) == EventOutcome.APPLIED
    assert steps.latest(order).session_id == session_id
    assert steps.reread(order).status == "CONFIRMED"


def test_expiry_that_is_told_after_the_payment_changes_nothing(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    steps.pay(order, gateway)
    body = gateway.close(str(payment.session_id)).raw
    assert steps.tell("checkout.session.expired", body) == EventOutcome.IGNORED
    assert steps.latest(order).state == PaymentState.SUCCEEDED


def test_an_event_held_back_for_days_is_applied_like_any_other(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    body = gateway.pay(str(payment.session_id)).raw
    row_id = services.record_event(steps.an_event(COMPLETED, body))
    with clock.travel(clock.now() + timedelta(days=3)):
        assert services.apply_event(row_id) == EventOutcome.APPLIED
    assert len(db.session.scalars(select(StripeEvent)).all()) == 1
    assert len(db.session.scalars(select(Payment)).all()) == 1
