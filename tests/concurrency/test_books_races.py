"""Several at once at the books: readers, provers, menders. What is done is done once."""

from __future__ import annotations

import threading

import pytest
from flask import Flask

from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.payments.books import differences, mending, mirror, proof, runs
from bakery.payments.books.models import BooksRun
from tests.books import steps as books
from tests.concurrency.race import race, together
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
OWNER = Actor(None, "Zahra")


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(db.session())
    return outside.gateway


def test_four_readers_at_once_keep_each_movement_and_each_fee_once(app: Flask, gateway: FakeGateway) -> None:
    gateway.PAGE = 3
    orders = [books.paid(gateway) for _ in range(8)]
    meet = together(4)
    gateway.between_pages = lambda _number: meet()
    with books.clock.travel(books.clock.now() + books.LATER):
        answers = race(app, [lambda: mirror.read_balance(gateway)] * 4)
    assert sum(reading.stored for reading in answers) == 8
    assert sum(reading.fees for reading in answers) == 8
    for order in orders:
        assert steps.ledger(order) == [("charge", 10_550), ("fee", -209)]
    assert len(books.entries()) == 8


def test_a_reader_and_stripes_events_at_once_do_not_wait_for_each_other_for_ever(
    app: Flask, gateway: FakeGateway
) -> None:
    orders = [books.paid(gateway) for _ in range(6)]
    refunds = [
        gateway.refund(books.intent(order), 100, idempotency_key=f"r{order.id}").raw for order in orders
    ]
    with books.clock.travel(books.clock.now() + books.LATER):
        jobs = [lambda body=body: steps.tell("refund.updated", body) for body in reversed(refunds)]
        answers = race(app, [lambda: mirror.read_balance(gateway), *jobs])
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    for order in orders:
        assert sorted(steps.ledger(order)) == [("charge", 10_550), ("fee", -209), ("refund", -100)]


def test_two_proofs_at_once_are_one(app: Flask, gateway: FakeGateway) -> None:
    books.paid(gateway)
    inside = threading.Barrier(2)

    def one() -> object:
        inside.wait(10)
        return proof.prove(None, gateway)

    answers = race(app, [one, one])
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    done = db.session.query(BooksRun).filter_by(state="DONE").count()
    # Either they met, and one was refused; or the second began when the first had ended.
    assert len(refused) + done == 2 and all(isinstance(each, Conflict) for each in refused)
    assert db.session.query(BooksRun).filter(BooksRun.ended_at.is_(None)).count() == 0


def test_a_proof_is_asked_for_once_by_six_clicks_at_once(app: Flask, gateway: FakeGateway) -> None:
    answers = race(app, [lambda: runs.ask(OWNER)] * 6)
    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict"] * 5 + ["int"]
    assert len(steps.owed("jobs.books.prove")) == 1


def test_one_difference_fixed_and_explained_at_once_is_settled_once(app: Flask, gateway: FakeGateway) -> None:
    order = books.paid(gateway)
    gateway.refund(books.intent(order), 1000, idempotency_key="dashboard")
    books.prove(gateway)
    difference_id = books.found()[0].id
    answers = race(
        app,
        [
            lambda: mending.fix(difference_id, gateway, OWNER),
            lambda: mending.fix(difference_id, gateway, OWNER),
            lambda: differences.explain(difference_id, "It was me, by hand", OWNER),
        ],
    )
    assert [type(answer) for answer in answers].count(Conflict) == 2
    [settled] = books.found("FIXED") + books.found("EXPLAINED")
    # Who explains it first leaves nothing to fix; nobody enters it twice.
    entered = steps.ledger(order).count(("refund", -1000))
    assert entered == 1 if settled.state == "FIXED" else entered <= 1


def test_a_proof_while_money_moves_finds_nothing(app: Flask, gateway: FakeGateway) -> None:
    """Orders are paid and refunded by four others while the books are proved five times."""
    for _ in range(4):
        books.paid(gateway)
    stop = threading.Event()

    def trade() -> int:
        made = 0
        while not stop.is_set() and made < 40:
            order = books.paid(gateway)
            books.refund(order, gateway, 500)
            made += 1
        return made

    def prove() -> list[tuple[bool | None, int]]:
        found = []
        try:
            for _ in range(5):
                run = db.session.get_one(BooksRun, proof.prove(None, gateway))
                found.append((run.ok, run.found))
        finally:
            stop.set()
        return found

    answers = race(app, [prove, trade, trade])
    assert answers[0] == [(True, 0)] * 5, [each.words for each in books.found()]
    assert sum(answers[1:]) >= 2
