"""Two connections at one customer's cards. Each race has a control that shows what the lock, or the key, prevents."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.infra.transaction import after_commit
from bakery.orders.models import Order
from bakery.payments import card_queries, mandates, services
from bakery.payments.card_models import CardSetup, SavedCard, StripeCustomer
from bakery.payments.models import EventOutcome, Payment
from bakery.payments.operations import cards as card_operations
from bakery.payments.operations.attempts import CardOnFile, NotPayable
from bakery.payments.operations.payer import Payer
from bakery.payments.services import customers
from bakery.payments.services.card_payment import Charged
from bakery.people.models import User
from tests.concurrency.race import race, together
from tests.fakes.gateway import FakeGateway
from tests.fakes.gateway_customers import failed_setup_body
from tests.payments import cards, steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
ROUNDS = 30


def test_a_user_who_comes_six_times_at_once_becomes_one_customer(app: Flask, gateway: FakeGateway) -> None:
    user_id = cards.somebody().id
    answers = race(app, [lambda: services.customer_of_user(user_id, gateway)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], str)
    assert len(gateway.customers) == 1
    assert [row.customer_id for row in cards.customers()] == [answers[0]]


def test_control_with_a_key_of_their_own_each_of_two_makes_a_customer(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, numbers, both_have_looked = cards.somebody().id, itertools.count(), together(2)
    make = customers._make

    def with_another_key(need: customers._Need, gateway: FakeGateway) -> str:
        both_have_looked()
        request = customers.CustomerRequest(
            need.request.email, need.request.reference, f"key-{next(numbers)}"
        )
        return make(customers._Need(need.row_id, need.customer_id, request, need.since), gateway)

    monkeypatch.setattr(customers, "_make", with_another_key)
    race(app, [lambda: services.customer_of_user(user_id, gateway)] * 2)
    assert len(gateway.customers) == 2
    db.session.remove()


def two_cards(gateway: FakeGateway) -> tuple[int, list[int]]:
    """A user, and the numbers of their two cards."""
    user = cards.somebody()
    numbers = [cards.saved(user, gateway, typed).id for typed in ("visa", "amex")]
    user_id = user.id
    db.session.remove()
    return user_id, numbers


def defaults(user_id: int) -> list[int]:
    db.session.remove()
    query = select(SavedCard.id).where(SavedCard.user_id == user_id, SavedCard.is_default)
    return list(db.session.scalars(query))


def test_two_tabs_that_each_choose_another_default_leave_one(app: Flask, gateway: FakeGateway) -> None:
    user_id, numbers = two_cards(gateway)
    jobs = [lambda card=card: services.set_default_card(user_id, card) for card in numbers * 3]
    assert race(app, jobs) == [None] * 6
    assert len(defaults(user_id)) == 1


@contextmanager
def nobody_waits(monkeypatch: pytest.MonkeyPatch, people: int = 2) -> Iterator[None]:
    """The control: the customer's lock is off, and all have come to it before the first one goes on."""
    all_here = together(people)

    def unlocked(session: Session, row_id: int) -> StripeCustomer:
        all_here()
        return session.get_one(StripeCustomer, row_id)

    with monkeypatch.context() as patch:
        patch.setattr(card_operations, "lock_customer", unlocked)
        yield


