"""Refunds made in Stripe's own dashboard: taken into the books, with what they take of which line, and never twice."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome
from bakery.payments.refund_states import RefundSource
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import refund_steps as refunds
from tests.payments import steps

TOLD = {"succeeded": "refund.updated", "pending": "refund.created"}


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


def dashboard(order: Order, refund_id: str, cents: int, status: str = "succeeded") -> EventOutcome:
    db.session.rollback()
    intent = str(steps.latest(order).payment_intent_id)
    return steps.tell(TOLD[status], refund_body(refund_id, intent, cents, status))


def test_a_refund_made_in_stripes_dashboard_is_taken_into_the_books(order: Order) -> None:
    for _ in range(2):
        dashboard(order, "re_dash", 1055)
    [request_id] = [note.request_id for note in refunds.notes(order)]
    request = refunds.row(request_id)
    assert (request.source, request.state, request.asked_by) == (RefundSource.STRIPE, "SUCCEEDED", "Stripe")
    # In proportion to what is left of each line, with the tax of its rate.
    assert refunds.lines(request_id) == [(0, 860, 78), (0, 195, 18)]
    assert request.tax_cents == 96
    [alert] = steps.alerts("refund_adopted")
    assert "$10.55" in alert.text and order.number in alert.text
    assert steps.owed("jobs.refunds.send_refunded") == [[request_id, 1]]


def test_one_that_is_on_its_way_there_is_spoken_for_here(order: Order) -> None:
    dashboard(order, "re_dash", 10_000, "pending")
    assert refunds.available(order) == 550
    assert steps.ledger(order) == [("charge", 10550)]
    dashboard(order, "re_dash", 10_000)
    assert refunds.available(order) == 550
    assert steps.reread(order).credited_cents == 10_000


def test_the_whole_of_it_takes_the_units_along(order: Order) -> None:
    dashboard(order, "re_dash", 10_550)
    [note] = refunds.notes(order)
    assert refunds.lines(note.request_id) == [(1, 8600, 782), (3, 1950, 177)]
    assert steps.reread(order).payment_status == "REFUNDED"


def test_it_wins_over_what_is_decided_and_not_sent_and_stripe_refuses_ours(
    order: Order, gateway: FakeGateway
) -> None:
    ours = refunds.approved(order)
    dashboard(order, "re_dash", 10_550)
    gateway.refusing = "charge_already_refunded"
    services.run_refund(ours, gateway)
    theirs = refunds.notes(order)[0].request_id
    assert refunds.lines(theirs) == [(1, 8600, 782), (3, 1950, 177)]
    assert refunds.row(ours).state == "FAILED"
    after = steps.reread(order)
    assert (after.payment_status, after.held_cents, after.credited_cents) == ("REFUNDED", 0, 10550)
    gateway.refusing = ""
    services.leave_it(ours, refunds.who(), "It went back in the dashboard.", gateway)
    assert refunds.row(ours).state == "REJECTED" and len(refunds.notes(order)) == 1


def test_a_failed_one_that_is_sent_again_by_hand_in_the_dashboard_is_the_same_one(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    made = gateway.settle(str(refunds.parts(request_id)[0].stripe_refund_id), "failed")
    steps.tell("refund.failed", made.raw)
    dashboard(order, "re_by_hand", 1000)
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert [part.state for part in refunds.parts(request_id)] == ["REPLACED", "SUCCEEDED"]
    assert len(refunds.notes(order)) == 1


def test_metadata_that_somebody_copied_names_no_part_of_another_amount(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    [part] = refunds.parts(request_id)
    body = refund_body("re_copied", str(steps.latest(order).payment_intent_id), 500)
    steps.tell("refund.created", body | {"metadata": {"refund_part": str(part.id)}})
    assert refunds.parts(request_id)[0].state == "WAITING"
    services.run_refund(request_id, gateway)
    assert sum(cents for _, cents in steps.ledger(order)) == 10550 - 1500
