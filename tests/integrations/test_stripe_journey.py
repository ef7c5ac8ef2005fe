"""Payments with Stripe's own SDK and signed webhooks over HTTP: the sandbox on one side, the shop on the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from bakery.core import clock
from bakery.custom_cakes import decisions, offers
from bakery.custom_cakes import services as services_of_cakes
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.infra.db import db
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import Payment, PaymentState, StripeEvent
from bakery.payments.operations import attempts
from bakery.shop.models import Shop
from sandbox import server
from sandbox.control import ControlError
from sandbox.webhooks import sign
from tests.custom_cakes.offers import order_of, terms
from tests.custom_cakes.requests import approval, row, sent, staff
from tests.factories.shop import make_open_shop
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
SECRET = "whsec_saffron"


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox")), retry_seconds=(0.1, 0.2)) as running:
        yield running


@pytest.fixture
def gateway(app: Flask, world: server.Sandbox, real_database: None) -> Iterator[StripeGateway]:
    """The shop on a port of its own, told of every event by the sandbox."""
    made = StripeGateway("sk_test_saffron", SECRET, world.url)
    app.extensions["adapters"] = replace(app.extensions["adapters"], gateway=made)
    shop = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=shop.serve_forever, daemon=True)
    thread.start()
    world.reset()
    world.webhook_target(f"http://127.0.0.1:{shop.server_port}/webhooks/stripe", SECRET)
    yield made
    world.settle()
    world.webhook_target("")
    shop.shutdown()
    shop.server_close()
    thread.join()


def apply_all(world: server.Sandbox) -> None:
    """Everything has been delivered, and the worker has run."""
    world.settle()
    db.session.rollback()
    for event in db.session.query(StripeEvent).order_by(StripeEvent.id).all():
        services.apply_event(event.id)


def open_page(order: Order, gateway: StripeGateway) -> str:
    services.start_checkout(order.id, gateway, steps.BASE)
    return str(steps.latest(order).session_id)


def test_a_card_pays_an_order(world: server.Sandbox, gateway: StripeGateway) -> None:
    order = steps.pending()
    world.pay(open_page(order, gateway))
    apply_all(world)
    order = steps.reread(order)
    assert (order.status, order.payment_status) == ("CONFIRMED", "PAID")
    assert steps.ledger(order) == [("charge", order.total_cents)]
    assert steps.alerts() == []


def test_a_declined_card_is_explained_and_another_one_pays(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    order = steps.pending()
    page = open_page(order, gateway)
    with pytest.raises(ControlError):
        world.pay(page, card="4000000000009995")
    apply_all(world)
    assert steps.latest(order).failure == "The card did not have enough money on it."
    assert steps.reread(order).status == "PENDING_PAYMENT"
    world.pay(page)
    apply_all(world)
    assert steps.reread(order).status == "CONFIRMED"


def test_events_that_are_duplicated_and_reversed_change_nothing_twice(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    order = steps.pending()
    page = open_page(order, gateway)
    world.fault("webhooks", "hold")
    world.pay(page)
    intent = gateway.get_checkout(page).payment_intent_id
    gateway.refund(str(intent), 1000, idempotency_key="by-hand")
    world.clear_faults()
    world.release(order="reversed")
    world.settle()
    completed = world.events(type="checkout.session.completed")[0]["id"]
    world.resend(completed, times=3)
    for _ in range(2):
        apply_all(world)
    assert steps.ledger(order) == [("charge", order.total_cents), ("refund", -1000)]
    assert steps.reread(order).payment_status == "PARTIALLY_REFUNDED"


def test_a_webhook_that_never_comes_is_made_good_by_the_reconciler(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    order = steps.pending()
    world.fault("webhooks", "drop")
    world.pay(open_page(order, gateway))
    world.clear_faults()
    report = services.reconcile(gateway, clock.now() - timedelta(hours=1))
    assert (report.paid, report.flagged) == (1, 0)
    assert steps.reread(order).status == "CONFIRMED"
    # The true event comes after all.
    world.resend(world.events(type="checkout.session.completed")[0]["id"])
    apply_all(world)
    assert len(steps.ledger(order)) == 1


def test_a_payment_that_bought_nothing_goes_back_even_when_stripes_answer_is_lost(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    order = steps.pending()
    page = open_page(order, gateway)
    db.session.get_one(Order, order.id).status = "CANCELLED"
    db.session.commit()
    world.pay(page)
    apply_all(world)
    world.fault("stripe", "lost_answer", times=1, match="POST /v1/refunds")
    services.refund_late_payment(steps.latest(order).id, gateway)
    apply_all(world)
    assert [kind for kind, _ in steps.ledger(order)] == ["charge", "refund"]
    assert steps.reread(order).payment_status == "REFUNDED"
    assert len(world.objects("refund")) == 1


def test_a_disputed_payment_is_told_to_the_staff(world: server.Sandbox, gateway: StripeGateway) -> None:
    order = steps.pending()
    world.pay(open_page(order, gateway), card="4000000000000259")
    world.wait_for(lambda: world.events(type="charge.dispute.created"))
    apply_all(world)
    [alert] = steps.alerts("dispute")
    assert order.number in alert.text
    assert steps.reread(order).status == "CONFIRMED"


def test_an_order_that_is_cancelled_has_its_page_closed(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    order = steps.pending()
    page = open_page(order, gateway)
    services.cancel_attempt(order.id)
    services.close_session(steps.latest(order).id, gateway)
    assert gateway.get_checkout(page).status == "expired"
    apply_all(world)
    assert steps.latest(order).state == "EXPIRED"


@pytest.mark.parametrize(("secret", "age"), [("whsec_other", 0), (SECRET, 400)], ids=["forged", "stale"])
def test_a_forged_or_stale_signature_is_refused_over_http(
    world: server.Sandbox, gateway: StripeGateway, secret: str, age: int
) -> None:
    target = world.state()["webhook_url"]
    body = '{"id": "evt_forged", "object": "event", "type": "checkout.session.completed"}'
    header = sign(body, secret, int(time.time()) - age)
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(target, data=body, headers={"Stripe-Signature": header}, timeout=10)
    assert answer.status_code == 400
    db.session.rollback()
    assert db.session.query(StripeEvent).count() == 0
    assert [alert.kind for alert in steps.alerts()] == ["webhook_refused"]


def cake_on_offer(percent: int) -> CustomCakeRequest:
    """A cake of 240.00 that is offered now, by a clock that Stripe shares: nothing here travels in time."""
    make_open_shop(db.session(), capacity_minutes=4_000)
    db.session.get_one(Shop, 1).deposit_percent = percent
    db.session.commit()
    on = clock.today("Australia/Sydney") + timedelta(days=14)
    request_id = sent(needed_on=on.isoformat())
    at = datetime.combine(on, time_of_day(10), ZoneInfo("Australia/Sydney"))
    decisions.approve(approval(request_id, row(request_id).version, starts_at=at), staff())
    return row(request_id)


def press_pay(browser: FlaskClient, wish: CustomCakeRequest, version: int = 1) -> str:
    """The customer opens their link, accepts, and is on Stripe's page: its session."""
    browser.get(f"/custom-cakes/{wish.number}?key={wish.secret}", follow_redirects=True)
    yes = {"terms": "y", "quote_version": str(version), "terms_version": terms()}
    answer = browser.post(f"/custom-cakes/{wish.number}/pay", data=yes)
    assert answer.status_code == 303, answer.text
    attempt = steps.latest(order_of(wish))
    assert answer.location == attempt.url
    return str(attempt.session_id)


