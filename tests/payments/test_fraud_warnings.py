"""Early fraud warnings: told once, settled by a refund or a dispute, in any order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome
from tests.fakes.gateway import FakeGateway, refund_body
from tests.fakes.gateway_disputes import warning_body
from tests.payments import dispute_steps as told
from tests.payments import steps

CREATED, UPDATED = "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"


@pytest.fixture
def paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def intent(order: Order) -> str:
    return str(steps.latest(order).payment_intent_id)


def refund(order: Order, cents: int, refund_id: str = "re_a") -> EventOutcome:
    return steps.tell("refund.updated", refund_body(refund_id, intent(order), cents))


def settled(order: Order) -> list[str | None]:
    return [warning.settled_by for warning in told.warnings(order)]


def test_a_warning_asks_for_a_refund_and_moves_nothing(paid: Order) -> None:
    before = (paid.status, paid.payment_status, paid.version)
    assert steps.tell(CREATED, warning_body(intent(paid))) == EventOutcome.APPLIED
    [warning] = told.warnings(paid)
    assert (warning.fraud_type, warning.settled_at) == ("made_with_stolen_card", None)
    [alert] = steps.alerts("fraud_warning")
    assert alert.subject_ref == paid.ref
    assert "Refund it now" in alert.text and "a stolen card" in alert.text and "$105.50" in alert.text
    order = steps.reread(paid)
    assert (order.status, order.payment_status, order.version) == before


def test_told_twice_it_is_one_warning_and_one_alert(paid: Order) -> None:
    steps.tell(CREATED, warning_body(intent(paid)))
    assert steps.tell(UPDATED, warning_body(intent(paid))) == EventOutcome.IGNORED
    assert len(told.warnings(paid)) == 1 and steps.alerts("fraud_warning")[0].times == 1


def test_a_whole_refund_settles_it_and_a_part_does_not(paid: Order) -> None:
    steps.tell(CREATED, warning_body(intent(paid)))
    refund(paid, 550)
    assert settled(paid) == [None] and told.open_alerts("fraud_warning")
    refund(paid, 10000, "re_b")
    assert settled(paid) == ["refunded"] and told.open_alerts("fraud_warning") == []


def test_a_dispute_settles_it(paid: Order) -> None:
    steps.tell(CREATED, warning_body(intent(paid)))
    told.open_dispute(paid)
    assert settled(paid) == ["disputed"] and told.open_alerts("fraud_warning") == []


def test_one_that_comes_after_the_dispute_or_the_refund_asks_nobody(paid: Order) -> None:
    told.open_dispute(paid)
    steps.tell(CREATED, warning_body(intent(paid)))
    assert settled(paid) == ["disputed"] and steps.alerts("fraud_warning") == []


def test_one_that_stripe_has_closed_asks_nobody(paid: Order) -> None:
    steps.tell(UPDATED, warning_body(intent(paid), actionable=False))
    steps.tell(CREATED, warning_body(intent(paid)))
    assert settled(paid) == ["closed"] and steps.alerts("fraud_warning") == []


def test_one_of_a_payment_that_is_not_known_yet_waits(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    row_id = services.record_event(steps.an_event(CREATED, warning_body(str(page.payment_intent_id))))
    assert services.apply_event(row_id) == EventOutcome.STORED
    steps.tell("checkout.session.completed", page.raw)
    assert services.apply_event(row_id) == EventOutcome.APPLIED


def test_one_that_names_no_payment_is_for_a_person(paid: Order) -> None:
    body = warning_body(intent(paid), payment_intent=None, charge="ch_1")
    assert steps.tell(CREATED, body) == EventOutcome.FLAGGED
    assert "names no payment" in steps.alerts("stripe_event")[0].text


def test_one_whose_event_never_came_is_found_once(paid: Order, gateway: FakeGateway) -> None:
    gateway.warnings["issfr_1"] = warning_body(intent(paid), id="issfr_1")
    since = clock.now() - timedelta(hours=6)
    assert services.reconcile(gateway, since).disputes == 1
    assert services.reconcile(gateway, since).disputes == 0
    assert len(told.warnings(paid)) == 1 and len(steps.alerts("fraud_warning")) == 1
