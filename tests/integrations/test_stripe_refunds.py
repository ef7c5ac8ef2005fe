"""Giving money back: the real Stripe SDK against the sandbox, and the whole way through shop and webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from bakery.core import clock
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import StripeEvent
from bakery.payments.refund_states import Tender
from bakery.people.models import Role
from sandbox import server
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.payments import surplus_steps as surplus

SECRET = "whsec_saffron"


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox")), retry_seconds=(0.1, 0.2)) as running:
        yield running


@pytest.fixture
def gateway(world: server.Sandbox) -> Iterator[StripeGateway]:
    yield StripeGateway("sk_test_saffron", SECRET, world.url)
    world.refunds_begin(None)
    world.clear_faults()


@pytest.fixture
def intent(world: server.Sandbox) -> str:
    """50.00, paid."""
    dashboard = stripe.StripeClient("sk_test_saffron", base_addresses={"api": world.url})
    params = {"amount": 5000, "currency": "aud", "payment_method": "pm_card_visa", "confirm": True}
    return str(dashboard.v1.payment_intents.create(params={**params, "payment_method_types": ["card"]}).id)


def test_a_refund_carries_what_we_send_along(gateway: StripeGateway, intent: str) -> None:
    metadata = {"refund_request": "7", "refund_part": "12", "order_number": "SC-7K3M-Q9"}
    made = gateway.refund(intent, 1234, idempotency_key=f"one-{intent}", metadata=metadata)
    assert (made.status, made.amount_cents, made.metadata) == ("succeeded", 1234, metadata)
    assert made.raw["payment_intent"] == intent
    assert gateway.get_refund(made.id) == made


def test_the_refunds_of_one_payment_are_listed_over_several_pages(
    gateway: StripeGateway, intent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakery.integrations.gateway.stripe_refunds.PAGE", 2)
    made = [gateway.refund(intent, 100, idempotency_key=f"{n}-{intent}").id for n in range(5)]
    assert [each.id for each in gateway.list_refunds_of(intent)] == made[::-1]
    assert set(made) <= {each.id for each in gateway.list_refunds(clock.now() - timedelta(hours=1))}


def test_a_refund_that_stripe_does_not_know_is_refused(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.get_refund("re_nothing")
    assert refused.value.code == "resource_missing"


def test_one_that_failed_says_why(world: server.Sandbox, gateway: StripeGateway, intent: str) -> None:
    made = gateway.refund(intent, 1000, idempotency_key=f"fails-{intent}")
    world.settle_refund(made.id, "failed", "lost_or_stolen_card")
    found = gateway.get_refund(made.id)
    assert (found.status, found.failure_reason) == ("failed", "lost_or_stolen_card")


def test_one_that_waits_for_its_customer_is_called_back_and_no_other(
    world: server.Sandbox, gateway: StripeGateway, intent: str
) -> None:
    world.refunds_begin("requires_action")
    made = gateway.refund(intent, 1000, idempotency_key=f"waits-{intent}")
    assert made.status == "requires_action"
    assert gateway.cancel_refund(made.id).status == "canceled"
    world.refunds_begin(None)
    done = gateway.refund(intent, 1000, idempotency_key=f"done-{intent}")
    with pytest.raises(GatewayRefused):
        gateway.cancel_refund(done.id)


# The whole way


@pytest.fixture
def told(app: Flask, world: server.Sandbox, real_database: None) -> Iterator[StripeGateway]:
    """The shop on a port of its own, told of every event by the sandbox."""
    made = StripeGateway("sk_test_saffron", SECRET, world.url)
    app.extensions["adapters"] = replace(app.extensions["adapters"], gateway=made)
    shop = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=shop.serve_forever, daemon=True)
    thread.start()
    world.reset()
    world.webhook_target(f"http://127.0.0.1:{shop.server_port}/webhooks/stripe", SECRET)
    yield made
    world.refunds_begin(None)
    world.clear_faults()
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


def paid(world: server.Sandbox, gateway: StripeGateway, card: str = "4242424242424242") -> Order:
    order = steps.pending()
    services.start_checkout(order.id, gateway, steps.BASE)
    world.pay(str(steps.latest(order).session_id), card=card)
    apply_all(world)
    return steps.reread(order)


def bank_sends_back(world: server.Sandbox) -> None:
    """Every refund that has arrived so far; Stripe tells of it."""
    for refund in world.objects("refund"):
        if refund["status"] == "succeeded":
            world.settle_refund(refund["id"], "failed", "expired_or_canceled_card")
    apply_all(world)


def paid_too_late(world: server.Sandbox, gateway: StripeGateway) -> Order:
    """Cancelled while its customer was paying: the money bought nothing."""
    order = steps.pending()
    services.start_checkout(order.id, gateway, steps.BASE)
    db.session.get_one(Order, order.id).status = "CANCELLED"
    db.session.commit()
    world.pay(str(steps.latest(order).session_id))
    apply_all(world)
    return steps.reread(order)


concurrency = pytest.mark.concurrency


@concurrency
def test_portions_to_the_last_cent_and_stripe_agrees(world: server.Sandbox, told: StripeGateway) -> None:
    order = paid(world, told)
    for choice in (refunds.units(order, 0, 1), refunds.amount(3333), refunds.ALL):
        request_id = refunds.approved(order, choice)
        services.run_refund(request_id, told)
        apply_all(world)
        assert refunds.row(request_id).state == "SUCCEEDED"
    made = world.objects("refund")
    assert sorted(refund["amount"] for refund in made) == sorted([650, 3333, 10_550 - 650 - 3333])
    assert sum(cents for _, cents in steps.ledger(order)) == 0
    assert [note.label for note in refunds.notes(order)] == ["C-000001", "C-000002", "C-000003"]
    assert steps.alerts("stripe_event") == []


@concurrency
def test_an_answer_that_is_lost_refunds_once(world: server.Sandbox, told: StripeGateway) -> None:
    order = paid(world, told)
    request_id = refunds.approved(order, refunds.amount(1000))
    world.fault("stripe", "lost_answer", times=1, match="POST /v1/refunds")
    services.run_refund(request_id, told)
    apply_all(world)
    assert len(world.objects("refund")) == 1
    assert steps.ledger(order)[1:] == [("refund", -1000)]
    assert refunds.row(request_id).state == "SUCCEEDED"


@concurrency
@pytest.mark.parametrize("held_back", ["kept", "reversed"])
def test_a_refund_that_fails_later_is_a_task_and_is_paid_in_cash(
    world: server.Sandbox, told: StripeGateway, held_back: str
) -> None:
    order = paid(world, told)
    world.fault("webhooks", "hold")
    world.refunds_begin("pending")
    request_id = refunds.approved(order, refunds.amount(1000))
    services.run_refund(request_id, told)
    [refund] = world.objects("refund")
    world.settle_refund(refund["id"], "succeeded")
    world.settle_refund(refund["id"], "failed", "expired_or_canceled_card")
    world.clear_faults()
    world.release(order=held_back)
    apply_all(world)
    assert refunds.row(request_id).state == "FAILED"
    assert steps.reread(order).held_cents == 10_550
    [part] = refunds.parts(request_id)
    services.give_otherwise(part.id, refunds.who(), Tender.CASH, "The card is closed", told)
    services.hand_over(refunds.parts(request_id)[-1].id, refunds.who(Role.COUNTER))
    assert refunds.row(request_id).state == "SUCCEEDED"
    assert steps.reread(order).held_cents == 9_550


@concurrency
def test_a_refund_in_the_dashboard_is_taken_into_the_books(
    world: server.Sandbox, told: StripeGateway
) -> None:
    order = paid(world, told)
    intent = str(steps.latest(order).payment_intent_id)
    world.dashboard_refund(intent, 1055)
    apply_all(world)
    [note] = refunds.notes(order)
    assert refunds.row(note.request_id).source == "stripe"
    assert refunds.lines(note.request_id) == [(0, 860, 78), (0, 195, 18)]


@concurrency
def test_a_dispute_at_stripe_that_we_have_not_heard_of_refuses_it(
    world: server.Sandbox, told: StripeGateway
) -> None:
    order = paid(world, told)
    world.open_dispute(str(steps.latest(order).payment_intent_id))
    request_id = refunds.approved(order, refunds.amount(1000))
    services.run_refund(request_id, told)
    assert refunds.row(request_id).state == "FAILED"
    assert "disputes this payment" in refunds.parts(request_id)[0].failure
    assert world.objects("refund") == []


@concurrency
def test_stripe_away_for_good_and_then_back(world: server.Sandbox, told: StripeGateway) -> None:
    order = paid(world, told)
    request_id = refunds.approved(order, refunds.amount(1000))
    world.fault("stripe", "error")
    with pytest.raises(GatewayUnavailable):
        services.run_refund(request_id, told)
    services.give_up_refund(request_id)
    world.clear_faults()
    services.retry_part(refunds.parts(request_id)[0].id, refunds.who(), told)
    services.run_refund(request_id, told)
    apply_all(world)
    assert len(world.objects("refund")) == 1
    assert refunds.row(request_id).state == "SUCCEEDED"


@concurrency
def test_surplus_that_a_bank_sends_back_is_sent_with_another_key_and_then_given_in_cash(
    world: server.Sandbox, told: StripeGateway
) -> None:
    order = paid_too_late(world, told)
    payment = steps.latest(order)
    surplus.work(payment, told)
    bank_sends_back(world)
    surplus.retry(payment, told)
    surplus.work(payment, told)
    bank_sends_back(world)
    assert [refund["status"] for refund in world.objects("refund")] == ["failed", "failed"]
    [shown] = surplus.shown(payment)
    assert (shown.held.cents, shown.under_way) == (10_550, False)
    assert surplus.give(payment, told)
    assert [kind for kind, _ in steps.ledger(order)[1:]] == ["refund", "reversal"] * 2 + ["cash"]
    assert steps.reread(order).held_cents == 0 and steps.alerts("stripe_event") == []


@concurrency
def test_surplus_that_takes_its_time_at_stripe_is_not_sent_twice(
    world: server.Sandbox, told: StripeGateway
) -> None:
    order = paid_too_late(world, told)
    payment = steps.latest(order)
    surplus.given_up(payment)
    world.refunds_begin("pending")
    told.refund(str(steps.latest(order).payment_intent_id), 10_550, idempotency_key="by hand")
    for attempt in surplus.both(payment, told):
        with pytest.raises(Conflict, match="on its way"):
            attempt()
    assert len(world.objects("refund")) == 1
