"""A refund is approved while a dispute opens: two connections, and one of both wins. With a control."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict
from bakery.core.money import Money
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.dispute_queries import is_disputed
from bakery.payments.models import EventOutcome, TransactionKind
from bakery.payments.operations import disputes, ledger
from tests.concurrency.test_payment_races import at_once
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def paid(gateway: FakeGateway) -> Order:
    order = steps.pending()
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def approve_refund(order_id: int, done: list[str], dawdle: Callable[[], object]) -> Callable[[], str]:
    """What every way to refund does: under the order's lock it asks whether the order is disputed, then decides."""

    def approve() -> str:
        with transaction() as session:
            orders.lock_order(session, order_id)
            if is_disputed(session, order_id):
                raise Conflict("A dispute is open.")
            dawdle()
            amount = Money(-1000, "AUD")
            ledger.enter(session, ledger.Entry(order_id, TransactionKind.REFUND, amount, "re_desk"))
        done.append("approved")
        return "approved"

    return approve


def open_dispute(row_id: int, done: list[str], wait: Callable[[], object]) -> Callable[[], EventOutcome]:
    def opens() -> EventOutcome:
        wait()
        outcome = services.apply_event(row_id)
        done.append("opened")
        return outcome

    return opens


def stored_dispute(order: Order) -> int:
    return services.record_event(
        steps.an_event(told.CREATED, told.body_of(order, "needs_response", told.taken(order)))
    )


def test_a_refund_that_is_being_approved_comes_before_the_dispute(app: Flask, paid: Order) -> None:
    done, looked = list[str](), threading.Event()

    def dawdle() -> None:
        looked.set()
        time.sleep(0.4)

    opens = open_dispute(stored_dispute(paid), done, lambda: looked.wait(5))
    at_once(app, approve_refund(paid.id, done, dawdle), opens)
    assert done == ["approved", "opened"]
    assert ("refund", -1000) in steps.ledger(paid) and told.the_dispute(paid).is_open


def test_a_refund_that_comes_while_a_dispute_opens_waits_and_is_refused(
    app: Flask, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id, done, opening = stored_dispute(paid), list[str](), threading.Event()

    def tell(*_: object, **__: object) -> None:
        opening.set()
        time.sleep(0.4)

    monkeypatch.setattr(disputes.dispute_news, "tell", tell)

    def approve_meanwhile() -> str:
        opening.wait(5)
        return approve_refund(paid.id, done, lambda: None)()

    answers = at_once(app, open_dispute(row_id, done, lambda: None), approve_meanwhile)
    assert isinstance(answers[1], Conflict) and done == ["opened"]
    assert "refund" not in dict(steps.ledger(paid))


def test_control_without_the_lock_a_refund_is_approved_after_the_dispute_opened(
    app: Flask, paid: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unlocked(session: Session, order_id: int) -> Order:
        return session.get_one(Order, order_id)

    done, looked, opened = list[str](), threading.Event(), threading.Event()

    def dawdle() -> None:
        looked.set()
        opened.wait(5)

    def opens() -> EventOutcome:
        outcome = open_dispute(row_id, done, lambda: looked.wait(5))()
        opened.set()
        return outcome

    row_id = stored_dispute(paid)
    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked)
        at_once(app, approve_refund(paid.id, done, dawdle), opens)
    assert done == ["opened", "approved"]


def test_six_connections_that_tell_of_one_dispute_at_once_make_one(app: Flask, paid: Order) -> None:
    rows = [stored_dispute(paid) for _ in range(6)]
    answers = at_once(app, *[lambda row=row: services.apply_event(row) for row in rows])
    assert sorted(map(str, answers)) == ["APPLIED"] + ["IGNORED"] * 5
    assert [kind for kind, _ in steps.ledger(paid)] == ["charge", "dispute", "dispute_fee"]
    assert len(steps.alerts("dispute")) == 1
