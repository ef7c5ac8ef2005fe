"""Paying for a custom cake while staff change, extend or take back the offer: real connections, and a control."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import DomainError
from bakery.custom_cakes import acceptance, decisions, offers, services
from bakery.custom_cakes.models import CustomCakeRequest, QuoteAcceptance
from bakery.infra.db import db
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments import services as payments
from bakery.payments.models import Payment
from bakery.payments.operations import attempts
from bakery.scheduling.models import PickupSlot
from tests.concurrency.race import race, together
from tests.custom_cakes.offers import CUSTOMER, accept, offered, order_of, terms
from tests.custom_cakes.requests import NOW, approval, row, staff
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
ROUNDS = 4


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(db.session(), capacity_minutes=4_000, capacity_orders=20)
        yield


def go_and_pay(wish: CustomCakeRequest, gateway: FakeGateway) -> Callable[[], str]:
    """What the button does: the yes, then the way to Stripe's page."""
    request_id, version, in_force = wish.id, row(wish.id).quote_version, terms()

    def go() -> str:
        offer = acceptance.accept(request_id, version, in_force, CUSTOMER)
        return payments.start_checkout(offer.order_id, gateway, steps.BASE, offer.until)

    return go


def all_of(table: type, **conditions: object) -> list[object]:
    db.session.expire_all()
    return list(db.session.scalars(select(table).filter_by(**conditions)))


def open_pages(gateway: FakeGateway) -> int:
    return sum(made.status == "open" for made in gateway.sessions.values())


def close_what_is_owed(gateway: FakeGateway) -> None:
    for [payment_id] in steps.owed(attempts.CLOSE):
        payments.close_session(payment_id, gateway)


def test_six_tabs_that_accept_and_pay_at_once_make_one_yes_and_one_page(
    app: Flask, gateway: FakeGateway
) -> None:
    for _ in range(ROUNDS):
        wish = offered(percent=30)
        answers = race(app, [go_and_pay(wish, gateway)] * 6)
        assert len(set(answers)) == 1 and str(answers[0]).startswith("https://pay.saffron.test/"), answers
        [attempt] = all_of(Payment, order_id=order_of(wish).id)
        assert (attempt.kind, attempt.amount_cents) == ("deposit", 7_200)
    assert len(all_of(QuoteAcceptance)) == ROUNDS


def test_paying_while_the_customer_calls_it_off_leaves_no_page_open(app: Flask, gateway: FakeGateway) -> None:
    for _ in range(ROUNDS):
        wish = offered(percent=30)
        paying, off = race(
            app, [go_and_pay(wish, gateway), lambda wish_id=wish.id: services.withdraw(wish_id, CUSTOMER)]
        )
        assert off is None
        assert isinstance(paying, str | DomainError), paying
        assert (row(wish.id).status, order_of(wish).status) == ("WITHDRAWN", "CANCELLED")
        close_what_is_owed(gateway)
        assert open_pages(gateway) == 0
    assert set(db.session.scalars(select(PickupSlot.booked_orders))) <= {0}


def test_paying_while_staff_change_the_price_never_opens_a_page_at_the_old_one_for_good(
    app: Flask, gateway: FakeGateway
) -> None:
    for _ in range(ROUNDS):
        wish = offered(percent=30)
        decision = approval(wish.id, row(wish.id).version, price_cents=30_000)
        zohra = staff()
        paying, revised = race(
            app,
            [go_and_pay(wish, gateway), lambda d=decision, z=zohra: offers.revise(d, z, gateway)],
        )
        close_what_is_owed(gateway)
        latest = order_of(wish)
        still_open = [made for made in gateway.sessions.values() if made.status == "open"]
        if isinstance(revised, DomainError):
            # The customer was on the page first: the old price stands.
            assert isinstance(paying, str) and latest.deposit_cents == 7_200
            assert [made.amount_cents for made in still_open] == [7_200]
            services.withdraw(wish.id, CUSTOMER)
            close_what_is_owed(gateway)
        else:
            assert isinstance(revised, int) and latest.deposit_cents == 9_000
            assert still_open == []
            assert latest.awaits_acceptance
            services.withdraw(wish.id, CUSTOMER)


def test_paying_while_staff_extend_the_offer_keeps_both(app: Flask, gateway: FakeGateway) -> None:
    for _ in range(ROUNDS):
        wish = offered(percent=30)
        version, until, zohra = row(wish.id).version, NOW + timedelta(days=4), staff()
        paying, extended = race(
            app,
            [
                go_and_pay(wish, gateway),
                lambda w=wish.id, v=version, u=until, z=zohra: decisions.extend(w, v, u, z),
            ],
        )
        assert isinstance(extended, int)
        if isinstance(paying, str):
            steps.pay(order_of(wish), gateway)
            assert order_of(wish).payment_status == "DEPOSIT_PAID"
        else:
            # The version that was accepted was not the latest any more.
            assert isinstance(paying, acceptance.OfferChanged)
            assert all_of(Payment, order_id=order_of(wish).id) == []


def test_money_that_arrives_while_staff_take_the_offer_back_is_kept_or_sent_back_and_never_lost(
    app: Flask, gateway: FakeGateway
) -> None:
    for _ in range(ROUNDS):
        wish = offered(percent=30)
        offer = accept(wish)
        payments.start_checkout(offer.order_id, gateway, steps.BASE, offer.until)
        attempt = steps.latest(order_of(wish))
        event = payments.record_event(
            steps.an_event("checkout.session.completed", gateway.pay(str(attempt.session_id)).raw)
        )
        version, zohra = row(wish.id).version, staff()
        _, taken_back = race(
            app,
            [
                lambda event=event: payments.apply_event(event),
                lambda w=wish.id, v=version, z=zohra: offers.take_back(w, v, z, "no time"),
            ],
        )
        services.follow_orders()
        order = order_of(wish)
        assert steps.ledger(order) == [("charge", 7_200)]
        refunds = [attempt.id] in steps.owed("jobs.payments.refund_late_payment")
        if order.status == OrderStatus.CANCELLED:
            assert taken_back is None and refunds and row(wish.id).status == "WITHDRAWN"
        else:
            assert isinstance(taken_back, DomainError) and not refunds
            assert (row(wish.id).status, order.payment_status) == ("PAID", "DEPOSIT_PAID")


def test_control_without_the_lock_money_is_taken_for_a_cake_that_is_called_off(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The money is in the ledger, nobody makes the cake, and nothing is sent back."""
    wish = offered(percent=30)
    offer = accept(wish)
    payments.start_checkout(offer.order_id, gateway, steps.BASE, offer.until)
    attempt = steps.latest(order_of(wish))
    event = payments.record_event(
        steps.an_event("checkout.session.completed", gateway.pay(str(attempt.session_id)).raw)
    )
    wish_id, version, zohra = wish.id, row(wish.id).version, staff()
    meet = together(2)

    def unlocked_order(session: Session, order_id: int) -> Order:
        order = session.get_one(Order, order_id)
        meet()
        time.sleep(0.05)
        return order

    with monkeypatch.context() as patch:
        patch.setattr(orders, "lock_order", unlocked_order)
        answers = race(
            app,
            [
                lambda: payments.apply_event(event),
                lambda: offers.take_back(wish_id, version, zohra, "no time"),
            ],
        )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert steps.ledger(order_of(wish)) == [("charge", 7_200)]
    assert row(wish_id).status == "WITHDRAWN"
    assert steps.owed("jobs.payments.refund_late_payment") == []
