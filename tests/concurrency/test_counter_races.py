"""Two at once at an order's money: two counters, a counter and Stripe, one form twice. With controls."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import TransactionKind
from bakery.payments.operations.attempts import NotPayable
from bakery.payments.services import counter
from bakery.payments.services.counter import Taking
from tests.concurrency.race import race
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
OMAR, ZAHRA = Actor(None, "Omar"), Actor(None, "Zahra")


@pytest.fixture
def order(gateway: FakeGateway) -> Order:
    """A cake whose deposit is paid; 55.50 is due."""
    order = steps.pending(deposit_cents=5000)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


@contextmanager
def everybody_looks_before_anybody_writes(monkeypatch: pytest.MonkeyPatch, people: int) -> Iterator[None]:
    """The control: the order's lock is off, and all have read before the first one writes."""
    looked = threading.Barrier(people)

    def unlocked(session: Session, order_id: int) -> Order:
        order = session.get_one(Order, order_id)
        assert order.held_cents is not None
        looked.wait(10)
        return order

    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked)
        yield


def taking(order: Order, key: str, who: Actor = OMAR, cents: int = 5550) -> Callable[[], bool]:
    order_id, form = order.id, Taking(key, TransactionKind.CASH, cents)
    return lambda: counter.take_money(order_id, form, who)


def refusals(answers: list[object]) -> list[type]:
    return [type(answer) for answer in answers if isinstance(answer, Exception)]


def test_two_counters_at_once_take_what_is_due_once(app: Flask, order: Order) -> None:
    answers = race(app, [taking(order, "form-omar-1"), taking(order, "form-zahra-1", ZAHRA)])
    assert answers.count(True) == 1 and refusals(answers) == [NotPayable]
    order = steps.reread(order)
    assert (order.held_cents, order.payment_status) == (10_550, "PAID")
    assert steps.steps(order).count(("payment_status", "PAID")) == 1


def test_control_without_the_lock_both_counters_take_it(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        answers = race(app, [taking(order, "form-omar-1"), taking(order, "form-zahra-1", ZAHRA)])
    assert answers == [True, True]
    assert steps.reread(order).held_cents == 16_100


def test_parts_taken_by_many_at_once_never_add_up_to_more_than_is_due(app: Flask, order: Order) -> None:
    answers = race(app, [taking(order, f"form-part-{n}", cents=1000) for n in range(8)])
    assert answers.count(True) == 5
    assert steps.reread(order).held_cents == 10_000


def test_one_form_sent_by_six_connections_at_once_is_entered_once(app: Flask, order: Order) -> None:
    answers = race(app, [taking(order, "form-double-click")] * 6)
    assert sorted(answers) == [False] * 5 + [True]
    assert steps.ledger(order).count(("cash", 5550)) == 1


def stripe_tells(order: Order, gateway: FakeGateway) -> Callable[[], object]:
    """The customer pays the rest on Stripe's page; its event is told (stored and applied) by another process."""
    payment = steps.open_page(order, gateway)
    event = steps.an_event("checkout.session.completed", gateway.pay(str(payment.session_id)).raw)
    return lambda: services.apply_event(services.record_event(event))


def test_cash_and_stripe_at_once_are_both_in_the_books_and_what_is_too_much_goes_back(
    app: Flask, order: Order, gateway: FakeGateway
) -> None:
    tell = stripe_tells(order, gateway)
    answers = race(app, [taking(order, "form-omar-1"), tell])
    payment = steps.latest(order)
    taken = answers[0] is True
    assert payment.surplus is taken, "who came second bought nothing; Stripe's money is what can go back"
    if taken:
        assert steps.owed("jobs.payments.refund_late_payment") == [[payment.id]]
        services.refund_late_payment(payment.id, gateway)
    order = steps.reread(order)
    assert (order.payment_status, order.held_cents) == ("PAID", 10_550)


def test_cash_first_and_stripe_while_it_is_being_entered(
    app: Flask, order: Order, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter has read what is due and not yet committed when Stripe's money comes: it waits, and is surplus."""
    tell, reading, entered = stripe_tells(order, gateway), threading.Event(), counter._enter
    telling = threading.Event()

    def slowly(*args: object) -> None:
        reading.set()
        telling.wait(5)
        entered(*args)

    def stripe() -> object:
        reading.wait(5)
        telling.set()
        return tell()

    monkeypatch.setattr(counter, "_enter", slowly)
    assert race(app, [taking(order, "form-omar-1"), stripe]) == [True, "APPLIED"]
    payment = steps.latest(order)
    assert payment.surplus
    services.refund_late_payment(payment.id, gateway)
    order = steps.reread(order)
    assert (order.payment_status, order.held_cents) == ("PAID", 10_550)


def test_control_without_the_lock_nobody_notices_that_the_rest_was_paid_twice(
    app: Flask, order: Order, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell, told, entered = stripe_tells(order, gateway), threading.Event(), counter._enter

    def slowly(*args: object) -> None:
        told.wait(5)
        entered(*args)

    def stripe() -> object:
        outcome = tell()
        told.set()
        return outcome

    # What the counter asks of Stripe's news is a net of its own; this is about the lock.
    monkeypatch.setattr(counter, "is_paying", lambda session, order_id: False)
    monkeypatch.setattr(counter, "_enter", slowly)
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        assert race(app, [taking(order, "form-omar-1"), stripe]) == [True, "APPLIED"]
    # The ledger adds up, and what the counter decided by was old: it saw nothing of the other.
    assert steps.reread(order).held_cents == 16_100
    assert not steps.latest(order).surplus
