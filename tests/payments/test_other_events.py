"""Declines, closed pages, refunds made elsewhere; in any order."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import queries, services
from bakery.payments.models import EventOutcome, PaymentState
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

COMPLETED = "checkout.session.completed"


def declined(order: Order, code: str, decline_code: str = "", **changes: Any) -> dict[str, Any]:
    payment = steps.latest(order)
    return {
        "id": "pi_declined",
        "object": "payment_intent",
        "metadata": {"order_number": order.number, "payment_id": str(payment.id)},
        "last_payment_error": {"code": code, "decline_code": decline_code, "message": "Stripe's own words"},
    } | changes


@pytest.mark.parametrize(
    ("code", "decline_code", "words"),
    [
        ("card_declined", "insufficient_funds", "The card did not have enough money on it."),
        ("expired_card", "", "The card has expired."),
        ("card_declined", "stolen_card", "The bank did not accept the card."),
        ("card_declined", "fraudulent", "The bank did not accept the card."),
        ("payment_intent_authentication_failure", "", "The bank wanted to check that it was you"),
        ("", "", "The bank did not accept the card."),
    ],
)
def test_a_declined_card_is_explained_in_plain_words_and_the_order_keeps_its_hold(
    order: Order, gateway: FakeGateway, code: str, decline_code: str, words: str
) -> None:
    steps.open_page(order, gateway)
    hold, version = steps.reread(order).hold_expires_at, order.version
    body = declined(order, code, decline_code)
    assert steps.tell("payment_intent.payment_failed", body) == EventOutcome.APPLIED
    assert queries.last_failure(db.session(), order.id).startswith(words)
    order = steps.reread(order)
    assert (order.status, order.hold_expires_at) == ("PENDING_PAYMENT", hold)
    assert order.version > version
    assert steps.latest(order).state == PaymentState.OPEN


def test_after_a_declined_card_another_card_pays(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.tell("payment_intent.payment_failed", declined(order, "expired_card"))
    assert steps.pay(order, gateway) == EventOutcome.APPLIED
    assert steps.reread(order).status == "CONFIRMED"
    assert queries.last_failure(db.session(), order.id) == ""


def test_a_decline_that_is_told_after_the_payment_changes_nothing(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    intent = steps.latest(order).payment_intent_id
    assert steps.tell("payment_intent.payment_failed", declined(order, "x")) == EventOutcome.IGNORED
    assert steps.latest(order).payment_intent_id == intent
    assert steps.latest(order).failure == ""


def test_a_decline_of_somebody_elses_payment_is_ignored(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    body = declined(order, "expired_card")
    body["metadata"]["order_number"] = "SC-ZZZZ-ZZ"
    assert steps.tell("payment_intent.payment_failed", body) == EventOutcome.IGNORED
    assert steps.latest(order).failure == ""


def test_a_page_that_closed_ends_the_attempt_and_the_order_keeps_its_hold(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    hold = steps.reread(order).hold_expires_at
    body = gateway.close(str(payment.session_id)).raw
    assert steps.tell("checkout.session.expired", body) == EventOutcome.APPLIED
    assert steps.latest(order).state == PaymentState.EXPIRED
    order = steps.reread(order)
    assert (order.status, order.hold_expires_at) == ("PENDING_PAYMENT", hold)


def test_the_expiry_of_another_page_of_the_order_does_not_end_this_one(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    body = gateway.sessions[str(payment.session_id)].raw | {"id": "cs_other"}
    assert steps.tell("checkout.session.expired", body) == EventOutcome.IGNORED
    assert steps.latest(order).state == PaymentState.OPEN


def test_a_slow_bank_that_refuses_in_the_end_fails_the_attempt(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    body = gateway.sessions[str(payment.session_id)].raw
    assert steps.tell("checkout.session.async_payment_failed", body) == EventOutcome.APPLIED
    assert steps.latest(order).state == PaymentState.FAILED
    assert queries.last_failure(db.session(), order.id) == "The bank did not send the money in the end."


@pytest.fixture
def paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return order


def refunded(order: Order, refund_id: str, cents: int, status: str = "succeeded") -> dict[str, Any]:
    return refund_body(refund_id, str(steps.latest(order).payment_intent_id), cents, status)


def test_refunds_made_in_stripes_dashboard_are_entered_once_each(paid: Order) -> None:
    for event in ("refund.created", "refund.updated", "refund.updated"):
        steps.tell(event, refunded(paid, "re_a", 1000))
    assert steps.reread(paid).payment_status == "PARTIALLY_REFUNDED"
    steps.tell("refund.created", refunded(paid, "re_b", 500))
    assert steps.ledger(paid)[1:] == [("refund", -1000), ("refund", -500)]
    steps.tell("refund.created", refunded(paid, "re_c", paid.total_cents - 1500))
    order = steps.reread(paid)
    assert (order.payment_status, order.status) == ("REFUNDED", "CONFIRMED")
    assert sum(cents for _, cents in steps.ledger(paid)) == 0


def test_stripes_summary_of_refunds_adds_nothing_to_them(paid: Order) -> None:
    steps.tell("refund.created", refunded(paid, "re_a", 1000))
    charge = {
        "id": "ch_1",
        "object": "charge",
        "amount_refunded": 1000,
        "payment_intent": steps.latest(paid).payment_intent_id,
    }
    assert steps.tell("charge.refunded", charge, "evt_charge") == EventOutcome.IGNORED
    assert steps.stored("evt_charge").order_id == paid.id
    assert len(steps.ledger(paid)) == 2


def test_a_refund_larger_than_what_was_captured_is_flagged_and_not_entered(paid: Order) -> None:
    body = refunded(paid, "re_big", paid.total_cents + 1)
    assert steps.tell("refund.created", body) == EventOutcome.FLAGGED
    assert len(steps.ledger(paid)) == 1


def test_a_refund_in_another_currency_is_flagged_and_not_entered(paid: Order) -> None:
    body = refunded(paid, "re_usd", 1000) | {"currency": "usd"}
    assert steps.tell("refund.created", body) == EventOutcome.FLAGGED
    assert len(steps.ledger(paid)) == 1


def test_a_refund_on_its_way_is_entered_when_it_has_arrived(paid: Order) -> None:
    assert steps.tell("refund.created", refunded(paid, "re_a", 1000, "pending")) == EventOutcome.APPLIED
    assert len(steps.ledger(paid)) == 1
    steps.tell("refund.updated", refunded(paid, "re_a", 1000))
    assert steps.ledger(paid)[1:] == [("refund", -1000)]


def test_a_refund_that_comes_back_is_reversed_once_and_needs_a_person(paid: Order) -> None:
    steps.tell("refund.created", refunded(paid, "re_a", 1000))
    for _ in range(2):
        steps.tell("refund.failed", refunded(paid, "re_a", 1000, "failed"))
    assert sorted(steps.ledger(paid)[1:]) == [("refund", -1000), ("reversal", 1000)]
    [alert] = steps.alerts("refund_failed")
    assert paid.number in alert.text and alert.resolved_at is None
    assert steps.alerts("stripe_event") == []


@pytest.mark.parametrize("order_told", list(itertools.permutations(["pending", "succeeded", "failed"])))
def test_a_refund_that_failed_has_failed_in_whatever_order_it_is_told(
    paid: Order, order_told: tuple[str, ...]
) -> None:
    kinds = {"pending": "refund.created", "succeeded": "refund.updated", "failed": "refund.failed"}
    for status in order_told:
        steps.tell(kinds[status], refunded(paid, "re_a", 1000, status))
    assert sorted(steps.ledger(paid)[1:]) == [("refund", -1000), ("reversal", 1000)]
    assert steps.reread(paid).payment_status == "PAID"
    # By the request that it has become, or by itself where nobody had heard of it before.
    assert len(steps.alerts("stripe_event") + steps.alerts("refund_failed")) == 1


@pytest.mark.parametrize(
    "order_told", list(itertools.permutations(["a succeeded", "a failed", "b succeeded"]))
)
def test_a_failed_refund_leaves_another_one_as_it_is_in_any_order(
    paid: Order, order_told: tuple[str, ...]
) -> None:
    for told in order_told:
        name, status = told.split()
        steps.tell("refund.updated", refunded(paid, f"re_{name}", 1000, status))
    assert sorted(steps.ledger(paid)[1:]) == [("refund", -1000), ("refund", -1000), ("reversal", 1000)]
    assert steps.reread(paid).payment_status == "PARTIALLY_REFUNDED"


def test_after_a_whole_refund_failed_the_order_is_paid_and_can_be_refunded_again(paid: Order) -> None:
    whole = paid.total_cents
    steps.tell("refund.updated", refunded(paid, "re_a", whole))
    assert steps.reread(paid).payment_status == "REFUNDED"
    steps.tell("refund.failed", refunded(paid, "re_a", whole, "failed"))
    assert steps.reread(paid).payment_status == "PAID"
    steps.tell("refund.updated", refunded(paid, "re_b", whole))
    assert steps.reread(paid).payment_status == "REFUNDED"
    assert sum(cents for _, cents in steps.ledger(paid)) == 0


def test_a_whole_refund_that_failed_is_entered_after_the_one_that_replaced_it(paid: Order) -> None:
    whole = paid.total_cents
    steps.tell("refund.updated", refunded(paid, "re_b", whole))
    steps.tell("refund.failed", refunded(paid, "re_a", whole, "failed"))
    # What came back is written before what had gone: more than was held is never given.
    assert steps.ledger(paid)[1:] == [("refund", -whole), ("reversal", whole), ("refund", -whole)]
    assert steps.reread(paid).payment_status == "REFUNDED"
    [alert] = steps.alerts("stripe_event")
    assert "re_a" in alert.text and "did not arrive" in alert.text


def test_a_failed_refund_larger_than_its_payment_is_flagged_and_not_entered(paid: Order) -> None:
    body = refunded(paid, "re_big", paid.total_cents + 1, "failed")
    assert steps.tell("refund.failed", body) == EventOutcome.FLAGGED
    assert len(steps.ledger(paid)) == 1


@pytest.mark.parametrize("order_told", list(itertools.permutations(["paid", "succeeded", "failed"])))
def test_a_payment_and_its_failed_refund_come_to_the_same_in_any_order(
    order: Order, gateway: FakeGateway, order_told: tuple[str, ...]
) -> None:
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    intent = str(page.payment_intent_id)
    rows = []
    for told in order_told:
        kind, body = (
            (COMPLETED, page.raw)
            if told == "paid"
            else ("refund.updated", refund_body("re_a", intent, 1000, told))
        )
        rows.append(services.record_event(steps.an_event(kind, body)))
        services.apply_event(rows[-1])
    for row_id in rows:  # the payment rings for those that waited
        services.apply_event(row_id)
    assert sorted(steps.ledger(order)[1:]) == [("refund", -1000), ("reversal", 1000)]
    assert steps.reread(order).payment_status == "PAID"


def test_a_refund_told_before_its_payment_waits_for_it(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    early = steps.an_event("refund.created", refund_body("re_a", str(page.payment_intent_id), 1000))
    row_id = services.record_event(early)
    assert services.apply_event(row_id) == EventOutcome.STORED
    assert steps.ledger(order) == []
    steps.tell(COMPLETED, page.raw)
    # The payment rings for the events that waited for it.
    assert [row_id] == steps.owed("jobs.payments.apply_event")[-1]
    assert services.apply_event(row_id) == EventOutcome.APPLIED
    assert steps.ledger(order) == [("charge", order.total_cents), ("refund", -1000)]
    assert steps.reread(order).payment_status == "PARTIALLY_REFUNDED"


def test_a_refund_whose_payment_never_comes_is_looked_at_again_and_flagged_in_the_end(
    session: Session, gateway: FakeGateway
) -> None:
    row_id = services.record_event(steps.an_event("refund.created", refund_body("re_x", "pi_x", 1000)))
    services.apply_event(row_id)
    with clock.travel(clock.now() + timedelta(minutes=6)):
        assert services.apply_event(row_id) == EventOutcome.STORED
    assert len(steps.owed("jobs.payments.apply_event")) == 3
    with clock.travel(clock.now() + timedelta(minutes=70)):
        assert services.apply_event(row_id) == EventOutcome.FLAGGED
    assert len(steps.alerts("stripe_event")) == 1
