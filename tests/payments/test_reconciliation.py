"""Finding what Stripe knows and never told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, PaymentState
from bakery.payments.services import Report
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

COMPLETED = "checkout.session.completed"


def reconcile(gateway: FakeGateway) -> Report:
    return services.reconcile(gateway, clock.now() - timedelta(hours=6))


def paid_unheard(order: Order, gateway: FakeGateway) -> str:
    payment = steps.open_page(order, gateway)
    return gateway.pay(str(payment.session_id)).id


def test_a_paid_session_whose_event_never_came_is_found_and_applied_once(
    order: Order, gateway: FakeGateway
) -> None:
    session_id = paid_unheard(order, gateway)
    assert reconcile(gateway).paid == 1
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    event = steps.stored(f"reconciled:{session_id}")
    assert (event.source, event.outcome, event.order_id) == ("reconciler", "APPLIED", order.id)
    assert reconcile(gateway) == Report(sessions=1)
    assert steps.ledger(order) == [("charge", order.total_cents)]


def test_the_true_event_that_comes_later_changes_nothing(order: Order, gateway: FakeGateway) -> None:
    session_id = paid_unheard(order, gateway)
    reconcile(gateway)
    assert steps.tell(COMPLETED, gateway.sessions[session_id].raw) == EventOutcome.IGNORED
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert len(steps.owed("jobs.orders.send_confirmation")) == 1


def test_a_payment_whose_event_came_is_left_alone(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    assert reconcile(gateway) == Report(sessions=1)


def test_a_payment_that_was_flagged_is_not_flagged_again(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway, amount_cents=1)
    assert reconcile(gateway) == Report(sessions=1)
    assert len(steps.alerts("stripe_event")) == 1


def test_a_tampered_session_found_by_asking_is_flagged_like_any_other(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id), amount_cents=1)
    report = reconcile(gateway)
    assert (report.paid, report.flagged) == (1, 1)
    assert steps.reread(order).payment_status == "UNPAID"


def test_an_overdue_page_is_looked_up_and_closed(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    gateway.close(str(payment.session_id))
    assert reconcile(gateway).closed == 0  # not overdue: its event may still come
    with clock.travel(clock.now() + timedelta(minutes=40)):
        assert reconcile(gateway).closed == 1
        assert reconcile(gateway).closed == 0
    assert steps.latest(order).state == PaymentState.EXPIRED


def test_an_overdue_page_that_was_paid_is_applied_whatever_its_age(
    order: Order, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid_unheard(order, gateway)
    monkeypatch.setattr(gateway, "list_completed_checkouts", lambda since: [])
    with clock.travel(clock.now() + timedelta(days=4)):
        assert reconcile(gateway).paid == 1
    assert steps.reread(order).payment_status == "PAID"


def test_an_attempt_that_never_reached_stripe_is_closed(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    payment.session_id, payment.state = None, PaymentState.CREATED
    db.session.commit()
    with clock.travel(clock.now() + timedelta(minutes=40)):
        assert reconcile(gateway).closed == 1
    assert steps.latest(order).state == PaymentState.EXPIRED


def test_a_page_that_stripe_does_not_know_is_closed(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    gateway.sessions.clear()
    with clock.travel(clock.now() + timedelta(minutes=40)):
        assert reconcile(gateway).closed == 1


def test_a_refund_made_elsewhere_whose_event_never_came_is_entered_once(
    order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    gateway.refund(str(steps.latest(order).payment_intent_id), 1000, idempotency_key="dashboard")
    gateway.refund("pi_of_something_else", 1000, idempotency_key="other")
    assert reconcile(gateway).refunds == 1
    assert reconcile(gateway).refunds == 0
    assert steps.ledger(order)[1:] == [("refund", -1000)]
    assert steps.reread(order).payment_status == "PARTIALLY_REFUNDED"
    assert [alert.kind for alert in steps.alerts()] == ["refund_adopted"]


def test_when_stripes_own_event_stays_away_for_an_hour_the_staff_are_told(
    order: Order, gateway: FakeGateway
) -> None:
    session_id = paid_unheard(order, gateway)
    reconcile(gateway)
    assert steps.alerts("webhooks_silent") == []
    with clock.travel(clock.now() + timedelta(minutes=61)):
        assert reconcile(gateway).silent == 1
        assert reconcile(gateway).silent == 1
        assert len(steps.alerts("webhooks_silent")) == 1
        steps.tell(COMPLETED, gateway.sessions[session_id].raw)
        assert reconcile(gateway).silent == 0


def test_when_stripe_is_away_the_run_fails_and_nothing_is_lost(order: Order, gateway: FakeGateway) -> None:
    paid_unheard(order, gateway)
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        reconcile(gateway)
    gateway.away = False
    assert reconcile(gateway).paid == 1


def test_the_command_says_what_it_found_and_ends_well(app: Flask, order: Order, gateway: FakeGateway) -> None:
    paid_unheard(order, gateway)
    result = app.test_cli_runner().invoke(args=["reconcile", "--hours", "2"])
    assert result.exit_code == 0, result.output
    assert order.number in result.output and "1 payments" in result.output


def test_the_command_ends_with_two_when_a_person_is_needed(
    app: Flask, order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    gateway.pay(str(payment.session_id), currency="usd")
    assert app.test_cli_runner().invoke(args=["reconcile"]).exit_code == 2


def test_the_command_says_in_one_sentence_that_stripe_is_away(
    app: Flask, session: Session, gateway: FakeGateway
) -> None:
    gateway.away = True
    result = app.test_cli_runner().invoke(args=["reconcile"])
    assert result.exit_code == 1
    assert "Stripe does not answer" in result.output and "Traceback" not in result.output


def test_the_command_explains_itself(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["reconcile", "--help"])
    assert result.exit_code == 0 and "--hours" in result.output
