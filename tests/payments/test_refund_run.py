"""Sending what is decided: once, whoever is killed, however late, in whatever order Stripe tells of it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome
from bakery.payments.services import refund_requests
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

TOLD = {"succeeded": "refund.updated", "failed": "refund.failed", "pending": "refund.created"}


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


def made(gateway: FakeGateway) -> GatewayRefund:
    """The refund that Stripe has made last."""
    return list(gateway.refunds.values())[-1]


def tell(gateway: FakeGateway, status: str, reason: str = "") -> EventOutcome:
    """Stripe tells how its last refund stands."""
    return steps.tell(TOLD[status], gateway.settle(made(gateway).id, status, reason).raw)


def test_a_part_of_an_order_goes_back_once_and_everything_follows(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.units(order, 0, 2))
    for _ in range(3):
        services.run_refund(request_id, gateway)
    assert len(gateway.refunds) == 1
    assert steps.ledger(order) == [("charge", 10550), ("refund", -1300)]
    after = steps.reread(order)
    assert (after.payment_status, after.credited_cents, after.due.cents) == ("PARTIALLY_REFUNDED", 1300, 0)
    assert refunds.road(request_id) == ["REQUESTED", "APPROVED", "PROCESSING", "SUCCEEDED"]
    [part] = refunds.parts(request_id)
    assert (part.state, part.stripe_refund_id) == ("SUCCEEDED", made(gateway).id)
    assert [note.label for note in refunds.notes(order)] == ["C-000001"]
    assert steps.owed("jobs.refunds.send_refunded") == [[request_id, 1]]


def test_stripe_is_told_whose_refund_it_is(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    [part] = refunds.parts(request_id)
    assert made(gateway).metadata == {
        "refund_request": str(request_id),
        "refund_part": str(part.id),
        "order_number": order.number,
    }
    assert part.idempotency_key in gateway.refunds


def test_its_own_event_changes_nothing_twice(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    road = refunds.road(request_id)
    for _ in range(2):
        assert steps.tell("refund.created", made(gateway).raw) == EventOutcome.IGNORED
    assert refunds.road(request_id) == road
    assert len(steps.ledger(order)) == 2 and len(refunds.notes(order)) == 1


def die() -> None:
    raise Killed


def test_killed_after_stripes_yes_it_is_finished_by_the_next_try(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    assert refunds.parts(request_id)[0].state == "SENT"
    services.run_refund(request_id, gateway)
    assert len(gateway.refunds) == 1
    assert steps.ledger(order)[1:] == [("refund", -1000)]
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_killed_and_its_event_was_quicker_than_the_next_try(order: Order, gateway: FakeGateway) -> None:
    """The event finds its part by what we sent along: Stripe's id never reached us."""
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    assert steps.tell("refund.created", made(gateway).raw) == EventOutcome.APPLIED
    assert refunds.row(request_id).state == "SUCCEEDED"
    services.run_refund(request_id, gateway)
    assert len(gateway.refunds) == 1 and len(refunds.notes(order)) == 1


