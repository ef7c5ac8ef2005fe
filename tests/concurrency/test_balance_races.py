"""Money and the clock at one rest. Each race has a control that shows what the lock, or the closed page, prevents."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.integrations.gateway.port import CheckoutSession
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, Payment
from bakery.payments.services import balance
from jobs import balance as jobs
from tests.concurrency.test_payment_races import (
    COMPLETED,
    ROUNDS,
    at_once,
    everybody_looks_before_anybody_writes,
)
from tests.factories.scheduling import sydney
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import steps
from tests.payments.rests import TOTAL, agree, look, state, taken, with_deposit

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
STAFF = Actor(None, "manager@saffron.test")


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    ShopFactory()
    return outside.gateway


def told(page: Payment, gateway: FakeGateway) -> Callable[[], object]:
    """Stripe's event about a page that is paid, stored and to be applied."""
    body = gateway.pay(str(page.session_id)).raw
    row_id = services.record_event(steps.an_event(COMPLETED, body))
    return lambda: services.apply_event(row_id)


# -- two tabs paying the rest


def test_two_tabs_that_go_to_pay_the_rest_get_one_page(app: Flask, gateway: FakeGateway) -> None:
    order = with_deposit(gateway)
    order_id, before = order.id, len(gateway.sessions)
    answers = at_once(app, *[lambda: services.start_checkout(order_id, gateway, steps.BASE)] * 6)
    assert len(set(answers)) == 1 and isinstance(answers[0], str)
    assert len(gateway.sessions) == before + 1


