"""Charging a saved card: a yes, a no, a bank that asks, a worker that dies, events in any order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.db import db
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.payments import queries, services
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import EventOutcome, PaymentState
from bakery.payments.operations.attempts import CardOnFile, NotPayable
from bakery.payments.services.card_payment import Charged
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments.cards import agreed

GOOD = CardOnFile("cus_laila", "pm_good")


def charge(order: Order, gateway: FakeGateway, card: CardOnFile = GOOD, **how: bool) -> Charged:
    return services.charge_saved_card(order.id, card, gateway, steps.BASE, **how)


def tell_charge(order: Order, gateway: FakeGateway) -> EventOutcome:
    """Stripe tells how the order's latest charge ended."""
    result = gateway.get_charge(str(steps.latest(order).payment_intent_id))
    ended = "succeeded" if result.status == "succeeded" else "payment_failed"
    return steps.tell(f"payment_intent.{ended}", result.raw)


def states(order: Order) -> tuple[str, str]:
    order = steps.reread(order)
    return order.status, order.payment_status


def test_a_yes_pays_nothing_before_stripe_tells(order: Order, gateway: FakeGateway) -> None:
    assert charge(order, gateway).outcome == "charged"
    assert states(order) == ("PENDING_PAYMENT", "UNPAID")
    assert tell_charge(order, gateway) == EventOutcome.APPLIED
    assert states(order) == ("CONFIRMED", "PAID")
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert tell_charge(order, gateway) == EventOutcome.IGNORED


def test_asked_twice_it_is_charged_once(order: Order, gateway: FakeGateway) -> None:
    assert charge(order, gateway).payment_id == charge(order, gateway).payment_id
    assert len(gateway.charges) == 1


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("pm_declined", "The bank did not accept the card."),
        ("pm_poor", "The card did not have enough money on it."),
        ("pm_gone", "This saved card cannot be used any more."),
    ],
)
def test_a_no_is_said_in_plain_words_and_another_way_is_open(
    order: Order, gateway: FakeGateway, method: str, words: str
) -> None:
    result = charge(order, gateway, CardOnFile("cus_laila", method))
    assert (result.outcome, result.why) == ("declined", words)
    assert steps.latest(order).state == PaymentState.FAILED
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    assert states(order) == ("CONFIRMED", "PAID")


def test_a_bank_that_asks_sends_the_owner_there(order: Order, gateway: FakeGateway) -> None:
    result = charge(order, gateway, CardOnFile("cus_laila", "pm_asks"))
    assert (result.outcome, result.url) == ("authenticate", steps.latest(order).url)
    gateway.answer_bank(str(steps.latest(order).payment_intent_id), yes=True)
    tell_charge(order, gateway)
    assert states(order) == ("CONFIRMED", "PAID")


def test_a_bank_that_asks_and_hears_no_leaves_the_order_waiting(order: Order, gateway: FakeGateway) -> None:
    charge(order, gateway, CardOnFile("cus_laila", "pm_asks"))
    gateway.answer_bank(str(steps.latest(order).payment_intent_id), yes=False)
    tell_charge(order, gateway)
    payment = steps.latest(order)
    assert (payment.state, states(order)) == ("FAILED", ("PENDING_PAYMENT", "UNPAID"))
    assert payment.failure.startswith("The bank wanted to check")


def test_without_its_owner_a_bank_that_asks_ends_the_charge(order: Order, gateway: FakeGateway) -> None:
    asks = CardOnFile("cus_laila", "pm_asks")
    agreed(order.id, asks)
    result = charge(order, gateway, asks, off_session=True)
    assert (result.outcome, result.url) == ("authenticate", None)
    assert steps.latest(order).state == PaymentState.FAILED


def test_asked_without_its_owner_it_is_another_attempt(order: Order, gateway: FakeGateway) -> None:
    """Nobody knows how the first one ended: it is called off, and if it was charged all the same, it goes back."""
    gateway.interrupt = _die
    with pytest.raises(Killed):
        charge(order, gateway)
    first = steps.latest(order)
    agreed(order.id, GOOD)
    second = charge(order, gateway, off_session=True).payment_id
    assert second != first.id
    for _, result in list(gateway.charges.values()):
        steps.tell("payment_intent.succeeded", result.raw)
    assert len(steps.owed("jobs.payments.refund_late_payment")) == 1
    assert steps.reread(order).held_cents == 2 * order.total_cents


def test_stripe_away_is_said_and_the_next_try_finishes_the_same_charge(
    order: Order, gateway: FakeGateway
) -> None:
    gateway.away = True
    with pytest.raises(Unavailable, match="Nothing was charged"):
        charge(order, gateway)
    gateway.away = False
    first = steps.latest(order).id
    assert charge(order, gateway).payment_id == first


class Killed(Exception):
    """The process died between Stripe's yes and our record."""


def _die() -> None:
    raise Killed


def test_killed_between_the_yes_and_our_record_the_event_finds_its_attempt(
    order: Order, gateway: FakeGateway
) -> None:
    gateway.interrupt = _die
    with pytest.raises(Killed):
        charge(order, gateway)
    assert steps.latest(order).payment_intent_id is None
    [(_, result)] = gateway.charges.values()
    assert steps.tell("payment_intent.succeeded", result.raw) == EventOutcome.APPLIED
    assert states(order) == ("CONFIRMED", "PAID")


