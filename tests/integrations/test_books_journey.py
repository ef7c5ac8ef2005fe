"""The books over a real Stripe (the sandbox's), the real SDK and signed webhooks: trade, losses, and the proof."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.integrations.gateway.port import GatewayUnavailable
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.orders.models import Order
from bakery.payments.books import mending, mirror
from bakery.payments.models import TransactionKind
from bakery.payments.services import counter
from sandbox import server
from tests.books import steps as books
from tests.factories.shop import make_open_shop
from tests.integrations.test_stripe_journey import SECRET, Quiet, apply_all, open_page
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]
OMAR = Actor(None, "Omar")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox")), retry_seconds=(0.1, 0.2)) as running:
        yield running


@pytest.fixture
def gateway(app: Flask, world: server.Sandbox, real_database: None) -> Iterator[StripeGateway]:
    made = StripeGateway("sk_test_saffron", SECRET, world.url)
    app.extensions["adapters"] = replace(app.extensions["adapters"], gateway=made)
    shop = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=shop.serve_forever, daemon=True)
    thread.start()
    make_open_shop(db.session())
    world.reset()
    world.webhook_target(f"http://127.0.0.1:{shop.server_port}/webhooks/stripe", SECRET)
    yield made
    world.settle()
    world.webhook_target("")
    world.clear_faults()
    shop.shutdown()
    shop.server_close()
    thread.join()


def bought(world: server.Sandbox, gateway: StripeGateway, **changes: object) -> Order:
    order = steps.pending(**changes)
    world.pay(open_page(order, gateway))
    apply_all(world)
    books.issue_receipt(order)
    return steps.reread(order)


def test_a_day_of_trade_agrees_with_stripe_to_the_cent(world: server.Sandbox, gateway: StripeGateway) -> None:
    plain, part, came_back = (bought(world, gateway) for _ in range(3))
    cake = bought(world, gateway, deposit_cents=5000)
    taking = counter.Taking("form-000001", TransactionKind.CASH, cake.due.cents)
    counter.take_money(cake.id, taking, OMAR)
    world.dashboard_refund(books.intent(part), 1234)
    failed = world.dashboard_refund(books.intent(came_back), 500)
    world.settle_refund(failed["id"], "failed")
    apply_all(world)
    run = books.prove(gateway)  # type: ignore[arg-type]
    assert (run.ok, run.found, [each.words for each in books.found()]) == (True, 0, [])
    sums = {line["key"]: line for line in run.sums}
    for key in ("charge", "refund", "reversal", "fee"):
        assert sums[key]["ledger"] == sums[key]["stripe"] != 0, key
    # What Stripe says the account holds is what its movements add up to.
    held = sum(each.net_cents for each in books.entries())
    assert sum(day["stripe"] for day in run.days) == held
    assert [kind for kind, _ in steps.ledger(plain)] == ["charge", "fee"]


def test_what_no_webhook_ever_told_is_found_and_taken_in_by_a_click(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    refunded = bought(world, gateway)
    world.fault("webhooks", "drop")
    lost = steps.pending()
    world.pay(open_page(lost, gateway))
    world.dashboard_refund(books.intent(refunded), 1000)
    world.settle()
    world.clear_faults()
    run = books.prove(gateway)  # type: ignore[arg-type]
    assert (run.ok, books.kinds()) == (False, ["missing_in_ledger"] * 2)
    for difference in books.found():
        mending.fix(difference.id, gateway, OMAR)
    lost = steps.reread(lost)
    assert (lost.status, lost.payment_status) == ("CONFIRMED", "PAID")
    assert ("refund", -1000) in steps.ledger(refunded)
    books.issue_receipt(lost)
    assert books.prove(gateway).ok  # type: ignore[arg-type]


def test_a_reading_that_stripe_breaks_off_is_ended_by_the_next(
    world: server.Sandbox, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakery.integrations.gateway.stripe_balance.PAGE", 2)
    for _ in range(5):
        bought(world, gateway)
    stored = mirror._store

    def then_trouble(*page: object) -> None:
        stored(*page)  # type: ignore[arg-type]
        world.fault("stripe", "error", match="GET /v1/balance_transactions")

    with books.clock.travel(books.clock.now() + books.LATER):
        with monkeypatch.context() as patch:
            patch.setattr(mirror, "_store", then_trouble)
            with pytest.raises(GatewayUnavailable):
                mirror.read_balance(gateway)
        assert len(books.entries()) == 2
        world.clear_faults()
        assert mirror.read_balance(gateway).stored == 3
    assert len(books.entries()) == 5


def test_a_dispute_and_what_its_bank_decides_agree_with_stripe(
    world: server.Sandbox, gateway: StripeGateway
) -> None:
    lost, won = bought(world, gateway), bought(world, gateway)
    for order, outcome in ((lost, "lost"), (won, "won")):
        dispute = world.open_dispute(books.intent(order))
        apply_all(world)
        world.close_dispute(dispute["id"], outcome)
        apply_all(world)
    run = books.prove(gateway)  # type: ignore[arg-type]
    assert (run.ok, [each.words for each in books.found()]) == (True, [])
    sums = {line["key"]: line for line in run.sums}
    assert sums["dispute"]["ledger"] == sums["dispute"]["stripe"] == -10_550
    assert sums["dispute_fee"]["ledger"] == sums["dispute_fee"]["stripe"] < 0
