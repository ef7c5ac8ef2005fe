"""Charging saved cards: the real Stripe SDK against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import stripe

from bakery.core import clock
from bakery.integrations.gateway.card_port import CardCharge
from bakery.integrations.gateway.port import GatewayRefused
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from sandbox import server

GOOD, ASKS, REFUSED = (
    "pm_card_visa",
    "pm_card_authenticationRequired",
    "pm_card_chargeCustomerFail",
)


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


def a_charge(dashboard: stripe.StripeClient, card: str = GOOD, **changes: object) -> CardCharge:
    customer = dashboard.v1.customers.create(params={"email": "laila@saffron.test"}).id
    method = dashboard.v1.payment_methods.attach(card, params={"customer": customer}).id
    values: dict[str, object] = {
        "order_number": "SC-7K3M-Q9",
        "payment_id": 12,
        "amount_cents": 5275,
        "currency": "AUD",
        "customer_id": customer,
        "payment_method_id": method,
        "off_session": False,
        "return_url": "http://localhost/orders/SC-7K3M-Q9?paid=1",
        "idempotency_key": f"charge-{customer}",
    }
    return CardCharge(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("off_session", [True, False])
def test_a_good_card_is_charged_once_for_one_key(
    gateway: StripeGateway, dashboard: stripe.StripeClient, off_session: bool
) -> None:
    charge = a_charge(dashboard, off_session=off_session)
    first, second = gateway.charge_card(charge), gateway.charge_card(charge)
    assert (first.status, second.intent_id) == ("succeeded", first.intent_id)
    assert first.raw["metadata"] == {"order_number": "SC-7K3M-Q9", "payment_id": "12"}
    assert gateway.get_charge(first.intent_id).status == "succeeded"
    since = clock.now() - timedelta(minutes=5)
    assert [each.intent_id for each in gateway.list_charges(since)].count(first.intent_id) == 1


def test_a_banks_no_is_an_answer_with_its_reason(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    result = gateway.charge_card(a_charge(dashboard, REFUSED))
    assert (result.status, result.code, result.decline_code) == (
        "requires_payment_method",
        "card_declined",
        "generic_decline",
    )
    assert result.intent_id


def test_a_bank_that_asks_names_where_its_customer_answers(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    result = gateway.charge_card(a_charge(dashboard, ASKS))
    assert result.status == "requires_action"
    assert result.url and result.url.startswith("http://127.0.0.1")
    assert gateway.cancel_charge(result.intent_id).status == "canceled"


def test_a_bank_that_asks_while_nobody_is_there_says_so(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    result = gateway.charge_card(a_charge(dashboard, ASKS, off_session=True))
    assert (result.status, result.code) == ("requires_payment_method", "authentication_required")


def test_a_charge_that_is_over_is_not_called_off(
    gateway: StripeGateway, dashboard: stripe.StripeClient
) -> None:
    made = gateway.charge_card(a_charge(dashboard))
    with pytest.raises(GatewayRefused):
        gateway.cancel_charge(made.intent_id)


def test_a_card_that_is_gone_is_refused(gateway: StripeGateway, dashboard: stripe.StripeClient) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.charge_card(a_charge(dashboard, payment_method_id="pm_nowhere"))
    assert refused.value.code == "resource_missing"
