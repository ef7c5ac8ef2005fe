"""Disputes as Stripe tells them: in any order, twice, too early and too late."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import InvalidTransition
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_models import DISPUTE, ESCALATION, DisputeState
from bakery.payments.dispute_queries import is_disputed
from bakery.payments.models import EventOutcome
from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_disputes import FEE
from tests.payments import dispute_steps as told
from tests.payments import steps
from tests.payments.dispute_steps import money_of

_D = DisputeState


@pytest.fixture
def paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def test_a_dispute_is_an_object_of_its_own_and_moves_neither_order_nor_stock(paid: Order) -> None:
    before = (paid.status, paid.payment_status, paid.held_cents, paid.version, steps.steps(paid))
    dispute = told.open_dispute(paid)
    assert (dispute.state, dispute.is_inquiry, dispute.reason) == ("NEEDS_RESPONSE", False, "fraudulent")
    assert (dispute.amount_cents, dispute.currency, dispute.taken_cents, dispute.fee_cents) == (
        paid.total_cents,
        "AUD",
        paid.total_cents,
        FEE,
    )
    order = steps.reread(paid)
    assert (order.status, order.payment_status, order.held_cents, order.version, steps.steps(paid)) == before
    assert is_disputed(db.session(), order.id)
    assert money_of(paid) == [("dispute", -paid.total_cents), ("dispute_fee", -FEE)]
    assert told.history(dispute) == [("state", None, "NEEDS_RESPONSE"), ("money", None, None)]


def test_the_staff_are_told_what_it_is_and_by_when_to_answer(paid: Order) -> None:
    dispute = told.open_dispute(paid, reason="product_not_received")
    [alert] = steps.alerts("dispute")
    assert alert.subject_ref == dispute.ref and paid.number in alert.text and "$105.50" in alert.text
    assert "never got what they paid for" in alert.text and "Answer by" in alert.text
    assert [alert.id, 1] in steps.owed("jobs.messages.send_staff_alert")


def chargeback(order: Order, *, end: str) -> list[tuple[str, dict[str, Any]]]:
    """What Stripe tells of one dispute, from its beginning to its end."""
    out, back = told.taken(order), told.returned(order)
    tale = [
        (told.CREATED, told.body_of(order, "needs_response")),
        (told.WITHDRAWN, told.body_of(order, "needs_response", out)),
        (told.UPDATED, told.body_of(order, "under_review", out)),
    ]
    if end == "won":
        return [
            *tale,
            (told.CLOSED, told.body_of(order, "won", out)),
            (told.REINSTATED, told.body_of(order, "won", out, back)),
        ]
    return [*tale, (told.CLOSED, told.body_of(order, "lost", out))]


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(5))))
def test_a_dispute_that_is_won_comes_to_the_same_in_any_order(paid: Order, sequence: tuple[int, ...]) -> None:
    tale = chargeback(paid, end="won")
    for at in sequence:
        assert steps.tell(*tale[at]) in (EventOutcome.APPLIED, EventOutcome.IGNORED)
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.taken_cents, dispute.fee_cents, dispute.trouble) == ("WON", 0, FEE, "")
    assert sorted(money_of(paid)) == sorted(
        [("dispute", -paid.total_cents), ("dispute_fee", -FEE), ("dispute", paid.total_cents)]
    )
    assert not is_disputed(db.session(), paid.id)
    assert told.open_alerts("dispute") == [
        f"The dispute about order {paid.number} is won: $105.50 comes back."
    ]
    assert told.history(dispute)[-1][2] in (None, "WON")


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4))))
def test_a_dispute_that_is_lost_comes_to_the_same_in_any_order(
    paid: Order, sequence: tuple[int, ...]
) -> None:
    tale = chargeback(paid, end="lost")
    for at in sequence:
        steps.tell(*tale[at])
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.taken_cents) == ("LOST", paid.total_cents)
    assert sorted(money_of(paid)) == [("dispute", -paid.total_cents), ("dispute_fee", -FEE)]
    order = steps.reread(paid)
    assert (order.status, order.payment_status, order.held_cents) == ("CONFIRMED", "PAID", paid.total_cents)


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(4))))
def test_an_inquiry_that_becomes_a_dispute_never_turns_back_into_one(
    paid: Order, sequence: tuple[int, ...]
) -> None:
    out = told.taken(paid)
    tale = [
        (told.CREATED, told.body_of(paid, "warning_needs_response")),
        (told.UPDATED, told.body_of(paid, "warning_under_review")),
        (told.UPDATED, told.body_of(paid, "needs_response", out)),
        (told.WITHDRAWN, told.body_of(paid, "needs_response", out)),
    ]
    for at in sequence:
        steps.tell(*tale[at])
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.is_inquiry, dispute.taken_cents) == (
        "NEEDS_RESPONSE",
        False,
        paid.total_cents,
    )
    assert len(money_of(paid)) == 2
    assert len(told.open_alerts("dispute")) == 1


def test_each_event_twice_changes_nothing_twice(paid: Order) -> None:
    for kind, body in chargeback(paid, end="won"):
        row_id = services.record_event(steps.an_event(kind, body, f"evt_{kind}"))
        assert services.record_event(steps.an_event(kind, body, f"evt_{kind}")) == row_id
        assert services.apply_event(row_id) == services.apply_event(row_id)
        assert steps.tell(kind, body) == EventOutcome.IGNORED
    dispute = told.the_dispute(paid)
    assert len(money_of(paid)) == 3
    assert [step for step in told.history(dispute) if step[0] == "state"] == [
        ("state", None, "NEEDS_RESPONSE"),
        ("state", "NEEDS_RESPONSE", "UNDER_REVIEW"),
        ("state", "UNDER_REVIEW", "WON"),
    ]


def test_an_inquiry_moves_no_money_and_its_end_is_won(paid: Order) -> None:
    steps.tell(told.CREATED, told.body_of(paid, "warning_needs_response"))
    dispute = told.the_dispute(paid)
    assert dispute.is_inquiry and is_disputed(db.session(), paid.id) and money_of(paid) == []
    assert "no money has been taken" in told.open_alerts("dispute")[0]
    steps.tell(told.CLOSED, told.body_of(paid, "warning_closed"))
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.is_inquiry, is_disputed(db.session(), paid.id)) == ("WON", True, False)
    assert told.open_alerts("dispute") == [
        f"The bank's inquiry about order {paid.number} is closed. No money was taken."
    ]


def test_an_inquiry_that_was_closed_may_still_become_a_dispute(paid: Order) -> None:
    steps.tell(told.CREATED, told.body_of(paid, "warning_closed"))
    steps.tell(told.UPDATED, told.body_of(paid, "needs_response", told.taken(paid)))
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.is_inquiry, dispute.closed_at) == ("NEEDS_RESPONSE", False, None)
    assert told.history(dispute)[1] == ("escalated", "WON", "NEEDS_RESPONSE")


def test_a_fee_that_stripe_returns_comes_back_into_the_ledger(paid: Order) -> None:
    told.open_dispute(paid)
    back = told.returned(paid, fee=-FEE)
    steps.tell(told.REINSTATED, told.body_of(paid, "won", told.taken(paid), back))
    assert sum(cents for _, cents in money_of(paid)) == 0
    dispute = told.the_dispute(paid)
    assert (dispute.taken_cents, dispute.fee_cents) == (0, 0)


def test_a_dispute_of_a_payment_that_is_not_known_yet_waits_and_is_rung_for(
    order: Order, gateway: FakeGateway
) -> None:
    payment = steps.open_page(order, gateway)
    page = gateway.pay(str(payment.session_id))
    body = told.body_of(order, payment_intent=page.payment_intent_id)
    row_id = services.record_event(steps.an_event(told.CREATED, body))
    assert services.apply_event(row_id) == EventOutcome.STORED
    steps.tell("checkout.session.completed", page.raw)
    assert [row_id] == steps.owed("jobs.payments.apply_event")[-1]
    assert services.apply_event(row_id) == EventOutcome.APPLIED
    assert told.the_dispute(order).state == "NEEDS_RESPONSE"


def test_a_dispute_of_a_payment_that_nobody_knows_is_flagged_in_the_end(
    session: Session, gateway: FakeGateway
) -> None:
    body = {
        "id": "dp_x",
        "amount": 100,
        "currency": "aud",
        "status": "needs_response",
        "payment_intent": "pi_x",
    }
    row_id = services.record_event(steps.an_event(told.CREATED, body))
    assert services.apply_event(row_id) == EventOutcome.STORED
    with clock.travel(clock.now() + timedelta(minutes=70)):
        assert services.apply_event(row_id) == EventOutcome.FLAGGED
    assert "dp_x" in steps.alerts("stripe_event")[0].text


def test_of_two_deadlines_the_first_counts_in_any_order(paid: Order) -> None:
    dispute = told.open_dispute(paid)
    assert dispute.due_by is not None
    early = int(dispute.due_by.timestamp()) - 3600
    for due in (early, early + 9999):
        steps.tell(told.UPDATED, told.body_of(paid, evidence_details={"due_by": due}))
    due_by = told.the_dispute(paid).due_by
    assert due_by is not None and int(due_by.timestamp()) == early


def test_what_stripe_heard_already_is_not_asked_for_again(paid: Order) -> None:
    told.open_dispute(paid)
    steps.tell(told.UPDATED, told.body_of(paid, "under_review"))
    assert told.open_alerts("dispute") == []


def test_the_tables_name_every_move_and_no_way_back() -> None:
    for end in (_D.WON, _D.LOST):
        assert DISPUTE.allowed(end) == frozenset()
    with pytest.raises(InvalidTransition):
        DISPUTE.check(_D.UNDER_REVIEW, _D.NEEDS_RESPONSE)
    assert _D.LOST not in ESCALATION.moves


@pytest.mark.parametrize("change", ["UPDATE dispute_event SET reason = ''", "DELETE FROM dispute_event"])
def test_the_history_is_append_only(session: Session, paid: Order, change: str) -> None:
    told.open_dispute(paid)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(change))
