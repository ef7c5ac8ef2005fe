"""Disputes that do not fit what we know: nothing is made up, and a person is asked once."""

from __future__ import annotations

from typing import Any

import pytest

from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.dispute_queries import is_disputed
from bakery.payments.models import EventOutcome
from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_disputes import FEE, movement
from tests.payments import dispute_steps as told
from tests.payments import steps
from tests.payments.dispute_steps import money_of


@pytest.fixture
def paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


@pytest.mark.parametrize(
    "changes",
    [{"amount": 0}, {"amount": -1}, {"amount": 10**12}, {"amount": "105.50"}, {"amount": None}]
    + [{"status": "surprised"}, {"status": None}, {"id": None}, {"currency": None}],
    ids=str,
)
def test_what_nobody_can_read_makes_nothing_and_asks_a_person(paid: Order, changes: dict[str, Any]) -> None:
    assert steps.tell(told.CREATED, told.body_of(paid, **changes)) == EventOutcome.FLAGGED
    assert not is_disputed(db.session(), paid.id) and money_of(paid) == []
    assert len(steps.alerts("stripe_event")) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"amount": 20000}, "of 20000"), ({"currency": "usd"}, "in USD")],
    ids=["larger than the payment", "another currency"],
)
def test_a_dispute_that_does_not_fit_its_payment_freezes_it_all_the_same_and_is_flagged_once(
    paid: Order, changes: dict[str, Any], said: str
) -> None:
    assert steps.tell(told.CREATED, told.body_of(paid, **changes)) == EventOutcome.FLAGGED
    dispute = told.the_dispute(paid)
    assert said in dispute.trouble and is_disputed(db.session(), paid.id)
    assert steps.tell(told.UPDATED, told.body_of(paid, **changes)) == EventOutcome.IGNORED
    assert len(steps.alerts("stripe_event")) == 1


@pytest.mark.parametrize(
    "moved",
    [
        movement("txn_a", -20000, FEE),
        movement("txn_a", -10550, FEE, "usd"),
        movement("txn_a", -10550, 2**40),
        {"id": "txn_a", "amount": None, "fee": 0, "currency": "aud"},
        {"id": None, "amount": -10550, "fee": 0, "currency": "aud"},
    ],
    ids=["too much", "another currency", "an absurd fee", "no amount", "no reference"],
)
def test_money_that_does_not_fit_is_not_entered_and_is_flagged(paid: Order, moved: dict[str, Any]) -> None:
    assert steps.tell(told.WITHDRAWN, told.body_of(paid, "needs_response", moved)) == EventOutcome.FLAGGED
    assert money_of(paid) == [] and told.the_dispute(paid).trouble


def test_a_payment_is_not_taken_twice_by_two_movements(paid: Order) -> None:
    told.open_dispute(paid)
    twice = told.body_of(paid, "needs_response", told.taken(paid), told.taken(paid, "txn_again"))
    assert steps.tell(told.WITHDRAWN, twice) == EventOutcome.FLAGGED
    assert len(money_of(paid)) == 2


def test_money_without_its_movement_is_flagged(paid: Order) -> None:
    assert steps.tell(told.WITHDRAWN, told.body_of(paid)) == EventOutcome.FLAGGED
    assert told.the_dispute(paid).state == "NEEDS_RESPONSE" and money_of(paid) == []


def test_an_end_that_is_told_otherwise_is_for_a_person_to_look_at(paid: Order) -> None:
    steps.tell(told.CLOSED, told.body_of(paid, "lost", told.taken(paid)))
    back = told.body_of(paid, "won", told.taken(paid), told.returned(paid))
    assert steps.tell(told.CLOSED, back) == EventOutcome.FLAGGED
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.taken_cents) == ("LOST", 0)