def test_control_without_the_lock_two_tabs_begin_two_attempts(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(ROUNDS):
        order_id = with_deposit(gateway).id
        tab = partial(services.start_checkout, order_id, gateway, steps.BASE)
        with everybody_looks_before_anybody_writes(monkeypatch, 2):
            answers = at_once(app, tab, tab)
        if any(isinstance(answer, Exception) for answer in answers):
            return
    raise AssertionError("the race was never seen")


def two_paid_rests(order: Order, gateway: FakeGateway) -> list[Callable[[], object]]:
    first = steps.open_page(order, gateway)
    first.state = "EXPIRED"
    db.session.commit()
    second = steps.open_page(order, gateway)
    return [told(first, gateway), told(second, gateway)]


def test_the_rest_paid_in_two_tabs_is_taken_once_and_goes_back_once(app: Flask, gateway: FakeGateway) -> None:
    """No control: without the order's lock the ledger's own trigger lets the second wait for the first."""
    order = with_deposit(gateway)
    assert at_once(app, *two_paid_rests(order, gateway)) == [EventOutcome.APPLIED] * 2
    assert state(order) == ("CONFIRMED", "PAID", 0)
    [[payment_id]] = steps.owed("jobs.payments.refund_late_payment")
    services.refund_late_payment(payment_id, gateway)
    assert steps.reread(order).held_cents == TOTAL
    assert len(steps.owed("jobs.orders.send_payment_received")) == 1


# -- the agreed charge, and the customer on their page


def ready_to_charge(gateway: FakeGateway) -> Order:
    order = with_deposit(gateway)
    agree(order, gateway, "pm_good")
    assert look("2026-11-30 09:00", gateway) == {"announce_charge": 1}
    return order


def test_the_charge_run_by_six_workers_at_once_charges_once(app: Flask, gateway: FakeGateway) -> None:
    order = ready_to_charge(gateway)
    with clock.travel(sydney("2026-12-02 10:01")):
        at_once(app, *[lambda: services.look_after(order.id, gateway, steps.BASE)] * 6)
    assert len(gateway.charges) == 1
    assert taken(order) == ["announce_charge", "charge"]


def test_a_page_that_is_paid_in_the_moment_of_the_charge_is_all_that_is_paid(
    app: Flask, gateway: FakeGateway
) -> None:
    """The worker has decided to charge; before it closes the page the customer pays there."""
    order = ready_to_charge(gateway)
    with clock.travel(sydney("2026-12-02 08:00")):
        page = steps.open_page(order, gateway)
    real = gateway.expire_checkout

    def paid_just_before(session_id: str) -> CheckoutSession:
        gateway.pay(session_id)
        return real(session_id)

    gateway.expire_checkout = paid_just_before  # type: ignore[method-assign]
    assert look("2026-12-02 10:01", gateway) == {}
    assert gateway.charges == {}
    with clock.travel(sydney("2026-12-02 10:02")):
        steps.tell(COMPLETED, gateway.sessions[str(page.session_id)].raw)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert steps.owed("jobs.payments.refund_late_payment") == []


def test_control_where_the_page_is_not_closed_first_both_are_paid_and_one_goes_back(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ready_to_charge(gateway)
    with clock.travel(sydney("2026-12-02 08:00")):
        page = steps.open_page(order, gateway)
    monkeypatch.setattr(balance, "_clear_page", lambda *_: True)
    assert look("2026-12-02 10:01", gateway) == {"charge": 1}
    paid = gateway.pay(str(page.session_id)).raw
    [(_, charged)] = gateway.charges.values()
    with clock.travel(sydney("2026-12-02 10:02")):
        steps.tell(COMPLETED, paid)
        steps.tell("payment_intent.succeeded", charged.raw)
    # Nobody loses a cent, but somebody's card was charged twice for a while.
    assert len(steps.owed("jobs.payments.refund_late_payment")) == 1


def test_charge_and_page_at_once_end_in_one_rest_that_is_paid(app: Flask, gateway: FakeGateway) -> None:
    order = ready_to_charge(gateway)
    with clock.travel(sydney("2026-12-02 10:01")):
        at_once(
            app,
            lambda: services.look_after(order.id, gateway, steps.BASE),
            lambda: services.start_checkout(order.id, gateway, steps.BASE),
        )
        for session_id, page in list(gateway.sessions.items()):
            if page.status == "open":
                steps.tell(COMPLETED, gateway.pay(session_id).raw)
        for _, charged in list(gateway.charges.values()):
            steps.tell("payment_intent.succeeded", charged.raw)
        for [payment_id] in steps.owed("jobs.payments.refund_late_payment"):
            services.refund_late_payment(payment_id, gateway)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert steps.reread(order).held_cents == TOTAL


# -- the end, and the last word, while money arrives


def overdue(gateway: FakeGateway) -> tuple[Order, Payment]:
    order = with_deposit(gateway)
    assert look("2026-12-03 00:00", gateway) == {"overdue": 1}
    with clock.travel(sydney("2026-12-03 23:58")):
        page = steps.open_page(order, gateway)
    return order, page


@pytest.mark.parametrize("turn", range(4))
def test_money_that_arrives_while_the_order_is_being_cancelled_wins(
    app: Flask, gateway: FakeGateway, turn: int
) -> None:
    order, page = overdue(gateway)
    apply = told(page, gateway)
    cancel = lambda: services.look_after(order.id, gateway, steps.BASE)  # noqa: E731 the other party
    with clock.travel(sydney("2026-12-04 00:00")):
        at_once(app, *((apply, cancel) if turn % 2 else (cancel, apply)))
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert "cancelled" not in taken(order)
    assert steps.owed("jobs.payments.refund_late_payment") == []


def test_control_without_asking_stripe_and_the_lock_a_paid_order_is_cancelled(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paid at Stripe, and its event not here yet: only the page that cannot be closed tells of it."""
    order, page = overdue(gateway)
    gateway.pay(str(page.session_id))
    monkeypatch.setattr(balance, "_clear_page", lambda *_: True)
    monkeypatch.setattr(balance.attempts, "waiting", lambda *_: None)
    assert look("2026-12-04 00:00", gateway) == {"cancelled": 1}
    assert state(order)[0] == "CANCELLED"


def test_the_end_run_by_six_workers_at_once_cancels_once(app: Flask, gateway: FakeGateway) -> None:
    order = with_deposit(gateway)
    look("2026-12-03 00:00", gateway)
    with clock.travel(sydney("2026-12-04 00:00")):
        answers = at_once(app, *[lambda: services.look_after(order.id, gateway, steps.BASE)] * 6)
    assert [str(answer) for answer in answers if answer is not None] == ["cancelled"]
    assert steps.steps(order).count(("status", "CANCELLED")) == 1
    assert taken(order) == ["overdue", "cancelled"]


def test_a_reminder_and_the_money_at_once_never_write_after_it_is_paid(
    app: Flask, gateway: FakeGateway, outside: Adapters
) -> None:
    order = with_deposit(gateway)
    look("2026-11-30 09:00", gateway)
    [[event_id]] = steps.owed("jobs.balance.send_news")
    with clock.travel(sydney("2026-11-30 09:01")):
        page = steps.open_page(order, gateway)
        apply = told(page, gateway)
        sent_when: list[str] = []
        assert isinstance(outside.mailer, FakeMailer)
        at_once(app, apply, lambda: jobs.send_news(event_id))
        sent_when += [mail.subject for mail in outside.mailer.sent]
        jobs.send_news(event_id)
    # Sent before the money, or not at all: asked again, nothing more leaves.
    assert len(outside.mailer.sent) == len(sent_when) <= 1
    assert state(order)[1] == "PAID"


def test_six_workers_send_one_reminder(app: Flask, gateway: FakeGateway, outside: Adapters) -> None:
    order = with_deposit(gateway)
    with clock.travel(sydney("2026-11-30 09:00")):
        at_once(app, *[lambda: services.look_after(order.id, gateway, steps.BASE)] * 6)
        [[event_id]] = steps.owed("jobs.balance.send_news")
        at_once(app, *[lambda: jobs.send_news(event_id)] * 6)
    assert isinstance(outside.mailer, FakeMailer)
    assert len(outside.mailer.sent) == 1
