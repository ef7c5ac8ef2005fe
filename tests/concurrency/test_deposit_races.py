"""Asking for a deposit while a page is being paid, and twice at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.infra.db import db
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment
from bakery.pricing.deposit import Rule
from tests.concurrency.test_payment_races import COMPLETED, at_once
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.payments.rests import DEPOSIT, REST, TOTAL

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
STAFF = Actor(None, "manager@saffron.test")


def told(page: Payment, gateway: FakeGateway) -> Callable[[], object]:
    """Stripe's event about a page that is paid, stored and to be applied."""
    body = gateway.pay(str(page.session_id)).raw
    row_id = services.record_event(steps.an_event(COMPLETED, body))
    return lambda: services.apply_event(row_id)


@pytest.mark.parametrize("turn", range(4))
def test_asking_for_a_deposit_while_the_page_is_paid_loses_no_money(
    app: Flask, gateway: FakeGateway, turn: int
) -> None:
    """Either the whole price was taken and no deposit is asked, or it is asked and the page was closed unpaid."""
    order = placed()
    page = steps.open_page(order, gateway)
    order_id, session_id = order.id, str(page.session_id)
    refused: list[BaseException] = []

    def ask() -> None:
        try:
            services.ask_deposit(order_id, Rule(percent=50), STAFF, gateway)
        except DomainError as error:
            refused.append(error)

    def pay() -> None:
        if gateway.sessions[session_id].status == "open":
            steps.tell(COMPLETED, gateway.pay(session_id).raw)

    at_once(app, *((ask, pay) if turn % 2 else (pay, ask)))
    found = steps.reread(order)
    if found.payment_status == "PAID":
        assert found.held_cents == found.total_cents
        assert refused or found.deposit_cents
    else:
        assert (found.payment_status, found.deposit_cents, found.held_cents) == ("UNPAID", 4_300, 0)
        assert gateway.sessions[session_id].status == "expired"
    assert steps.alerts("stripe_event") == []


def test_control_without_closing_the_page_the_database_keeps_the_deposit(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed()
    steps.open_page(order, gateway)
    monkeypatch.setattr(services.deposits, "close_session", lambda *_: None)
    monkeypatch.setattr(services.deposits, "_refuse_paying", lambda *_: None)
    with pytest.raises(Exception, match="never changes"):
        services.ask_deposit(order.id, Rule(percent=50), STAFF, gateway)


def test_two_who_ask_for_a_deposit_at_once_leave_one_of_both(app: Flask, gateway: FakeGateway) -> None:
    order = placed()
    order_id = order.id
    at_once(
        app,
        *[
            lambda percent=percent: services.ask_deposit(order_id, Rule(percent=percent), STAFF, gateway)
            for percent in (20, 30, 40, 50)
        ],
    )
    found = steps.reread(order)
    assert found.deposit_cents in (1_720, 2_580, 3_440, 4_300)
    assert found.deposit_kept_cents == found.deposit_cents // 2
    assert found.deposit_wording.startswith(f"You pay ${found.deposit_cents / 100:.2f} now")


def placed() -> Order:
    """An order of 86.00 for two weeks from now, placed for real."""
    session: Session = db.session()
    order = steps.placed(session, on_hand=5)
    order.pickup_at = clock.now().replace(microsecond=0) + timedelta(days=14)
    order.cart_id = order.cart_id or 1
    session.commit()
    assert (order.total_cents, DEPOSIT + REST) == (8_600, TOTAL)
    return order


def test_control_without_the_lock_two_askers_overwrite_each_other(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have looked before either writes: the order's history counts one step less than there were."""
    order = placed()
    order_id, version = order.id, order.version
    looked = threading.Barrier(2)

    def unlocked(session: Session, wanted: int) -> Order:
        found = session.get_one(Order, wanted)
        looked.wait(10)
        return found

    monkeypatch.setattr(orders, "lock_order", unlocked)
    at_once(
        app,
        *[
            lambda percent=percent: services.ask_deposit(order_id, Rule(percent=percent), STAFF, gateway)
            for percent in (20, 50)
        ],
    )
    assert steps.reread(order).version < version + 2
