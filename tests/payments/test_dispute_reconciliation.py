"""Finding disputes whose events never came."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.services import Report
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps


@pytest.fixture
def paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def reconcile(gateway: FakeGateway) -> Report:
    return services.reconcile(gateway, clock.now() - timedelta(hours=6))


def at_stripe(gateway: FakeGateway, order: Order, status: str, *moved: dict[str, object]) -> None:
    body = told.body_of(order, status, *moved)
    gateway.disputes[body["id"]] = gateway.disputes.get(body["id"], body) | {
        "status": status,
        "balance_transactions": list(moved),
    }


def test_a_dispute_whose_events_never_came_is_found_once(paid: Order, gateway: FakeGateway) -> None:
    at_stripe(gateway, paid, "needs_response", told.taken(paid))
    assert reconcile(gateway).disputes == 1
    dispute = told.the_dispute(paid)
    assert (dispute.state, dispute.taken_cents) == ("NEEDS_RESPONSE", paid.total_cents)
    assert reconcile(gateway).disputes == 0
    assert len(steps.alerts("dispute")) == 1


def test_its_own_events_that_come_late_change_nothing(paid: Order, gateway: FakeGateway) -> None:
    at_stripe(gateway, paid, "under_review", told.taken(paid))
    reconcile(gateway)
    steps.tell(told.CREATED, told.body_of(paid, "needs_response", told.taken(paid)))
    assert told.the_dispute(paid).state == "UNDER_REVIEW" and len(steps.ledger(paid)) == 3


def test_an_end_that_was_never_told_is_found_however_old_the_dispute_is(
    paid: Order, gateway: FakeGateway
) -> None:
    at_stripe(gateway, paid, "needs_response", told.taken(paid))
    reconcile(gateway)
    with clock.travel(clock.now() + timedelta(days=40)):
        at_stripe(gateway, paid, "won", told.taken(paid))
        assert reconcile(gateway).disputes == 1
        assert told.the_dispute(paid).state == "WON"
        # Won, and the money is on its way: it is looked for until it is back.
        at_stripe(gateway, paid, "won", told.taken(paid), told.returned(paid))
        assert reconcile(gateway).disputes == 1
        assert told.the_dispute(paid).taken_cents == 0
        gateway.calls.clear()
        assert reconcile(gateway).disputes == 0 and "get_dispute" not in gateway.calls


def test_one_that_stripe_does_not_know_any_more_stays_as_it_is(paid: Order, gateway: FakeGateway) -> None:
    told.open_dispute(paid)
    assert reconcile(gateway).disputes == 0
    assert told.the_dispute(paid).state == "NEEDS_RESPONSE"


def test_one_that_does_not_fit_is_counted_as_flagged_once(paid: Order, gateway: FakeGateway) -> None:
    at_stripe(gateway, paid, "needs_response", told.taken(paid))
    gateway.disputes[next(iter(gateway.disputes))]["amount"] = 20000
    report = reconcile(gateway)
    assert (report.disputes, report.flagged) == (1, 1)
    assert reconcile(gateway).flagged == 0


def test_one_of_a_stranger_waits_and_is_told_in_the_end(paid: Order, gateway: FakeGateway) -> None:
    at_stripe(gateway, paid, "needs_response")
    gateway.disputes[next(iter(gateway.disputes))]["payment_intent"] = "pi_of_nobody"
    assert reconcile(gateway).disputes == 1
    assert reconcile(gateway).disputes == 0
    [event_row] = steps.owed("jobs.payments.apply_event")[-1]
    with clock.travel(clock.now() + timedelta(minutes=70)):
        services.apply_event(event_row)
    assert len(steps.alerts("stripe_event")) == 1
