"""Tries to pay that did not work: each is a row, in words for the customer and in words for staff."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import decline_advice, declines, failure_queries, queries, services
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import EventOutcome, PaymentState
from bakery.payments.operations.attempts import CardOnFile
from bakery.payments.operations.tries import FROM_ONE_PLACE, OF_ORDER, PAUSE, TooManyTries
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps

FAILED = "payment_intent.payment_failed"


def body(order: Order, code: str, decline_code: str = "", last_four: str = "0002") -> dict[str, Any]:
    """What Stripe tells of a refused card on the order's page."""
    payment = steps.latest(order)
    card = {"brand": "visa", "last4": last_four, "exp_month": 1, "exp_year": 2030}
    return {
        "id": f"pi_{payment.id}",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "metadata": {"order_number": order.number, "payment_id": str(payment.id)},
        "last_payment_error": {
            "code": code,
            "decline_code": decline_code,
            "payment_method": {"id": "pm_x", "object": "payment_method", "card": card},
        },
    }


def refuse(order: Order, code: str = "card_declined", decline_code: str = "", **more: str) -> EventOutcome:
    return steps.tell(FAILED, body(order, code, decline_code, **more))


def failures() -> list[PaymentFailure]:
    db.session.expire_all()
    return db.session.query(PaymentFailure).order_by(PaymentFailure.id).all()


def test_several_cards_on_one_page_are_several_rows(order: Order, gateway: FakeGateway) -> None:
    payment = steps.open_page(order, gateway)
    refuse(order, "card_declined", "insufficient_funds", last_four="9995")
    refuse(order, "expired_card", last_four="0069")
    first, second = failures()
    assert (first.payment_id, first.brand, first.last_four) == (payment.id, "visa", "9995")
    assert first.customer_words == "The card did not have enough money on it."
    assert (second.code, second.last_four) == ("expired_card", "0069")
    assert steps.latest(order).state == PaymentState.OPEN
    assert queries.last_failure(db.session(), order.id) == "The card has expired."
    steps.pay(order, gateway)
    assert (steps.reread(order).payment_status, len(failures())) == ("PAID", 2)


