"""Payments with Stripe's own SDK and signed webhooks over HTTP: the sandbox on one side, the shop on the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from bakery.core import clock
from bakery.infra.db import db
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import StripeEvent
from sandbox import server
from sandbox.control import ControlError
from sandbox.webhooks import sign
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
    assert [alert.subject_ref for alert in steps.alerts("stripe_event")] == [order.ref]
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
