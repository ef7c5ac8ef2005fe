"""Cards on their owner's list: saved with a yes, one default, removed at once, and never twice the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.db import db
from bakery.payments import card_queries, mandates, services
from bakery.payments.card_models import SavedCard
from bakery.payments.models import EventOutcome
from bakery.payments.operations.attempts import CardOnFile, NotPayable
from bakery.people.models import User
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps


@pytest.fixture
def user(session: Session) -> User:
    return cards.somebody()


def on_file(card: SavedCard) -> CardOnFile:
    found = card_queries.on_file(db.session(), card)
    assert found is not None
    return found


def test_a_card_is_saved_with_consent_once_its_payment_is_told(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    page = cards.open_page(order, gateway, cards.payer(user, save=True))
    request, _ = gateway.by_key[page.idempotency_key]
    assert (request.customer_id, request.future_usage) == (cards.customers()[0].customer_id, "on_session")
    assert cards.cards_of(user) == []
    steps.pay(order, gateway)
    cards.work_on_cards()
    [card] = cards.cards_of(user)
    assert (card.brand, card.last_four, card.expiry_month, card.expiry_year, card.is_default) == (
        "visa",
        "4242",
        12,
        2034,
        True,
    )
    [consent] = cards.consents()
    assert (consent.kind, consent.granted, consent.user_id, str(consent.ip)) == (
        "save_card",
        True,
        user.id,
        cards.IP,
    )
    assert consent.wording.startswith("Save this card for next time") and consent.wording_version == "save-1"


def test_without_the_tick_nothing_is_saved(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    cards.open_page(order, gateway, cards.payer(user))
    steps.pay(order, gateway)
    cards.work_on_cards()
    assert (cards.cards_of(user), cards.consents()) == ([], [])


def test_the_event_told_twice_saves_one_card(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    page = cards.open_page(order, gateway, cards.payer(user, save=True))
    raw = gateway.pay(str(page.session_id)).raw
    assert steps.tell("checkout.session.completed", raw) == EventOutcome.APPLIED
    assert steps.tell("checkout.session.completed", raw) == EventOutcome.IGNORED
    for _ in range(2):
        services.keep_card(page.id, gateway)
    assert len(cards.cards_of(user)) == 1


def test_a_card_that_stripe_did_not_keep_is_not_promised(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    page = cards.open_page(order, gateway, cards.payer(user, save=True))
    steps.pay(order, gateway)
    gateway.give_card(f"pm_{page.session_id}", None)
    cards.work_on_cards()
    assert cards.cards_of(user) == []


def test_the_same_card_saved_again_takes_the_place_of_the_first(user: User, gateway: FakeGateway) -> None:
    first = cards.saved(user, gateway)
    cards.saved(user, gateway, "mastercard")
    again = cards.saved(user, gateway, "visa renewed")
    theirs = cards.cards_of(user)
    assert [(card.last_four, card.expiry_year) for card in theirs] == [("4242", 2039), ("4444", 2031)]
    assert (theirs[0].id, theirs[0].is_default) == (again.id, True)
    assert gateway.cards[first.payment_method_id].customer_id is None


def test_the_default_is_one_and_follows_a_removal(user: User, gateway: FakeGateway) -> None:
    visa, amex = cards.saved(user, gateway), cards.saved(user, gateway, "amex")
    services.set_default_card(user.id, amex.id)
    assert [card.id for card in cards.cards_of(user)] == [amex.id, visa.id]
    assert [card.is_default for card in cards.cards_of(user)] == [True, False]
    services.remove_card(amex.id, cards.payer(user))
    assert [(card.id, card.is_default) for card in cards.cards_of(user)] == [(visa.id, True)]
    with pytest.raises(NotFound):
        services.set_default_card(user.id, amex.id)


def test_removed_is_gone_at_once_and_stripe_forgets_it_by_a_job(user: User, gateway: FakeGateway) -> None:
    card = cards.saved(user, gateway)
    services.remove_card(card.id, cards.payer(user))
    services.remove_card(card.id, cards.payer(user))
    assert cards.cards_of(user) == []
    assert gateway.cards[card.payment_method_id].customer_id is not None
    cards.work_on_cards()
    assert gateway.cards[card.payment_method_id].customer_id is None
    assert [(each.granted, each.wording) for each in cards.consents()][1:] == [(False, "Remove this card.")]


def test_nobody_touches_somebody_elses_card(user: User, gateway: FakeGateway) -> None:
    card, stranger = cards.saved(user, gateway), cards.somebody()
    cards.saved(stranger, gateway, "amex")
    with pytest.raises(NotFound):
        services.set_default_card(stranger.id, card.id)
    with pytest.raises(NotFound):
        services.remove_card(card.id, cards.payer(stranger))
    assert card_queries.find_card(db.session(), stranger.id, card.id) is None
    assert [each.id for each in cards.cards_of(user)] == [card.id]


def test_a_removed_card_is_not_charged(user: User, gateway: FakeGateway) -> None:
    card = cards.saved(user, gateway)
    charged_to = on_file(card)
    services.remove_card(card.id, cards.payer(user))
    order = steps.pending(user_id=user.id)
    with pytest.raises(NotPayable, match="was removed"):
        services.charge_saved_card(order.id, charged_to, gateway, steps.BASE)
    assert gateway.charges == {}


def test_a_charge_that_waits_for_the_bank_is_called_off_when_its_card_is_removed(
    user: User, gateway: FakeGateway
) -> None:
    card = cards.saved(user, gateway)
    # Its bank asks its owner from now on.
    gateway.asking.add(card.payment_method_id)
    order = steps.pending(user_id=user.id)
    assert services.charge_saved_card(order.id, on_file(card), gateway, steps.BASE).url
    services.remove_card(card.id, cards.payer(user))
    cards.work_on_cards()
    assert steps.latest(order).state == "EXPIRED"
    assert next(iter(gateway.charges.values()))[1].status == "canceled"


def test_a_removed_card_charges_no_rest_by_itself(user: User, gateway: FakeGateway) -> None:
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, save=True, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    [card] = cards.cards_of(user)
    assert mandates.find(db.session(), cake.id) == on_file(card)
    assert [each.order_number for each in card_queries.agreed_charges(db.session(), user.id)] == [cake.number]
    services.remove_card(card.id, cards.payer(user))
    db.session.expire_all()
    assert mandates.find(db.session(), cake.id) is None
    cards.work_on_cards()
    assert gateway.cards[card.payment_method_id].customer_id is None


@pytest.mark.parametrize(
    ("on", "expired"),
    [("2030-07-31T12:00", False), ("2030-08-01T00:30", False), ("2030-08-01T12:00", True)],
)
def test_a_card_is_good_until_the_end_of_its_month(
    user: User, gateway: FakeGateway, on: str, expired: bool
) -> None:
    card = cards.saved(user, gateway, "amex")
    with clock.travel(datetime.fromisoformat(on).replace(tzinfo=ZoneInfo("Australia/Sydney"))):
        assert card.expired is expired


def test_a_card_taken_off_in_stripes_dashboard_is_gone_here_too(user: User, gateway: FakeGateway) -> None:
    visa, amex = cards.saved(user, gateway), cards.saved(user, gateway, "amex")
    body = {"id": visa.payment_method_id, "object": "payment_method", "customer": None}
    assert steps.tell("payment_method.detached", body) == EventOutcome.APPLIED
    assert [(card.id, card.is_default) for card in cards.cards_of(user)] == [(amex.id, True)]
    assert steps.tell("payment_method.detached", body) == EventOutcome.IGNORED


def test_a_card_renewed_by_its_bank_shows_its_new_date(user: User, gateway: FakeGateway) -> None:
    card = cards.saved(user, gateway)
    told = {"id": card.payment_method_id, "card": {"exp_month": 5, "exp_year": 2040, "last4": "1111"}}
    assert steps.tell("payment_method.automatically_updated", told) == EventOutcome.APPLIED
    [card] = cards.cards_of(user)
    assert (card.expiry_month, card.expiry_year, card.last_four) == (5, 2040, "1111")
    for nonsense in ({"exp_month": "5"}, None, "card"):
        told = {"id": card.payment_method_id, "card": nonsense}
        assert steps.tell("payment_method.updated", told) == EventOutcome.IGNORED


def test_a_customer_deleted_in_the_dashboard_is_made_anew_when_needed(
    user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway)
    lost = str(cards.customers()[0].customer_id)
    gateway.delete_customer(lost)
    assert steps.tell("customer.deleted", {"id": lost, "object": "customer"}) == EventOutcome.APPLIED
    assert cards.cards_of(user) == []
    assert services.customer_of_user(user.id, gateway) != lost
    assert len(gateway.customers) == 1


def test_a_charge_begun_just_before_the_removal_still_pays(user: User, gateway: FakeGateway) -> None:
    card = cards.saved(user, gateway)
    order = steps.pending(user_id=user.id)

    def remove() -> None:
        services.remove_card(card.id, cards.payer(user))
        cards.work_on_cards()

    gateway.interrupt = remove
    services.charge_saved_card(order.id, on_file(card), gateway, steps.BASE)
    result = next(iter(gateway.charges.values()))[1]
    assert steps.tell("payment_intent.succeeded", result.raw) == EventOutcome.APPLIED
    assert steps.reread(order).payment_status == "PAID"
    assert clock.now() - steps.latest(order).created_at < timedelta(minutes=1)
