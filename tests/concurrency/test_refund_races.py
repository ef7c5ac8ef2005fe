"""Two connections at one order's money on its way back. Each race has a control that shows what the lock prevents."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict, DomainError
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import Tender
from bakery.payments.services import refund_requests
from bakery.payments.services.refund_requests import Asked
from bakery.people.models import Role
from tests.concurrency.race import race
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def order(gateway: FakeGateway) -> Order:
    """Paid 105.50, of which one cent is left."""
    order = refunds.paid(gateway)
    refunds.refunded(order, gateway, refunds.amount(10_549))
    return order


@contextmanager
def everybody_looks_before_anybody_writes(monkeypatch: pytest.MonkeyPatch, people: int) -> Iterator[None]:
    """The control: the lock is off, and all have read before the first one writes."""
    looked = threading.Barrier(people)

    def unlocked(session: Session, order_id: int) -> Order:
        found = session.get_one(Order, order_id)
        looked.wait(10)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked)
        yield


def asks(order: Order, choice: Choice, people: int) -> list[Callable[[], object]]:
    """Different people, different pages, the same money."""
    wishes = [
        refunds.wish(order, choice, actor=refunds.who(Role.OWNER, f"Owner {n}"), approve=True)
        for n in range(people)
    ]
    return [lambda wish=wish: refund_requests.ask(wish) for wish in wishes]


def winners(answers: list[object]) -> list[Asked]:
    """Everybody else was told why in a sentence."""
    for answer in answers:
        assert isinstance(answer, (Asked, DomainError)), answer
    return [answer for answer in answers if isinstance(answer, Asked)]


def test_of_six_people_at_the_last_cent_one_gives_it_back(
    app: Flask, order: Order, gateway: FakeGateway
) -> None:
    answers = race(app, asks(order, refunds.amount(1), 6))
    [won] = winners(answers)
    assert all("Nothing is left" in str(answer) for answer in answers if answer is not won)
    services.run_refund(won.id, gateway)
    after = steps.reread(order)
    assert (after.held_cents, after.payment_status) == (0, "REFUNDED")


def test_control_without_the_lock_the_last_cent_is_promised_twice(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        answers = race(app, asks(order, refunds.amount(1), 2))
    assert len(winners(answers)) == 2


def test_two_different_parts_that_are_too_much_together_are_not_both_given(
    app: Flask, gateway: FakeGateway
) -> None:
    order = refunds.paid(gateway)
    answers = race(app, [*asks(order, refunds.amount(8000), 1), *asks(order, refunds.amount(9000), 1)])
    [won] = winners(answers)
    services.run_refund(won.id, gateway)
    assert sum(made.amount_cents for made in gateway.refunds.values()) in (8000, 9000)


def test_one_unit_asked_for_twice_at_once_goes_back_once(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    [won] = winners(race(app, asks(order, refunds.units(order, 1), 3)))
    assert refunds.lines(won.id) == [(1, 8600, 782)]


def test_a_double_click_asks_once(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    wish = refunds.wish(order, refunds.amount(500), actor=refunds.who(), approve=True)
    answers = winners(race(app, [lambda: refund_requests.ask(wish)] * 6))
    assert len({answer.id for answer in answers}) == 1 and len(answers) == 6
    assert [answer.again for answer in answers].count(False) == 1
    assert len(steps.owed("jobs.refunds.execute")) == 1


def test_control_without_the_lock_a_double_click_is_a_fault(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's key is unique in the database: without the lock it stops the second one, and not gently."""
    order = refunds.paid(gateway)
    wish = refunds.wish(order, refunds.amount(500), actor=refunds.who(), approve=True)
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        answers = race(app, [lambda: refund_requests.ask(wish)] * 2)
    assert any(not isinstance(answer, (Asked, DomainError)) for answer in answers)


def deciders(request_id: int) -> list[Callable[[], object]]:
    people = [refunds.who(Role.OWNER, f"Owner {n}") for n in range(2)]
    return [
        lambda: refund_requests.approve(request_id, people[0]),
        lambda: refund_requests.reject(request_id, people[1], "No"),
    ]


