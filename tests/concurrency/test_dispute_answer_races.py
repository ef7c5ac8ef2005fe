"""Two of the staff decide about one dispute at once, each on a connection of their own; with a control."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.aftercare import answers, delivery
from bakery.aftercare.answers import Seen
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders import operations as orders
from bakery.orders.models import Order
from tests.aftercare.disputed import answer_of, disputed, manager, seen
from tests.concurrency.test_payment_races import at_once
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
Desk = tuple[Seen, list[Actor]]


@pytest.fixture
def order(gateway: FakeGateway) -> Order:
    ShopFactory()
    order = steps.pending()
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


@pytest.fixture
def desk(order: Order, gateway: FakeGateway) -> Desk:
    """What six of the staff have before them, with words that one of them saved."""
    dispute = disputed(order, gateway)
    people = [manager(f"Manager {n}") for n in range(6)]
    answers.save_texts(seen(dispute), people[0])
    return seen(dispute), people


def owed() -> int:
    return len(steps.owed("jobs.disputes.send_answer")) + len(steps.owed("jobs.disputes.accept"))


def test_of_six_who_send_at_once_one_does(app: Flask, desk: Desk) -> None:
    page, people = desk
    found = at_once(app, *[lambda who=who: answers.send(page, who) for who in people])
    assert sum(answer is None for answer in found) == 1
    assert all(answer is None or isinstance(answer, Conflict) for answer in found), found
    assert owed() == 1


def test_of_who_sends_and_who_accepts_at_once_one_decides(app: Flask, desk: Desk, order: Order) -> None:
    page, people = desk
    found = at_once(app, *[lambda who=who: answers.send(page, who) for who in people[:3]],
                    *[lambda who=who: answers.accept(page, who) for who in people[3:]])  # fmt: skip
    assert sum(answer is None for answer in found) == 1 and owed() == 1
    assert answer_of(told.the_dispute(order)).state in ("SENDING", "ACCEPTING")


def test_control_without_the_lock_two_decide(app: Flask, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page, people = desk
    looked = threading.Barrier(2)
    before = answers._decide

    def unlocked(session: Session, order_id: int) -> Order:
        return session.get_one(Order, order_id)

    def all_have_looked(*args: object) -> None:
        looked.wait(10)
        before(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked)
        patch.setattr(answers, "_decide", all_have_looked)
        at_once(app, *[lambda who=who: answers.send(page, who) for who in people[:2]])
    assert owed() == 2


def test_six_workers_at_one_answer_submit_it_once(
    app: Flask, desk: Desk, order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    page, people = desk
    answers.send(page, people[0])
    answer_id = answer_of(told.the_dispute(order)).id
    found = at_once(app, *[lambda: delivery.send_answer(answer_id, gateway, outside.files)] * 6)
    assert found == [None] * 6, found
    assert len(gateway.uploads) == 1 and len(gateway.answers) == 1
    db.session.rollback()
    said = [row for row in told.history(told.the_dispute(order)) if row[0] == "answer"]
    assert answer_of(told.the_dispute(order)).state == "SENT" and len(said) == 2