def test_control_without_the_lock_one_of_two_tabs_is_an_error(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, numbers = two_cards(gateway)
    third = cards.saved(db.session.get_one(User, user_id), gateway, "mastercard").id
    jobs = [lambda card=card: services.set_default_card(user_id, card) for card in (numbers[1], third)]
    # The database's own net (one default a person) turns two defaults into a fault. Both have to meet for that.
    for _ in range(ROUNDS):
        with nobody_waits(monkeypatch):
            answers = race(app, jobs)
        if any(isinstance(answer, Exception) for answer in answers):
            return
        services.set_default_card(user_id, numbers[0])
    raise AssertionError("the race was never seen")


def on_file_of(user_id: int, card_id: int) -> CardOnFile:
    found = card_queries.on_file(db.session(), db.session.get_one(SavedCard, card_id))
    assert found is not None
    return found


@dataclass
class Tabs:
    """One pays with a card, the other removes it."""

    order_id: int
    pay: Callable[[], Charged]
    remove: Callable[[], None]


def two_tabs(gateway: FakeGateway) -> Tabs:
    user_id, [card_id, _] = two_cards(gateway)
    card, order_id = on_file_of(user_id, card_id), steps.pending(user_id=user_id).id
    db.session.remove()
    return Tabs(
        order_id,
        partial(services.charge_saved_card, order_id, card, gateway, steps.BASE),
        partial(services.remove_card, card_id, Payer(user_id=user_id, ip=cards.IP)),
    )


def test_a_card_is_charged_before_it_is_removed_or_not_at_all(app: Flask, gateway: FakeGateway) -> None:
    for _ in range(4):
        tabs = two_tabs(gateway)
        charged, removed = race(app, [tabs.pay, tabs.remove])
        assert removed is None
        db.session.remove()
        begun = db.session.scalars(select(Payment).where(Payment.order_id == tabs.order_id)).all()
        assert isinstance(charged, NotPayable) == (begun == [])


def test_control_without_the_lock_a_charge_begins_after_the_removal(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs = two_tabs(gateway)
    looked, removed, was_removed = threading.Event(), threading.Event(), []
    look, take_off = card_operations.named, card_operations.take_off

    def look_then_wait(session: Session, payment_method_id: str) -> SavedCard | None:
        found = look(session, payment_method_id)
        looked.set()
        was_removed.append(removed.wait(5))
        return found

    def take_off_and_commit(session: Session, card: SavedCard) -> None:
        looked.wait(5)
        take_off(session, card)
        after_commit(session, removed.set)

    monkeypatch.setattr(card_operations, "named", look_then_wait)
    monkeypatch.setattr(card_operations, "take_off", take_off_and_commit)
    monkeypatch.setattr(
        card_operations, "lock_customer", lambda session, row: session.get(StripeCustomer, row)
    )
    charged, _ = race(app, [tabs.pay, tabs.remove])
    assert isinstance(charged, Charged) and was_removed == [True]


def test_two_tabs_that_pay_with_two_cards_pay_the_order_once(app: Flask, gateway: FakeGateway) -> None:
    user_id, numbers = two_cards(gateway)
    on_file, order = [on_file_of(user_id, card) for card in numbers], steps.pending(user_id=user_id)
    order_id = order.id
    db.session.remove()
    race(
        app,
        [
            lambda card=card: services.charge_saved_card(order_id, card, gateway, steps.BASE)
            for card in on_file * 3
        ],
    )
    for _, result in list(gateway.charges.values()):
        if result.status == "succeeded":
            steps.tell("payment_intent.succeeded", result.raw)
    order = db.session.get_one(Order, order_id)
    for [payment_id] in steps.owed("jobs.payments.refund_late_payment"):
        services.refund_late_payment(payment_id, gateway)
    order = steps.reread(order)
    assert (order.payment_status, order.held_cents) == ("PAID", order.total_cents)
    assert steps.steps(order).count(("status", "CONFIRMED")) == 1


def test_one_event_about_a_card_applied_by_six_jobs_saves_one(app: Flask, gateway: FakeGateway) -> None:
    user = cards.somebody()
    order = steps.pending(user_id=user.id)
    payment = cards.open_page(order, gateway, cards.payer(user, save=True))
    payment_id = payment.id
    steps.pay(order, gateway)
    db.session.remove()
    assert race(app, [lambda: services.keep_card(payment_id, gateway)] * 6) == [None] * 6
    assert db.session.query(SavedCard).count() == 1


def test_a_double_click_on_add_opens_one_page(app: Flask, gateway: FakeGateway) -> None:
    user_id = cards.somebody().id
    user = Payer(user_id=user_id, ip=cards.IP)
    services.customer_of_user(user_id, gateway)
    answers = race(app, [lambda: services.start_card_setup(user, gateway, steps.BASE)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], str)
    assert len(gateway.setups) == 1


def a_page_and_two_refused_cards(gateway: FakeGateway) -> list[Callable[[], object]]:
    """Stripe tells of two cards that were refused on one page; each event is applied by a job of its own."""
    services.start_card_setup(Payer(user_id=cards.somebody().id, ip=cards.IP), gateway, steps.BASE)
    body = failed_setup_body(*next(iter(gateway.setups.values())))
    return [partial(steps.tell, "setup_intent.setup_failed", body) for _ in range(2)]


def test_two_refused_cards_on_one_page_at_once_count_twice(app: Flask, gateway: FakeGateway) -> None:
    assert race(app, a_page_and_two_refused_cards(gateway)) == [EventOutcome.APPLIED] * 2
    db.session.remove()
    assert db.session.scalars(select(CardSetup.refused_cards)).all() == [2]


def test_control_without_the_locks_one_of_two_refused_cards_is_lost(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, both_have_read = a_page_and_two_refused_cards(gateway), together(2)
    monkeypatch.setattr(Session, "refresh", lambda *_, **__: both_have_read())
    with nobody_waits(monkeypatch):
        race(app, jobs)
    db.session.remove()
    assert db.session.scalars(select(CardSetup.refused_cards)).all() == [1]


def test_taken_back_and_charged_at_once_it_is_one_or_the_other(app: Flask, gateway: FakeGateway) -> None:
    for _ in range(4):
        cake = cards.with_deposit()
        cards.open_page(cake, gateway, cards.payer(rest_of=cake))
        steps.pay(cake, gateway)
        cards.work_on_cards()
        order_id, card = cake.id, mandates.find(db.session(), cake.id)
        assert card is not None
        db.session.remove()
        charge = partial(services.charge_saved_card, order_id, card, gateway, steps.BASE, off_session=True)
        charged, revoked = race(app, [charge, partial(services.revoke_mandate, order_id, cards.payer())])
        begun = db.session.query(Payment).filter_by(order_id=order_id, channel="card").count()
        assert revoked is True and isinstance(charged, NotPayable) == (begun == 0)
        db.session.remove()