def test_yes_and_no_at_once_are_one_of_them(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    asked = refunds.ask(order, refunds.amount(500))
    answers = race(app, deciders(asked.id))
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    assert refunds.row(asked.id).state in ("APPROVED", "REJECTED")
    assert len(refunds.road(asked.id)) == 2


def test_control_without_the_lock_it_is_both(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = refunds.paid(gateway)
    asked = refunds.ask(order, refunds.amount(500))
    with everybody_looks_before_anybody_writes(monkeypatch, 2):
        race(app, deciders(asked.id))
    assert len(refunds.road(asked.id)) == 3


def test_six_workers_at_one_refund_send_it_once(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    request_id = refunds.approved(order, refunds.amount(500))
    answers = race(app, [lambda: services.run_refund(request_id, gateway)] * 6)
    assert answers == [None] * 6
    assert len(gateway.refunds) == 1
    assert steps.ledger(order)[1:] == [("refund", -500)]
    assert refunds.road(request_id) == ["REQUESTED", "APPROVED", "PROCESSING", "SUCCEEDED"]
    assert len(refunds.notes(order)) == 1
    assert len(steps.owed("jobs.refunds.send_refunded")) == 1


def test_worker_and_webhook_at_once_enter_it_once(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    request_id = refunds.approved(order, refunds.amount(500))

    def hear() -> None:
        row_id = services.record_event(
            steps.an_event("refund.created", list(gateway.refunds.values())[0].raw)
        )
        answers.extend(race(app, [lambda: services.apply_event(row_id)]))

    answers: list[object] = []
    gateway.interrupt = lambda: threading.Thread(target=lambda: _inside(app, hear)).start()
    services.run_refund(request_id, gateway)
    assert steps.ledger(order)[1:] == [("refund", -500)]
    assert refunds.row(request_id).state == "SUCCEEDED" and len(refunds.notes(order)) == 1


def _inside(app: Flask, work: Callable[[], None]) -> None:
    with app.app_context():
        work()


def test_cash_is_handed_over_once(app: Flask, gateway: FakeGateway) -> None:
    order = steps.pending()
    refunds.at_counter(order, 10_550)
    request_id = refunds.approved(order, refunds.amount(500))
    part_id, people = refunds.parts(request_id)[0].id, [refunds.who(Role.COUNTER) for _ in range(4)]
    answers = race(app, [lambda who=who: services.hand_over(part_id, who) for who in people])
    assert answers.count(None) == 1
    assert all(answer is None or isinstance(answer, Conflict) for answer in answers)
    assert steps.ledger(order) == [("cash", 10_550), ("cash", -500)]


def test_tried_again_and_given_in_cash_at_once_is_one_of_them(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    gateway.refusing = "declined"
    request_id = refunds.refunded(order, gateway, refunds.amount(500))
    gateway.refusing = ""
    part_id, zohra = refunds.parts(request_id)[0].id, refunds.who()
    answers = race(
        app,
        [
            lambda: services.retry_part(part_id, zohra, gateway),
            lambda: services.give_otherwise(part_id, zohra, Tender.CASH, "Closed", gateway),
        ],
    )
    assert answers.count(None) == 1, answers
    assert [part.state for part in refunds.parts(request_id)].count("REPLACED") == 1
    assert len(refunds.parts(request_id)) == 2


def test_a_dispute_that_opens_at_the_same_moment_leaves_nothing_sent(
    app: Flask, gateway: FakeGateway
) -> None:
    order = refunds.paid(gateway)
    payment_id, order_id = steps.latest(order).id, order.id
    asked, manager = refunds.ask(order, refunds.amount(500)), refunds.who()

    def opens() -> None:
        with transaction() as session:
            orders.lock_order(session, order_id)
            row = Dispute(stripe_id="dp_1", order_id=order_id, payment_id=payment_id, reason="fraudulent")
            row.state, row.amount_cents, row.currency = DisputeState.NEEDS_RESPONSE, 10_550, "AUD"
            row.opened_at = orders.clock.now()
            session.add(row)

    answers = race(app, [opens, lambda: refund_requests.approve(asked.id, manager)])
    assert isinstance(answers[1], (Asked, Conflict)), answers
    services.run_refund(asked.id, gateway)
    assert gateway.refunds == {}
    assert refunds.row(asked.id).state in ("REQUESTED", "FAILED")


def test_cancelling_twice_at_once_asks_for_the_money_once(app: Flask, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway)
    people = [refunds.who(name=f"Manager {n}") for n in range(3)]
    answers = race(
        app, [lambda who=who: services.cancel_with_refund(order.id, who, "the oven broke") for who in people]
    )
    assert sum(isinstance(answer, int) for answer in answers) == 1, answers
    assert all(isinstance(answer, (int, Conflict)) for answer in answers)
    db.session.rollback()
    assert len(steps.alerts("refund_asked")) == 1