def test_a_deposit_is_accepted_paid_and_told_over_http(
    app: Flask, world: server.Sandbox, gateway: StripeGateway
) -> None:
    wish, browser = cake_on_offer(percent=30), app.test_client()
    page = press_pay(browser, wish)
    assert (gateway.get_checkout(page).amount_cents, press_pay(browser, wish)) == (7_200, page)
    world.pay(page)
    apply_all(world)
    services_of_cakes.follow_orders()
    order = order_of(wish)
    assert (order.status, order.payment_status, row(wish.id).status) == ("CONFIRMED", "DEPOSIT_PAID", "PAID")
    assert steps.ledger(order) == [("charge", 7_200)]
    assert steps.alerts() == []
    assert "$168.00" in browser.get(f"/orders/{order.number}").text
    # The link of the mail, once more: nothing is left to pay there.
    assert browser.get(f"/custom-cakes/{wish.number}/pay").location == f"/custom-cakes/{wish.number}"


def test_a_page_renewed_after_it_ended_and_paid_on_both_keeps_one_payment(
    app: Flask, world: server.Sandbox, gateway: StripeGateway
) -> None:
    wish, browser = cake_on_offer(percent=50), app.test_client()
    first = press_pay(browser, wish)
    # Our row says that the page ended; Stripe was never told, and the customer left it open in a tab.
    attempts.end(db.session.merge(steps.latest(order_of(wish))), PaymentState.EXPIRED)
    db.session.commit()
    second = press_pay(browser, wish)
    assert second != first
    # One after the other: what is told at the same moment may arrive in any order.
    for page in (second, first):
        world.pay(page)
        apply_all(world)
    late = db.session.query(Payment).filter_by(session_id=first).one()
    services.refund_late_payment(late.id, gateway)
    apply_all(world)
    order = order_of(wish)
    assert (order.status, order.payment_status) == ("CONFIRMED", "DEPOSIT_PAID")
    assert sorted(steps.ledger(order)) == [("charge", 12_000), ("charge", 12_000), ("refund", -12_000)]


def test_a_new_price_closes_the_old_page_and_only_the_new_one_can_be_paid(
    app: Flask, world: server.Sandbox, gateway: StripeGateway
) -> None:
    wish, browser = cake_on_offer(percent=0), app.test_client()
    old = press_pay(browser, wish)
    at = order_of(wish).pickup_at
    decision = approval(wish.id, row(wish.id).version, starts_at=at, price_cents=30_000)
    offers.revise(decision, staff(), gateway)
    assert gateway.get_checkout(old).status == "expired"
    with pytest.raises(ControlError):
        world.pay(old)
    world.pay(press_pay(browser, wish, version=2))
    apply_all(world)
    order = order_of(wish)
    assert (order.payment_status, steps.ledger(order)) == ("PAID", [("charge", 30_000)])
