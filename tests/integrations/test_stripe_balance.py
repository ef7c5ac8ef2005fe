"""Balance transactions through the real SDK, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.integrations.gateway import stripe_balance
from bakery.integrations.gateway.balance_port import BalanceTransaction
from bakery.integrations.gateway.port import GatewayRefused, GatewayUnavailable
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from sandbox import server
from tests.integrations.test_stripe_gateway import SECRET, a_request

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox"))) as sandbox:
        yield sandbox


@pytest.fixture
def world(running: server.Sandbox) -> server.Sandbox:
    running.reset()
    return running


@pytest.fixture
def gateway(world: server.Sandbox) -> StripeGateway:
    return StripeGateway("sk_test_saffron", SECRET, world.url)


def paid(gateway: StripeGateway, world: server.Sandbox, key: str = "one") -> str:
    """A page that was paid: its payment intent."""
    made = gateway.create_checkout(a_request(key))
    world.pay(made.id)
    return str(gateway.get_checkout(made.id).payment_intent_id)


def listed(gateway: StripeGateway) -> list[BalanceTransaction]:
    now = clock.now()
    return [each for page in gateway.list_balance_transactions(now - HOUR, now + HOUR) for each in page]


def test_a_payment_is_booked_with_its_fee_and_names_its_order(
    gateway: StripeGateway, world: server.Sandbox
) -> None:
    intent = paid(gateway, world)
    [booked] = listed(gateway)
    assert (booked.type, booked.reporting_category) == ("charge", "charge")
    assert (booked.payment_intent_id, booked.order_number) == (intent, "SC-7K3M-Q9")
    assert (booked.amount_cents, booked.currency) == (11_400, "AUD")
    assert booked.fee_cents > 0 and booked.net_cents == booked.amount_cents - booked.fee_cents
    assert booked.source["id"] == booked.source_id and booked.source["object"] == "charge"
    assert abs(booked.created - clock.now()) < HOUR and booked.available_on > booked.created
    assert gateway.get_balance_transaction(booked.id) == booked


def test_refunds_failures_and_disputes_are_booked_with_what_moved_them(
    gateway: StripeGateway, world: server.Sandbox
) -> None:
    intent = paid(gateway, world)
    refund = gateway.refund(intent, 1000, idempotency_key="part")
    world.settle_refund(refund.id, "failed")
    dispute = world.open_dispute(intent)
    world.close_dispute(dispute["id"], "won")
    booked = {each.reporting_category: each for each in listed(gateway)}
    assert set(booked) == {"charge", "refund", "refund_failure", "dispute", "dispute_reversal"}
    assert {each.payment_intent_id for each in booked.values()} == {intent}
    assert (booked["refund"].amount_cents, booked["refund"].source_id) == (-1000, refund.id)
    assert (booked["refund_failure"].amount_cents, booked["refund_failure"].source_id) == (1000, refund.id)
    assert (booked["dispute"].amount_cents, booked["dispute"].fee_cents) == (-11_400, 2500)
    assert booked["dispute_reversal"].amount_cents == 11_400
    assert booked["dispute"].source["object"] == "dispute"


def test_pages_follow_one_another_to_the_last_row(
    gateway: StripeGateway, world: server.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_balance, "PAGE", 2)
    intents = [paid(gateway, world, f"page {number}") for number in range(5)]
    now = clock.now()
    pages = list(gateway.list_balance_transactions(now - HOUR, now + HOUR))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [each.payment_intent_id for page in pages for each in page] == intents[::-1]


def test_only_what_was_booked_in_the_window_is_listed(gateway: StripeGateway, world: server.Sandbox) -> None:
    paid(gateway, world)
    now = clock.now()
    for since, until in ((now - 2 * HOUR, now - HOUR), (now + HOUR, now + 2 * HOUR)):
        assert list(gateway.list_balance_transactions(since, until)) == []


def test_the_page_of_an_intent_is_found_and_none_where_there_is_none(
    gateway: StripeGateway, world: server.Sandbox
) -> None:
    intent = paid(gateway, world)
    found = gateway.find_checkout(intent)
    assert found is not None and (found.payment_status, found.payment_intent_id) == ("paid", intent)
    assert gateway.find_checkout("pi_of_no_page") is None


def test_trouble_on_the_way_comes_out_in_the_ports_words(
    gateway: StripeGateway, world: server.Sandbox
) -> None:
    with pytest.raises(GatewayRefused):
        gateway.get_balance_transaction("txn_nothing")
    world.fault("stripe", "error")
    with pytest.raises(GatewayUnavailable):
        listed(gateway)
    world.clear_faults()
    assert listed(gateway) == []
