"""Erasure: Stripe forgets the customer, we forget what their cards are called; orders and ledger stay."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.payments import mandates, services
from bakery.payments.card_models import SavedCard
from bakery.people.models import User
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps


@pytest.fixture
def user(session: Session) -> User:
    return cards.somebody()


def test_the_customer_is_deleted_at_stripe_and_the_cards_lose_their_names(
    user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway)
    cards.saved(user, gateway, "amex")
    services.forget_customer(user.id)
    db.session.expire_all()
    rows = db.session.query(SavedCard).all()
    assert {(row.brand, row.last_four, row.fingerprint, row.removed_at is None) for row in rows} == {
        ("", "", "", False)
    }
    cards.work_on_cards()
    assert (gateway.customers, cards.customers()[0].email) == ({}, "")
    assert all(card.customer_id is None for card in gateway.cards.values())
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert gateway.calls.count("delete_customer") == 1


def test_ledger_and_orders_stay(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    cards.open_page(order, gateway, cards.payer(user, save=True))
    steps.pay(order, gateway)
    cards.work_on_cards()
    before = steps.ledger(order)
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert (steps.ledger(order), steps.reread(order).payment_status) == (before, "PAID")


def test_nothing_is_charged_by_itself_any_more(user: User, gateway: FakeGateway) -> None:
    cake = cards.with_deposit(user_id=user.id)
    cards.open_page(cake, gateway, cards.payer(user, rest_of=cake))
    steps.pay(cake, gateway)
    cards.work_on_cards()
    services.forget_customer(user.id)
    db.session.expire_all()
    assert mandates.find(db.session(), cake.id) is None


def test_who_was_never_a_customer_has_nothing_to_forget(user: User, gateway: FakeGateway) -> None:
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert gateway.calls == []


def test_killed_between_stripes_deletion_and_our_record_the_next_run_finishes(
    user: User, gateway: FakeGateway
) -> None:
    cards.saved(user, gateway)
    services.forget_customer(user.id)

    def die() -> None:
        raise RuntimeError("killed")

    gateway.interrupt = die
    with pytest.raises(RuntimeError):
        cards.work_on_cards()
    cards.work_on_cards()
    assert cards.customers()[0].email == ""


def test_a_customer_of_whom_we_never_heard_is_found_and_deleted_too(user: User, gateway: FakeGateway) -> None:
    def die() -> None:
        raise RuntimeError("killed")

    gateway.interrupt = die
    with pytest.raises(RuntimeError):
        services.customer_of_user(user.id, gateway)
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert gateway.customers == {}
    with pytest.raises(Conflict):
        services.customer_of_user(user.id, gateway)


def test_made_at_stripe_while_it_was_being_forgotten_it_is_deleted(user: User, gateway: FakeGateway) -> None:
    gateway.interrupt = lambda: services.forget_customer(user.id)
    with pytest.raises(Conflict):
        services.customer_of_user(user.id, gateway)
    cards.work_on_cards()
    assert gateway.customers == {}


def test_a_card_saved_while_its_customer_was_forgotten_is_not_kept(user: User, gateway: FakeGateway) -> None:
    order = steps.pending(user_id=user.id)
    cards.open_page(order, gateway, cards.payer(user, save=True))
    steps.pay(order, gateway)
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert cards.cards_of(user) == []


def test_stripes_own_word_about_the_deletion_changes_nothing(user: User, gateway: FakeGateway) -> None:
    cards.saved(user, gateway)
    customer_id = cards.customers()[0].customer_id
    services.forget_customer(user.id)
    cards.work_on_cards()
    assert steps.tell("customer.deleted", {"id": customer_id}) == "IGNORED"