def test_an_event_told_twice_is_one_row(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    for _ in range(2):
        steps.tell(FAILED, body(order, "card_declined"), "evt_same")
    assert [row.event_id for row in failures()] == ["evt_same"]


@pytest.mark.parametrize(
    "code", ["lost_card", "stolen_card", "fraudulent", "pickup_card", "highest_risk_level"]
)
def test_what_the_bank_says_in_confidence_is_for_staff_alone(
    order: Order, gateway: FakeGateway, code: str
) -> None:
    steps.open_page(order, gateway)
    refuse(order, "card_declined", code)
    [row] = failures()
    assert row.customer_words == "The bank did not accept the card."
    assert "Do not tell the customer" in row.staff_words
    assert row.staff_words != decline_advice.staff_words("card_declined")


def test_every_reason_that_customers_read_has_advice_for_staff() -> None:
    assert set(declines._WORDS) - set(decline_advice._MEANS) == set()
    assert all(words.strip().endswith(".") for words in decline_advice._MEANS.values())


def test_a_saved_card_that_is_refused_is_one_row_although_stripe_tells_it_too(
    order: Order, gateway: FakeGateway
) -> None:
    services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_poor"), gateway, steps.BASE)
    [row] = failures()
    assert (row.event_id, row.decline_code) == (None, "insufficient_funds")
    result = next(iter(gateway.charges.values()))[1]
    assert steps.tell(FAILED, result.raw) == EventOutcome.IGNORED
    assert len(failures()) == 1


def test_killed_before_our_record_stripes_word_alone_is_enough(order: Order, gateway: FakeGateway) -> None:
    def die() -> None:
        raise RuntimeError("killed")

    gateway.interrupt = die
    with pytest.raises(RuntimeError):
        services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_poor"), gateway, steps.BASE)
    result = next(iter(gateway.charges.values()))[1]
    assert steps.tell(FAILED, result.raw) == EventOutcome.APPLIED
    assert (len(failures()), steps.latest(order).state) == (1, "FAILED")


def test_a_bank_that_asked_and_heard_no_is_a_row(session: Session, gateway: FakeGateway) -> None:
    user = cards.somebody()
    card = cards.saved(user, gateway)
    gateway.asking.add(card.payment_method_id)
    order = steps.pending(user_id=user.id)
    on_file = CardOnFile(str(cards.customers()[0].customer_id), card.payment_method_id)
    services.charge_saved_card(order.id, on_file, gateway, steps.BASE)
    assert failures() == []
    answered = gateway.answer_bank(str(steps.latest(order).payment_intent_id), yes=False)
    steps.tell(FAILED, answered.raw)
    [row] = failures()
    assert (row.code, row.brand, row.last_four) == ("payment_intent_authentication_failure", "visa", "4242")


def test_told_after_the_payment_it_is_still_written_down_for_staff(
    order: Order, gateway: FakeGateway
) -> None:
    steps.open_page(order, gateway)
    late = body(order, "card_declined")
    steps.pay(order, gateway)
    assert steps.tell(FAILED, late) == EventOutcome.IGNORED
    assert len(failures()) == 1 and steps.owed("jobs.nudges.look") == [[order.id]]
    assert steps.reread(order).payment_status == "PAID"


@pytest.mark.parametrize(
    "nonsense", [None, "x", {"code": 7, "payment_method": "pm_x"}, {"payment_method": {"card": 1}}]
)
def test_what_makes_no_sense_is_a_refused_card_without_a_reason(
    order: Order, gateway: FakeGateway, nonsense: Any
) -> None:
    steps.open_page(order, gateway)
    assert steps.tell(FAILED, body(order, "x") | {"last_payment_error": nonsense}) == EventOutcome.APPLIED
    [row] = failures()
    assert (row.brand, row.last_four) == ("", "")
    assert row.customer_words == "The bank did not accept the card."


@pytest.mark.parametrize("change", ["UPDATE payment_failure SET code = 'x'", "DELETE FROM payment_failure"])
def test_nobody_edits_what_was_refused(order: Order, gateway: FakeGateway, change: str) -> None:
    steps.open_page(order, gateway)
    refuse(order)
    with pytest.raises(DatabaseError, match="append-only|never"):
        db.session.execute(text(change))


def test_staff_see_every_attempt_with_what_became_of_it(session: Session, gateway: FakeGateway) -> None:
    user = cards.somebody()
    card = cards.saved(user, gateway)
    gateway.declining[card.payment_method_id] = ("card_declined", "stolen_card")
    order = steps.pending(user_id=user.id)
    page = steps.open_page(order, gateway)
    gateway.close(str(page.session_id))
    steps.tell("checkout.session.expired", gateway.sessions[str(page.session_id)].raw)
    on_file = CardOnFile(str(cards.customers()[0].customer_id), card.payment_method_id)
    services.charge_saved_card(order.id, on_file, gateway, steps.BASE)
    steps.open_page(order, gateway)
    refuse(order, "incorrect_cvc", last_four="0127")
    steps.pay(order, gateway)
    paid, charged, left = failure_queries.list_attempts(db.session(), order.id)
    assert (paid.way, [paid.card_of(row) for row in paid.refused]) == ("Stripe's page", ["Visa ending 0127"])
    assert (charged.way, len(charged.refused)) == ("Visa ending 4242", 1)
    assert "reported stolen" in charged.refused[0].staff_words
    assert left.refused == [] and "closed without a card" in left.outcome


def refused_often(order: Order, gateway: FakeGateway, times: int, tried_from: str = "") -> None:
    services.start_checkout(order.id, gateway, steps.BASE, payer=cards.from_place(tried_from))
    for _ in range(times):
        refuse(order)


def test_many_refused_cards_pause_the_order_for_a_while_and_staff_are_told_once(
    order: Order, gateway: FakeGateway
) -> None:
    refused_often(order, gateway, OF_ORDER - 1)
    assert services.start_checkout(order.id, gateway, steps.BASE) == steps.latest(order).url
    refuse(order)
    with pytest.raises(TooManyTries, match="paused payments here until .* Nothing was charged"):
        services.start_checkout(order.id, gateway, steps.BASE)
    with pytest.raises(TooManyTries):
        services.charge_saved_card(order.id, CardOnFile("cus_laila", "pm_good"), gateway, steps.BASE)
    # Nobody goes on at the page that is open.
    assert steps.owed("jobs.payments.close_session") == [[steps.latest(order).id]]
    refuse(order)
    [alert] = steps.alerts("card_testing")
    assert order.number in alert.text and alert.times == 2
    assert steps.owed("jobs.messages.send_staff_alert") == [[alert.id, 1]]
    with clock.travel(clock.now() + PAUSE + timedelta(minutes=1)):
        services.start_checkout(order.id, gateway, steps.BASE)


def test_many_refused_cards_from_one_connection_pause_it_on_every_order(
    session: Session, gateway: FakeGateway
) -> None:
    for _ in range(FROM_ONE_PLACE // 4):
        refused_often(steps.pending(), gateway, 4, tried_from=cards.IP)
    another = steps.pending()
    with pytest.raises(TooManyTries):
        services.start_checkout(another.id, gateway, steps.BASE, payer=cards.from_place(cards.IP))
    services.start_checkout(another.id, gateway, steps.BASE, payer=cards.from_place("198.51.100.7"))
    assert len(steps.alerts("card_testing")) == 1


def test_cards_refused_at_once_count_although_the_first_ones_closed_their_page(
    order: Order, gateway: FakeGateway
) -> None:
    services.start_checkout(order.id, gateway, steps.BASE, payer=cards.from_place(cards.IP))
    told = [body(order, "card_declined") for _ in range(FROM_ONE_PLACE)]
    for each in told[:OF_ORDER]:
        steps.tell(FAILED, each)
    services.close_session(steps.latest(order).id, gateway)
    for each in told[OF_ORDER:]:
        assert steps.tell(FAILED, each) == EventOutcome.IGNORED
    assert [cards.IP in alert.text for alert in steps.alerts("card_testing")] == [False, True]


def test_the_agreed_charge_is_not_stopped_by_a_pause(session: Session, gateway: FakeGateway) -> None:
    cake = cards.with_deposit()
    cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    for _ in range(OF_ORDER):
        refuse(cake)
    steps.tell("checkout.session.completed", gateway.pay(str(steps.latest(cake).session_id)).raw)
    cards.work_on_cards()
    card = CardOnFile(str(cards.customers()[0].customer_id), next(iter(gateway.cards)))
    assert (
        services.charge_saved_card(cake.id, card, gateway, steps.BASE, off_session=True).outcome == "charged"
    )
