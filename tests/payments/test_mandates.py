"""The agreement to charge the rest of an order to the card that paid its deposit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import mandates, services
from bakery.payments.card_models import CardMandate
from bakery.payments.models import EventOutcome
from bakery.payments.operations.attempts import CardOnFile, NotPayable
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps


@pytest.fixture
def cake(session: Session) -> Order:
    return cards.with_deposit()


def deposit_paid(cake: Order, gateway: FakeGateway, *, agree: bool = True) -> Order:
    """A guest paid the deposit on the page, and Stripe told."""
    cards.open_page(cake, gateway, cards.payer(rest_of=cake if agree else None))
    assert steps.pay(cake, gateway) == EventOutcome.APPLIED
    return steps.reread(cake)


def found(cake: Order) -> CardOnFile | None:
    db.session.expire_all()
    return mandates.find(db.session(), cake.id)


def the_mandate() -> CardMandate:
    db.session.expire_all()
    return db.session.query(CardMandate).one()


def test_the_card_that_pays_the_deposit_is_the_one(cake: Order, gateway: FakeGateway) -> None:
    page = cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    request, _ = gateway.by_key[page.idempotency_key]
    [customer] = cards.customers()
    assert (request.customer_id, request.future_usage) == (customer.customer_id, "off_session")
    assert found(cake) is None
    steps.pay(cake, gateway)
    assert found(cake) is None
    cards.work_on_cards()
    assert found(cake) == CardOnFile(str(customer.customer_id), f"pm_{page.session_id}")
    assert (the_mandate().brand, the_mandate().last_four) == ("visa", "4242")


def test_the_words_their_version_time_and_address_are_kept(cake: Order, gateway: FakeGateway) -> None:
    cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    made, [consent] = the_mandate(), cards.consents()
    assert "$52.75" in made.wording and str(made.ip) == cards.IP
    assert (made.wording, made.wording_version) == (consent.wording, consent.wording_version)
    assert (consent.kind, consent.granted, consent.order_id) == ("charge_rest", True, cake.id)
    assert abs(clock.now() - made.agreed_at) < timedelta(minutes=1)


def test_without_the_tick_there_is_none(cake: Order, gateway: FakeGateway) -> None:
    deposit_paid(cake, gateway, agree=False)
    cards.work_on_cards()
    assert (found(cake), cards.customers(), cards.consents()) == (None, [], [])


def test_who_unticks_on_the_second_page_has_taken_it_back(cake: Order, gateway: FakeGateway) -> None:
    cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    deposit_paid(cake, gateway, agree=False)
    cards.work_on_cards()
    assert found(cake) is None
    assert [each.granted for each in cards.consents()] == [True, False]


def test_who_ticks_again_has_agreed(cake: Order, gateway: FakeGateway) -> None:
    for agree in (True, False, True):
        cards.open_page(cake, gateway, cards.payer(rest_of=cake if agree else None))
        cards.work_on_cards()
    steps.pay(cake, gateway)
    cards.work_on_cards()
    assert found(cake) is not None
    assert [each.granted for each in cards.consents()] == [True, False, True]


def test_a_page_opened_again_without_being_asked_keeps_the_yes(cake: Order, gateway: FakeGateway) -> None:
    first = cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    gateway.close(str(first.session_id))
    second = steps.open_page(cake, gateway)
    assert (second.id != first.id, second.charge_rest, second.customer_id) == (True, True, first.customer_id)
    steps.pay(cake, gateway)
    cards.work_on_cards()
    assert found(cake) is not None


def test_the_same_page_is_asked_for_word_for_word_after_a_crash(cake: Order, gateway: FakeGateway) -> None:
    def die() -> None:
        raise RuntimeError("killed")

    services.customer_of_order(cake.id, gateway)
    gateway.interrupt = die
    with pytest.raises(RuntimeError):
        cards.open_page(cake, gateway, cards.payer(rest_of=cake))
    assert cards.open_page(cake, gateway, cards.payer(rest_of=cake)).session_id
    assert (len(gateway.sessions), len(cards.consents())) == (1, 1)


def test_taken_back_nothing_is_charged_and_stripe_forgets_the_guest(
    cake: Order, gateway: FakeGateway
) -> None:
    deposit_paid(cake, gateway)
    cards.work_on_cards()
    card = found(cake)
    assert card is not None
    assert services.revoke_mandate(cake.id, cards.payer())
    assert found(cake) is None
    with pytest.raises(NotPayable):
        services.charge_saved_card(cake.id, card, gateway, steps.BASE, off_session=True)
    cards.work_on_cards()
    assert (gateway.customers, cards.customers()[0].email) == ({}, "")
    assert not services.revoke_mandate(cake.id, cards.payer())


def test_taken_back_before_the_card_is_known_it_stays_taken_back(cake: Order, gateway: FakeGateway) -> None:
    deposit_paid(cake, gateway)
    services.revoke_mandate(cake.id, cards.payer())
    cards.work_on_cards()
    assert found(cake) is None
    assert gateway.customers == {}


def test_another_card_than_the_agreed_one_is_not_charged(cake: Order, gateway: FakeGateway) -> None:
    deposit_paid(cake, gateway)
    cards.work_on_cards()
    with pytest.raises(NotPayable):
        services.charge_saved_card(
            cake.id, CardOnFile("cus_laila", "pm_good"), gateway, steps.BASE, off_session=True
        )
    assert gateway.charges == {}


def test_the_rest_is_charged_and_then_the_card_is_let_go(cake: Order, gateway: FakeGateway) -> None:
    deposit_paid(cake, gateway)
    cards.work_on_cards()
    card = found(cake)
    assert card is not None
    services.let_go_of_all()
    assert found(cake) == card
    services.charge_saved_card(cake.id, card, gateway, steps.BASE, off_session=True)
    result = next(iter(gateway.charges.values()))[1]
    assert steps.tell("payment_intent.succeeded", result.raw) == EventOutcome.APPLIED
    assert steps.reread(cake).payment_status == "PAID"
    services.let_go_of_all()
    cards.work_on_cards()
    assert gateway.customers == {}
    assert the_mandate().released_at is not None


def test_a_user_who_agrees_keeps_their_customer_and_only_the_card_is_let_go(
    session: Session, gateway: FakeGateway
) -> None:
    user = cards.somebody()
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    assert cards.cards_of(user) == []
    services.revoke_mandate(cake.id, cards.payer(user))
    cards.work_on_cards()
    assert [card.customer_id for card in gateway.cards.values()] == [None]
    assert len(gateway.customers) == 1


def test_a_card_on_the_list_too_stays_when_the_agreement_ends(session: Session, gateway: FakeGateway) -> None:
    user = cards.somebody()
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, save=True, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    [card] = cards.cards_of(user)
    services.revoke_mandate(cake.id, cards.payer(user))
    cards.work_on_cards()
    assert gateway.cards[card.payment_method_id].customer_id is not None


def test_a_deposit_paid_with_a_saved_card_fills_the_agreement_at_once(
    session: Session, gateway: FakeGateway
) -> None:
    user = cards.somebody()
    card = cards.saved(user, gateway)
    cake = cards.with_deposit(user_id=user.id)
    on_file = CardOnFile(str(cards.customers()[0].customer_id), card.payment_method_id)
    services.charge_saved_card(cake.id, on_file, gateway, steps.BASE, payer=cards.payer(user, rest_of=cake))
    result = next(iter(gateway.charges.values()))[1]
    assert steps.tell("payment_intent.succeeded", result.raw) == EventOutcome.APPLIED
    assert found(cake) == on_file
