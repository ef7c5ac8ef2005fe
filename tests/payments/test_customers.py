"""Who somebody is at Stripe: made on first need, once, and found again whatever dies in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict, Unavailable
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import services
from bakery.people.models import User
from tests.fakes.gateway import FakeGateway
from tests.payments import cards, steps


class Killed(Exception):
    """The process died between Stripe's yes and our record."""


def _die() -> None:
    raise Killed


@pytest.fixture
def user(session: Session) -> User:
    return cards.somebody()


def test_a_user_becomes_a_customer_when_it_is_needed_and_stays_the_same(
    user: User, gateway: FakeGateway
) -> None:
    first = services.customer_of_user(user.id, gateway)
    assert services.customer_of_user(user.id, gateway) == first
    [row] = cards.customers()
    assert (row.user_id, row.customer_id, gateway.customers[first].email) == (user.id, first, user.email)
    assert gateway.calls.count("create_customer") == 1


def test_killed_between_stripes_yes_and_our_record_the_same_customer_is_found(
    user: User, gateway: FakeGateway
) -> None:
    gateway.interrupt = _die
    with pytest.raises(Killed):
        services.customer_of_user(user.id, gateway)
    assert [row.customer_id for row in cards.customers()] == [None]
    [made] = gateway.customers
    assert services.customer_of_user(user.id, gateway) == made
    assert len(gateway.customers) == 1


def test_a_day_later_stripe_has_forgotten_the_key_and_the_customer_is_looked_for(
    user: User, gateway: FakeGateway
) -> None:
    gateway.interrupt = _die
    with pytest.raises(Killed):
        services.customer_of_user(user.id, gateway)
    [made] = gateway.customers
    gateway.forget_keys()
    with clock.travel(clock.now() + timedelta(hours=25)):
        assert services.customer_of_user(user.id, gateway) == made
    assert gateway.calls.count("create_customer") == 1


def test_an_email_that_changed_meanwhile_does_not_change_what_stripe_is_asked(
    user: User, gateway: FakeGateway
) -> None:
    gateway.interrupt = _die
    with pytest.raises(Killed):
        services.customer_of_user(user.id, gateway)
    user.email = "new@saffron.test"
    db.session.commit()
    assert services.customer_of_user(user.id, gateway) in gateway.customers
    assert len(gateway.customers) == 1


@pytest.mark.parametrize("trouble", ["away", "refusing"])
def test_stripe_away_is_said_and_leaves_the_customer_for_the_next_try(
    user: User, gateway: FakeGateway, trouble: str
) -> None:
    setattr(gateway, trouble, True if trouble == "away" else "api_error")
    with pytest.raises(Unavailable, match="Nothing was charged"):
        services.customer_of_user(user.id, gateway)
    gateway.away, gateway.refusing = False, ""
    assert services.customer_of_user(user.id, gateway) in gateway.customers


def test_a_closed_account_gets_no_customer(user: User, gateway: FakeGateway) -> None:
    user.active = False
    db.session.commit()
    with pytest.raises(Conflict):
        services.customer_of_user(user.id, gateway)
    assert gateway.calls == []


def test_whoever_saves_no_card_is_nobodys_customer(order: Order, user: User, gateway: FakeGateway) -> None:
    cards.open_page(order, gateway, cards.payer(user))
    request, _ = next(iter(gateway.by_key.values()))
    assert (request.customer_id, request.future_usage) == (None, "")
    assert cards.customers() == []


def test_a_guest_who_asks_to_save_a_card_gets_none(order: Order, gateway: FakeGateway) -> None:
    cards.open_page(order, gateway, cards.payer(save=True))
    assert (cards.customers(), cards.consents(), steps.latest(order).save_card) == ([], [], False)


def test_a_guest_who_agrees_to_a_rest_that_there_is_not_gets_none(order: Order, gateway: FakeGateway) -> None:
    cards.open_page(order, gateway, cards.payer(rest_of=order))
    assert (cards.customers(), steps.latest(order).charge_rest) == ([], False)


def test_a_guest_who_agrees_to_the_rest_becomes_a_customer_for_this_order(
    session: Session, gateway: FakeGateway
) -> None:
    order = cards.with_deposit()
    cards.open_page(order, gateway, cards.payer(rest_of=order))
    [row] = cards.customers()
    assert (row.user_id, row.order_id) == (None, order.id)
    assert gateway.customers[str(row.customer_id)].email == order.contact_email
