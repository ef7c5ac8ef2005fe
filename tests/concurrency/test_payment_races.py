"""Two connections at one payment. Each race has a control that shows what the lock prevents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, PaymentState
from bakery.payments.operations import attempts
from bakery.payments.services import events
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

ROUNDS = 30
pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
COMPLETED = "checkout.session.completed"


def at_once(app: Flask, *calls: Callable[[], object]) -> list[object]:
    """Run each call in a thread with a connection of its own; what it raises is its answer."""
    start = threading.Barrier(len(calls))
    answers: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        with app.app_context():
            start.wait(10)
            try:
                answers[place] = call()
            except Exception as error:
                answers[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@contextmanager
def everybody_looks_before_anybody_writes(monkeypatch: pytest.MonkeyPatch, people: int) -> Iterator[None]:
    """The control: the locks are off, and all have read before the first one writes."""
    looked = threading.Barrier(people)

    def unlocked_order(session: Session, order_id: int) -> Order:
        order = session.get_one(Order, order_id)
        looked.wait(10)
        return order

    def unlocked_event(session: Session, row_id: int) -> object:
        return session.get_one(events.StripeEvent, row_id)

    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked_order)
        patch.setattr(events, "lock_event", unlocked_event)
        yield


def stored_payment(order: Order, gateway: FakeGateway, times: int = 1) -> list[int]:
    """The customer paid; that many different events about it are stored and not yet applied."""
    payment = steps.open_page(order, gateway)
    body = gateway.pay(str(payment.session_id)).raw
    return [services.record_event(steps.an_event(COMPLETED, body)) for _ in range(times)]


def test_one_event_applied_by_six_connections_at_once_counts_once(app: Flask, gateway: FakeGateway) -> None:
    order = steps.pending()
    [row_id] = stored_payment(order, gateway)
    answers = at_once(app, *[lambda: services.apply_event(row_id)] * 6)
    assert answers == [EventOutcome.APPLIED] * 6
    assert steps.ledger(order) == [("charge", steps.reread(order).total_cents)]
    assert steps.steps(order).count(("status", "CONFIRMED")) == 1
    assert len(steps.owed("jobs.orders.send_confirmation")) == 1


def test_two_events_about_one_payment_at_once_count_once(app: Flask, gateway: FakeGateway) -> None:
    order = steps.pending()
    first, second = stored_payment(order, gateway, times=2)
    answers = at_once(app, lambda: services.apply_event(first), lambda: services.apply_event(second))
    assert sorted(map(str, answers)) == ["APPLIED", "IGNORED"]
    assert len(steps.ledger(order)) == 1
    assert steps.steps(order).count(("status", "CONFIRMED")) == 1


def test_control_without_the_locks_one_of_two_appliers_breaks(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = steps.pending()
    first, second = stored_payment(order, gateway, times=2)
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        answers = at_once(app, lambda: services.apply_event(first), lambda: services.apply_event(second))
    assert sorted(map(str, answers)) != ["APPLIED", "IGNORED"]


def two_paid_pages(order: Order, gateway: FakeGateway) -> list[int]:
    """Two attempts of one order, both paid; their events are stored and not yet applied."""
    rows = stored_payment(order, gateway)
    first = steps.latest(order)
    first.state = PaymentState.EXPIRED
    db.session.commit()
    return rows + stored_payment_again(order, gateway)


def stored_payment_again(order: Order, gateway: FakeGateway) -> list[int]:
    url = services.start_checkout(order.id, gateway, steps.BASE)
    assert url
    return stored_payment(order, gateway)


def confirmations(order: Order) -> int:
    return steps.steps(order).count(("status", "CONFIRMED"))


def test_two_payments_of_one_order_at_once_pay_it_once_and_one_goes_back(
    app: Flask, gateway: FakeGateway
) -> None:
    order = steps.pending()
    rows = two_paid_pages(order, gateway)
    answers = at_once(app, *[lambda row=row: services.apply_event(row) for row in rows])
    assert answers == [EventOutcome.APPLIED] * 2
    assert confirmations(order) == 1
    assert len(steps.owed("jobs.payments.refund_late_payment")) == 1
    assert len(steps.ledger(order)) == 2


def test_control_without_the_locks_nobody_notices_that_an_order_was_paid_twice(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = steps.pending()
    rows = two_paid_pages(order, gateway)
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        at_once(app, *[lambda row=row: services.apply_event(row) for row in rows])
    assert len(steps.owed("jobs.payments.refund_late_payment")) == 0


def test_an_event_that_arrives_on_six_connections_at_once_is_stored_once(
    app: Flask, gateway: FakeGateway
) -> None:
    event = steps.an_event("customer.created", {"id": "cus_1"})
    answers = at_once(app, *[lambda: services.record_event(event)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], int)
    assert steps.owed("jobs.payments.apply_event") == [[answers[0]]]


def test_a_double_click_on_pay_opens_one_page(app: Flask, gateway: FakeGateway) -> None:
    order_id = steps.pending().id
    answers = at_once(app, *[lambda: services.start_checkout(order_id, gateway, steps.BASE)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], str)
    assert len(gateway.sessions) == 1


def test_control_without_the_lock_a_double_click_begins_two_attempts(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The database's own net (one waiting attempt an order) turns it into a fault instead of two pages. Both have to
    # look for an attempt before one of them has written it: that takes a few rounds on a busy machine.
    for _ in range(ROUNDS):
        order_id = steps.pending().id
        click = partial(services.start_checkout, order_id, gateway, steps.BASE)
        with everybody_looks_before_anybody_writes(monkeypatch, 2):
            answers = at_once(app, click, click)
        if any(isinstance(answer, Exception) for answer in answers):
            return
    raise AssertionError("the race was never seen")


def test_one_refund_job_run_by_six_workers_at_once_refunds_once(app: Flask, gateway: FakeGateway) -> None:
    order = steps.pending()
    [row_id] = stored_payment(order, gateway)
    db.session.get_one(Order, order.id).status = "CANCELLED"
    db.session.commit()
    services.apply_event(row_id)
    payment_id = steps.latest(order).id
    answers = at_once(app, *[lambda: services.refund_late_payment(payment_id, gateway)] * 6)
    assert answers == [None] * 6
    assert [kind for kind, _ in steps.ledger(order)] == ["charge", "refund"]
    assert steps.reread(order).payment_status == "REFUNDED"
    assert len(steps.owed("jobs.orders.send_late_refund")) == 1


def test_payment_and_expiry_of_the_page_at_once_end_in_a_paid_order(app: Flask, gateway: FakeGateway) -> None:
    order = steps.pending()
    [paid] = stored_payment(order, gateway)
    page = gateway.sessions[str(steps.latest(order).session_id)].raw
    expired = services.record_event(steps.an_event("checkout.session.expired", page))
    at_once(app, lambda: services.apply_event(expired), lambda: services.apply_event(paid))
    assert steps.latest(order).state == PaymentState.SUCCEEDED
    assert steps.latest(order).state not in attempts.OPEN_STATES
    assert steps.reread(order).payment_status == "PAID"
