"""Two people at once at money that bought nothing. Each race has a control that shows what the lock prevents."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.payments.operations import ledger
from bakery.payments.operations.surplus import JOB
from bakery.payments.refund_states import Tender
from tests.concurrency.race import race
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.payments import surplus_steps as surplus

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def payment(gateway: FakeGateway) -> Payment:
    """105.50 too much for an order that is paid and confirmed; Stripe would not take it back."""
    payment = surplus.twice(gateway)
    surplus.refused(payment, gateway)
    return steps.latest(db.session.get_one(Order, payment.order_id))


def giving(payment: Payment, gateway: FakeGateway) -> list[Callable[[], object]]:
    """One opens the till, the other writes the transfer."""
    payment_id, people = payment.id, [refunds.who(name=name) for name in ("Omar", "Zahra")]
    return [
        lambda: services.give_surplus(payment_id, people[0], Tender.CASH, surplus.WHY, gateway),
        lambda: services.give_surplus(payment_id, people[1], Tender.BANK_TRANSFER, surplus.WHY, gateway),
    ]


def given(payment: Payment) -> int:
    """Cents that people have given back of the order, however."""
    kinds = ("cash", "adjustment")
    return -sum(cents for kind, cents in surplus.ledger(payment) if kind in kinds)


def test_two_people_at_once_give_it_once(app: Flask, payment: Payment, gateway: FakeGateway) -> None:
    answers = race(app, giving(payment, gateway))
    assert answers.count(True) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    assert given(payment) == 10_550
    order = steps.reread(db.session.get_one(Order, payment.order_id))
    assert (order.held_cents, order.payment_status) == (10_550, "PAID")


def test_control_without_the_lock_both_give_it_and_the_order_is_paid_no_more(
    app: Flask, payment: Payment, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked and found the money there before the first one enters anything."""
    looked, enter = threading.Barrier(2), ledger.enter

    def unlocked(session: Session, order_id: int) -> Order:
        return session.get_one(Order, order_id)

    def later(session: Session, entry: ledger.Entry) -> bool:
        looked.wait(10)
        return enter(session, entry)

    jobs = giving(payment, gateway)
    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked)
        patch.setattr(ledger, "enter", later)
        answers = race(app, jobs)
    assert answers == [True, True]
    assert given(payment) == 21_100
    assert steps.reread(db.session.get_one(Order, payment.order_id)).held_cents == 0


def test_sent_again_and_given_in_cash_at_once_is_one_of_them(
    app: Flask, payment: Payment, gateway: FakeGateway
) -> None:
    payment_id, zahra = payment.id, refunds.who(name="Zahra")
    cash, _ = giving(payment, gateway)
    answers = race(app, [lambda: services.retry_surplus(payment_id, zahra, gateway), cash])
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1, answers
    surplus.work(payment, gateway)
    assert len(gateway.refunds) + (given(payment) > 0) == 1
    assert steps.reread(db.session.get_one(Order, payment.order_id)).held_cents == 10_550


def test_six_people_at_once_send_it_again_once(app: Flask, payment: Payment, gateway: FakeGateway) -> None:
    payment_id, people = payment.id, [refunds.who(name=f"Manager {n}") for n in range(6)]
    answers = race(app, [lambda who=who: services.retry_surplus(payment_id, who, gateway) for who in people])
    assert answers.count(None) == 1
    assert sum(isinstance(answer, Conflict) for answer in answers) == 5, answers
    assert steps.owed(JOB) == [[payment_id], [payment_id, 1]]
    race(app, [lambda: services.refund_late_payment(payment_id, gateway, 1)] * 4)
    assert len(gateway.refunds) == 1
    assert surplus.ledger(payment)[2:] == [("refund", -10_550)]


def test_a_dashboard_refund_told_while_somebody_opens_the_till_goes_back_once(
    app: Flask, payment: Payment, gateway: FakeGateway
) -> None:
    """Stripe's event comes at the same moment: whoever is second finds the money gone."""
    made = gateway.refund(str(payment.payment_intent_id), 10_550, idempotency_key="dashboard")
    row_id = services.record_event(steps.an_event("refund.created", made.raw))
    cash, _ = giving(payment, gateway)
    answers = race(app, [lambda: services.apply_event(row_id), cash])
    assert isinstance(answers[1], Conflict), answers
    assert surplus.ledger(payment)[2:] == [("refund", -10_550)]