def test_killed_and_never_told_the_reconciler_finds_it(order: Order, gateway: FakeGateway) -> None:
    gateway.interrupt = _die
    with pytest.raises(Killed):
        charge(order, gateway)
    report = services.reconcile(gateway, clock.now() - timedelta(hours=6))
    assert (report.paid, report.flagged) == (1, 0)
    assert states(order) == ("CONFIRMED", "PAID")
    assert services.reconcile(gateway, clock.now() - timedelta(hours=6)).paid == 0


def test_a_charge_nobody_answered_is_called_off_when_its_time_is_over(
    order: Order, gateway: FakeGateway
) -> None:
    charge(order, gateway, CardOnFile("cus_laila", "pm_asks"))
    intent = str(steps.latest(order).payment_intent_id)
    with clock.travel(clock.now() + timedelta(hours=2)):
        services.reconcile(gateway, clock.now() - timedelta(hours=6))
    assert gateway.get_charge(intent).status == "canceled"
    assert steps.latest(order).state == PaymentState.EXPIRED


def test_a_hold_waits_for_a_charge_that_stripe_has_told_of(order: Order, gateway: FakeGateway) -> None:
    charge(order, gateway)
    raw = gateway.charges[next(iter(gateway.charges))][1].raw
    told = services.record_event(steps.an_event("payment_intent.succeeded", raw))
    with clock.travel(order.hold_expires_at + timedelta(minutes=1)):
        assert not orders.expire_order(order.id, queries.is_paying)
        services.apply_event(told)
    assert states(order) == ("CONFIRMED", "PAID")


def test_a_refusal_that_is_not_the_cards_is_no_bank_saying_no(order: Order, gateway: FakeGateway) -> None:
    gateway.refusing = "parameter_invalid_integer"
    with pytest.raises(Unavailable, match="Nothing was charged"):
        charge(order, gateway)
    assert steps.latest(order).state == PaymentState.FAILED
    assert db.session.scalars(select(PaymentFailure)).all() == [], "it does not count against the customer"
    [told] = steps.alerts("payment_page_refused")
    assert "refused to charge a saved card" in told.text and order.number in told.text
    gateway.refusing = ""
    assert charge(order, gateway).outcome == "charged"


def test_a_page_gives_way_to_a_card_and_money_on_both_is_sent_back_once(
    order: Order, gateway: FakeGateway
) -> None:
    page = steps.open_page(order, gateway)
    charge(order, gateway)
    assert steps.owed("jobs.payments.close_session") == [[page.id]]
    tell_charge(order, gateway)
    # Paid in the last second before it closed.
    steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    assert steps.owed("jobs.payments.refund_late_payment") == [[page.id]]
    services.refund_late_payment(page.id, gateway)
    assert states(order) == ("CONFIRMED", "PAID")
    assert steps.reread(order).held_cents == order.total_cents


def test_a_charge_that_waits_gives_way_to_a_page(order: Order, gateway: FakeGateway) -> None:
    charge(order, gateway, CardOnFile("cus_laila", "pm_asks"))
    waiting = steps.latest(order)
    steps.open_page(order, gateway)
    assert [waiting.id] in steps.owed("jobs.payments.close_session")
    services.close_session(waiting.id, gateway)
    assert gateway.get_charge(str(waiting.payment_intent_id)).status == "canceled"


def test_the_intent_behind_a_page_is_told_by_the_page(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    body = {
        "id": "pi_page",
        "status": "succeeded",
        "amount": order.total_cents,
        "currency": "aud",
        "metadata": {"order_number": order.number, "payment_id": str(payment.id)},
    }
    assert steps.tell("payment_intent.succeeded", body) == EventOutcome.IGNORED
    assert states(order) == ("PENDING_PAYMENT", "UNPAID")


@pytest.mark.parametrize(
    "forged",
    [
        {"amount": 1},
        {"currency": "eur"},
        {"id": "pi_other"},
        {"metadata": {"order_number": "SC-ZZZZ-ZZ"}},
    ],
)
def test_a_charge_that_does_not_fit_marks_nothing_paid(
    order: Order, gateway: FakeGateway, forged: dict[str, object]
) -> None:
    result = charge(order, gateway)
    raw = gateway.charges[next(iter(gateway.charges))][1].raw
    metadata = {**raw["metadata"], **forged.pop("metadata", {})}
    body = {**raw, **forged, "metadata": metadata}
    assert steps.tell("payment_intent.succeeded", body) == EventOutcome.FLAGGED
    assert states(order) == ("PENDING_PAYMENT", "UNPAID")
    assert steps.latest(order).id == result.payment_id


def test_an_order_that_asks_for_nothing_is_not_charged(order: Order, gateway: FakeGateway) -> None:
    charge(order, gateway)
    tell_charge(order, gateway)
    with pytest.raises(NotPayable):
        charge(order, gateway)
    assert len(gateway.charges) == 1