def test_days_later_stripe_has_forgotten_the_key_and_is_asked_for_the_refund_first(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    gateway.refunds = {f"forgotten-{key}": value for key, value in gateway.refunds.items()}
    services.run_refund(request_id, gateway)
    assert len(gateway.refunds) == 1
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_while_stripe_is_away_it_is_left_to_the_next_try(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        services.run_refund(request_id, gateway)
    assert refunds.row(request_id).state == "PROCESSING"
    gateway.away = False
    services.run_refund(request_id, gateway)
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_when_stripe_stays_away_it_is_a_task_for_the_staff(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.away = True
    with pytest.raises(GatewayUnavailable):
        services.run_refund(request_id, gateway)
    services.give_up_refund(request_id)
    assert refunds.row(request_id).state == "FAILED"
    assert "did not answer for hours" in refunds.parts(request_id)[0].failure
    assert len(steps.alerts("refund_failed")) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("charge_already_refunded", "gone back already"),
        ("charge_disputed", "disputes this payment"),
        ("balance_insufficient", "does not have enough money"),
        ("something_new", "Stripe did not take it on"),
    ],
)
def test_what_stripe_refuses_is_a_task_with_the_reason_in_plain_words(
    order: Order, gateway: FakeGateway, code: str, words: str
) -> None:
    gateway.refusing = code
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    assert refunds.row(request_id).state == "FAILED"
    assert words in refunds.parts(request_id)[0].failure
    [alert] = steps.alerts("refund_failed")
    assert order.number in alert.text and words in alert.text
    assert steps.owed("jobs.refunds.send_refunded") == [] and refunds.notes(order) == []


def test_a_dispute_that_opened_meanwhile_stops_it_before_stripe_is_asked(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    refunds.dispute(order)
    services.run_refund(request_id, gateway)
    assert "refund" not in gateway.calls
    assert refunds.row(request_id).state == "FAILED"
    assert "dispute" in refunds.parts(request_id)[0].failure


def test_a_dispute_that_opened_while_we_were_killed_finds_what_stripe_has_done(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    refunds.dispute(order)
    services.run_refund(request_id, gateway)
    assert len(gateway.refunds) == 1
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_on_its_way_it_is_in_no_ledger_and_not_given_twice(order: Order, gateway: FakeGateway) -> None:
    gateway.refunds_begin = "pending"
    request_id = refunds.refunded(order, gateway, refunds.amount(10_000))
    assert (refunds.row(request_id).state, refunds.parts(request_id)[0].state) == ("PROCESSING", "PENDING")
    assert steps.ledger(order) == [("charge", 10550)] and refunds.notes(order) == []
    assert refunds.available(order) == 550
    tell(gateway, "succeeded")
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert refunds.available(order) == 550


@pytest.mark.parametrize("order_told", list(itertools.permutations(["pending", "succeeded", "failed"])))
def test_a_refund_of_ours_that_failed_has_failed_in_whatever_order_it_is_told(
    order: Order, gateway: FakeGateway, order_told: tuple[str, ...]
) -> None:
    gateway.refunds_begin = "pending"
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    for status in order_told:
        tell(gateway, status, "lost_or_stolen_card" if status == "failed" else "")
    assert sorted(steps.ledger(order)[1:]) == [("refund", -1000), ("reversal", 1000)]
    after = steps.reread(order)
    assert (after.payment_status, after.held_cents, after.credited_cents) == ("PAID", 10550, 0)
    [part] = refunds.parts(request_id)
    assert (refunds.row(request_id).state, part.state) == ("FAILED", "FAILED")
    assert "lost or stolen" in part.failure
    assert len(steps.alerts("refund_failed")) == 1
    # It is still owed to the customer, so nobody else may give it.
    assert refunds.available(order) == 9550


def test_what_comes_back_later_keeps_its_credit_note_and_the_next_try_makes_no_other(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    tell(gateway, "failed", "expired_or_canceled_card")
    assert refunds.row(request_id).state == "FAILED"
    assert [note.label for note in refunds.notes(order)] == ["C-000001"]
    services.retry_part(refunds.parts(request_id)[0].id, refunds.who(), gateway)
    services.run_refund(request_id, gateway)
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert len(gateway.refunds) == 2 and len(refunds.notes(order)) == 1
    assert steps.owed("jobs.refunds.send_refunded") == [[request_id, 1], [request_id, 2]]
    assert steps.reread(order).credited_cents == 1000
    assert steps.alerts("refund_failed")[0].resolved_at is not None


def test_a_refund_that_waits_for_its_customer_is_called_back(order: Order, gateway: FakeGateway) -> None:
    gateway.refunds_begin = "requires_action"
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    services.call_back(refunds.parts(request_id)[0].id, refunds.who(), gateway)
    [part] = refunds.parts(request_id)
    assert (refunds.row(request_id).state, part.failure) == (
        "FAILED",
        "It was called back before it arrived.",
    )
    assert steps.reread(order).held_cents == 10550


# News that never came


def test_a_refund_on_its_way_whose_news_did_not_come_is_asked_for(order: Order, gateway: FakeGateway) -> None:
    gateway.refunds_begin = "pending"
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    gateway.settle(made(gateway).id, "succeeded")
    assert services.follow_refunds(gateway) == 0
    db.session.rollback()
    with clock.travel(clock.now() + timedelta(minutes=11)):
        assert services.follow_refunds(gateway) == 1
        assert services.follow_refunds(gateway) == 0
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_a_refund_that_a_bank_sent_back_without_anybody_telling_is_found(
    order: Order, gateway: FakeGateway
) -> None:
    request_id = refunds.refunded(order, gateway, refunds.amount(1000))
    gateway.settle(made(gateway).id, "failed", "lost_or_stolen_card")
    assert services.follow_refunds(gateway) == 1
    assert services.follow_refunds(gateway) == 0
    assert refunds.row(request_id).state == "FAILED"
    assert steps.reread(order).held_cents == 10550


def test_the_reconciler_finds_a_refund_of_ours_by_its_part(order: Order, gateway: FakeGateway) -> None:
    request_id = refunds.approved(order, refunds.amount(1000))
    gateway.interrupt = die
    with pytest.raises(Killed):
        services.run_refund(request_id, gateway)
    db.session.rollback()
    assert services.reconcile(gateway, clock.now() - timedelta(hours=1)).refunds == 1
    assert refunds.row(request_id).state == "SUCCEEDED"


def test_surplus_goes_back_by_itself_and_is_nobodys_request(order: Order, gateway: FakeGateway) -> None:
    payment = steps.latest(order)
    payment.surplus = True
    db.session.commit()
    services.refund_late_payment(payment.id, gateway)
    assert refunds.notes(order) == []
    with pytest.raises(refund_requests.Conflict):
        refunds.ask(order)
