"""What an order's page says of money that goes back, that did not arrive, or that has gone; and the form that asks."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments.refund_states import RefundSource
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.web.storefront.test_cancelling import page
from tests.web.storefront.test_checkout import soup


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway


@pytest.fixture
def order(gateway: FakeGateway, client: FlaskClient) -> Order:
    """An order for 105.50, paid; the browser knows it."""
    order = refunds.paid(gateway)
    client.get(f"/orders/{order.number}?key={order.secret}")
    return order


def test_what_did_not_arrive_is_not_said_to_be_on_its_way(
    order: Order, gateway: FakeGateway, client: FlaskClient
) -> None:
    request_id = refunds.refunded(order, gateway)
    [part] = refunds.parts(request_id)
    steps.tell("refund.failed", gateway.settle(str(part.stripe_refund_id), "failed").raw)
    assert refunds.row(request_id).state == "FAILED"
    said = page(client, order)
    assert "$105.50 did not arrive" in said
    assert "We are finding another way and will write to you." in said
    assert "is on its way back" not in said and "Ask for money back" not in said


def test_a_confirmed_order_whose_money_went_back_is_not_called_paid(
    order: Order, gateway: FakeGateway, client: FlaskClient
) -> None:
    request_id = refunds.refunded(order, gateway)
    [part] = refunds.parts(request_id)
    steps.tell("refund.updated", gateway.settle(str(part.stripe_refund_id), "succeeded").raw)
    row = steps.reread(order)
    assert (row.status, row.payment_status) == ("CONFIRMED", "REFUNDED")
    said = page(client, order)
    assert "Your order is confirmed, and all that was paid of it has gone back." in said
    assert "paid and confirmed. A receipt" not in said


def test_a_deposit_that_went_back_is_not_called_paid_and_the_rest_stays_due(
    gateway: FakeGateway, client: FlaskClient
) -> None:
    order = refunds.paid(gateway, deposit_cents=5275)
    client.get(f"/orders/{order.number}?key={order.secret}")
    assert "Your deposit is paid" in page(client, order) and "Invoice (PDF)" in page(client, order)
    refunds.refunded(order, gateway)
    said = page(client, order)
    assert "all that was paid of it has gone back" in said and "Your deposit is paid" not in said
    assert "$52.75 is still to be paid" in said


def test_what_was_given_back_stands_under_the_total(
    order: Order, gateway: FakeGateway, client: FlaskClient
) -> None:
    assert "Given back" not in page(client, order)
    request_id = refunds.refunded(order, gateway, refunds.amount(550))
    [part] = refunds.parts(request_id)
    steps.tell("refund.updated", gateway.settle(str(part.stripe_refund_id), "succeeded").raw)
    said = page(client, order)
    assert "Total $105.50 Given back -$5.50 Now $100.00" in said.replace("−", "-")
    assert "Ask for money back" in said


def test_nothing_more_is_asked_while_something_is_asked_or_under_way(
    order: Order, gateway: FakeGateway, client: FlaskClient
) -> None:
    assert "Ask for money back" in page(client, order)
    asked = refunds.ask(order, refunds.amount(500), source=RefundSource.CUSTOMER)
    assert "Ask for money back" not in page(client, order)
    refunds.refund_requests.approve(asked.id, refunds.who())
    said = page(client, order)
    assert "$5.00 is on its way back" in said and "Ask for money back" not in said


def test_who_paid_after_all_is_not_told_that_nothing_was_charged(
    gateway: FakeGateway, client: FlaskClient
) -> None:
    order = steps.pending(deposit_cents=2500)
    client.get(f"/orders/{order.number}?key={order.secret}")
    left = "You left the payment page. Nothing was charged."
    steps.open_page(order, gateway)
    assert left in page(client, order, "?paid=0")
    steps.pay(order, gateway)
    assert steps.reread(order).payment_status == "DEPOSIT_PAID"
    assert left not in page(client, order, "?paid=0")
    # The rest is another payment, and its page can be left as well.
    steps.open_page(order, gateway)
    assert left in page(client, order, "?paid=0")


def test_a_corrected_value_keeps_no_error(order: Order, client: FlaskClient) -> None:
    at = f"/orders/{order.number}/refund"
    first = soup(client.get(at)).select_one("input[type=number]")["name"]
    form = {"what": "lines", first: "99", "reason": "Melted", "key": "page-00000001"}
    wrong = soup(client.post(at, data=form))
    field = wrong.select_one(f"[name={first}]")
    assert field["aria-invalid"] == "true" and "99" in wrong.select_one(f"#{first}-error").text
    # The field names its error's place also while it is empty: the answer fills or empties it.
    assert field["aria-describedby"] == f"{first}-error"
    htmx = {"HX-Request": "true", "HX-Target": "preview"}
    answer = soup(client.post(at, data=form | {first: "1", "preview": "1"}, headers=htmx))
    slot = answer.select_one(f"#{first}-error")
    assert slot["hx-swap-oob"] == "true" and not slot.text.strip()
    assert answer.select_one("#lines-error")["hx-swap-oob"] == "true"
    assert not soup(client.get(at)).select("[hx-swap-oob]#lines-error")
