"""Customers and their saved cards: the real Stripe SDK against the sandbox."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe

from bakery.core import clock
from bakery.integrations.gateway.card_port import CustomerRequest, SetupRequest
from bakery.integrations.gateway.port import GatewayRefused
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from sandbox import server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox"))) as running:
        yield running


@pytest.fixture
def gateway(world: server.Sandbox) -> StripeGateway:
    return StripeGateway("sk_test_saffron", "whsec_saffron", world.url)


@pytest.fixture
def dashboard(world: server.Sandbox) -> stripe.StripeClient:
    return stripe.StripeClient("sk_test_saffron", base_addresses={"api": world.url})


def a_customer(**changes: str) -> CustomerRequest:
    reference = f"customer-{secrets.token_hex(8)}"
    values = {"email": "laila@saffron.test", "reference": reference, "idempotency_key": reference}
    return CustomerRequest(**(values | changes))


def a_setup(customer_id: str) -> SetupRequest:
    reference = f"setup-{secrets.token_hex(8)}"
    ends = (clock.now() + timedelta(minutes=31)).replace(microsecond=0)
    address = "http://localhost/account/cards"
    return SetupRequest(customer_id, reference, f"{address}?added=1", address, ends, reference)


def test_a_customer_is_made_once_for_one_key_and_found_by_its_reference(gateway: StripeGateway) -> None:
    request = a_customer()
    made = gateway.create_customer(request)
    assert gateway.create_customer(request) == made
    assert gateway.find_customer(request.email, request.reference) == made
    assert gateway.find_customer(request.email, "customer-nobody") is None
    assert gateway.find_customer("nobody@saffron.test", request.reference) is None
    with pytest.raises(GatewayRefused):
        gateway.create_customer(
            a_customer(email="other@saffron.test", idempotency_key=request.idempotency_key)
        )


def test_a_customer_is_deleted_with_every_card_and_twice_is_once(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    made = gateway.create_customer(a_customer())
    method = dashboard.v1.payment_methods.attach("pm_card_visa", params={"customer": made}).id
    for _ in range(2):
        gateway.delete_customer(made)
    assert gateway.get_card(method).customer_id is None


def test_a_card_is_read_without_its_number_and_detached_once_or_twice(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    made = gateway.create_customer(a_customer())
    method = dashboard.v1.payment_methods.attach("pm_card_amex", params={"customer": made}).id
    card = gateway.get_card(method)
    assert (card.customer_id, card.brand, card.last_four) == (made, "amex", "0005")
    assert 1 <= card.expiry_month <= 12 and card.expiry_year > 2026 and card.fingerprint
    for _ in range(2):
        gateway.detach_card(method)
    assert gateway.get_card(method).customer_id is None
    with pytest.raises(GatewayRefused):
        gateway.get_card("pm_nowhere")


def test_a_page_that_only_saves_a_card(gateway: StripeGateway, world: server.Sandbox) -> None:
    made = gateway.create_customer(a_customer())
    request = a_setup(made)
    page = gateway.open_card_setup(request)
    assert (gateway.open_card_setup(request).id, page.status, page.payment_method_id) == (
        page.id,
        "open",
        None,
    )
    assert page.url and page.url.startswith("http://127.0.0.1")
    world.pay(page.id)
    done = gateway.get_card_setup(page.id)
    assert done.status == "complete" and done.payment_method_id
    card = gateway.get_card(done.payment_method_id)
    assert (card.customer_id, card.last_four) == (made, "4242")
    assert page.id not in [
        each.id for each in gateway.list_completed_checkouts(clock.now() - timedelta(hours=1))
    ]


def test_such_a_page_is_closed(gateway: StripeGateway) -> None:
    page = gateway.open_card_setup(a_setup(gateway.create_customer(a_customer())))
    assert gateway.expire_card_setup(page.id).status == "expired"
    with pytest.raises(GatewayRefused):
        gateway.expire_card_setup(page.id)
