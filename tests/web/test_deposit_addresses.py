"""The addresses of deposits: the customer's way to Stripe's page, and what staff decide about one order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders.models import Order
from bakery.people.models import Role
from tests.custom_cakes.offers import accept, offered, order_of
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps
from tests.web.test_deposit_shown import page, words

JSON = {"Accept": "application/json"}
NOW = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
PICKUP = datetime.fromisoformat("2026-12-04T23:00:00+00:00")


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def order(session: Session) -> Order:
    """A cake of 86.00 that is ordered with half of it."""
    return place((make_cake(stock=9, price_cents=8_600, product__deposit_percent=50), 1), starts_at=PICKUP)


@pytest.fixture
def customer(client: FlaskClient, order: Order) -> FlaskClient:
    client.get(f"/orders/{order.number}?key={order.secret}")
    return client


# -- the customer's


def test_the_deposit_and_then_the_rest_lead_to_stripes_page(
    customer: FlaskClient, order: Order, gateway: FakeGateway
) -> None:
    here = f"/payments/{order.number}"
    first = customer.post(f"{here}/checkout-deposit")
    assert (first.status_code, first.location) == (303, steps.latest(order).url)
    assert steps.latest(order).kind == "deposit"
    steps.pay(order, gateway)
    rest = customer.post(f"{here}/checkout-final", headers=JSON)
    assert (rest.status_code, rest.json) == (200, {"url": steps.latest(order).url})
    assert (steps.latest(order).kind, steps.latest(order).amount_cents) == ("balance", 4_300)
    steps.pay(order, gateway)
    assert steps.reread(order).payment_status == "PAID"


def test_what_is_not_asked_for_is_409_with_a_sentence(
    customer: FlaskClient, order: Order, gateway: FakeGateway
) -> None:
    here = f"/payments/{order.number}"
    early = customer.post(f"{here}/checkout-final", headers=JSON)
    assert (early.status_code, early.json["error"]["message"]) == (
        409,
        "This order is not confirmed yet: pay what orders it first.",
    )
    shown = customer.post(f"{here}/checkout-final")
    assert shown.status_code == 409 and "pay what orders it first" in words(shown.text)
    customer.post(f"{here}/checkout-deposit")
    steps.pay(order, gateway)
    again = customer.post(f"{here}/checkout-deposit", headers=JSON)
    assert again.status_code == 409 and "what is due now is the rest" in again.json["error"]["message"]
    customer.post(f"{here}/checkout-final")
    steps.pay(order, gateway)
    for address in ("checkout-deposit", "checkout-final"):
        over = customer.post(f"{here}/{address}", headers=JSON)
        assert over.status_code == 409, address
    assert len(gateway.sessions) == 2


def test_an_order_without_a_deposit_asks_for_none(client: FlaskClient, session: Session) -> None:
    plain = place((make_cake(stock=9), 1), starts_at=PICKUP)
    client.get(f"/orders/{plain.number}?key={plain.secret}")
    answer = client.post(f"/payments/{plain.number}/checkout-deposit", headers=JSON)
    assert answer.status_code == 409 and "asks for no deposit" in answer.json["error"]["message"]


@pytest.mark.parametrize("address", ["checkout-deposit", "checkout-final"])
def test_whose_order_it_is_not_gets_404(client: FlaskClient, order: Order, address: str) -> None:
    for headers in ({}, JSON):
        assert client.post(f"/payments/{order.number}/{address}", headers=headers).status_code == 404
    assert client.post(f"/payments/SC-ZZZZ-ZZ/{address}").status_code == 404
    assert client.get(f"/payments/{order.number}/{address}").status_code == 405


def test_while_stripe_is_away_it_is_said(customer: FlaskClient, order: Order, gateway: FakeGateway) -> None:
    gateway.away = True
    answer = customer.post(f"/payments/{order.number}/checkout-deposit")
    assert answer.status_code == 503 and "nothing was charged" in words(answer.text)


def test_an_offers_deposit_is_asked_once_it_is_accepted(client: FlaskClient, session: Session) -> None:
    wish = offered(percent=30)
    cake = order_of(wish)
    client.get(f"/orders/{cake.number}?key={cake.secret}")
    early = client.post(f"/payments/{cake.number}/checkout-deposit", headers=JSON)
    assert early.status_code == 409 and "accept the offer" in early.json["error"]["message"]
    accept(wish)
    assert client.post(f"/payments/{cake.number}/checkout-deposit").status_code == 303
    assert steps.latest(cake).amount_cents == 7_200


# -- the staff's


@pytest.fixture
def manager(client: FlaskClient) -> FlaskClient:
    sign_in(client, role=Role.MANAGER)
    return client


@pytest.fixture
def plain(session: Session) -> Order:
    return place((make_cake(stock=9, price_cents=8_600), 1), starts_at=PICKUP)


def test_staff_ask_for_a_deposit_on_the_orders_page(manager: FlaskClient, plain: Order) -> None:
    here = f"/admin/orders/{plain.number}"
    assert "Ask for a deposit" in page(manager, here)
    answer = manager.post(f"/orders/{plain.number}/create-deposit", data={"percent": "50", "amount": ""})
    assert (answer.status_code, answer.location) == (303, here)
    said = page(manager, here)
    assert "$43.00 orders it, $43.00 is due by Wednesday 2 December." in said
    assert "Change the deposit" in said


@pytest.mark.parametrize(
    ("sent", "cents"),
    [({"percent": 30}, 2_580), ({"amount": "20.50"}, 2_050), ({"amount_cents": 2_001}, 2_001)],
)
def test_machines_ask_in_json(
    manager: FlaskClient, plain: Order, sent: dict[str, object], cents: int
) -> None:
    answer = manager.post(f"/orders/{plain.number}/create-deposit", json=sent, headers=JSON)
    assert answer.status_code == 200
    assert (answer.json["deposit_cents"], answer.json["balance_cents"]) == (cents, 8_600 - cents)
    assert answer.json["balance_due_at"] == "2026-12-02T12:59:59+00:00"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "one of both"),
        ({"percent": "50", "amount": "20"}, "one of both"),
        ({"percent": "0"}, "Write 1 to 100 %"),
        ({"percent": "101"}, "Write 1 to 100 %"),
        ({"percent": "33.5"}, "Write 1 to 100 %"),
        ({"percent": "half"}, "Write 1 to 100 %"),
        ({"percent": "NaN"}, "Write 1 to 100 %"),
        ({"percent": "٥٠"}, "Write 1 to 100 %"),
        ({"percent": "1e999999999"}, "Write 1 to 100 %"),
        ({"amount": "-5"}, "Write an amount in dollars and cents."),
        ({"amount": "1.005"}, "Write an amount in AUD"),
        # A comma before cents is the decimal point of others: not a hundred dollars.
        ({"amount": "0,49"}, "under 50 cents"),
        ({"amount": "1e1"}, "Write an amount in AUD"),
        ({"amount": "0.49"}, "under 50 cents"),
        ({"amount": "85.51"}, "under 50 cents"),
        ({"amount": "1e12"}, "Write an amount in AUD"),
    ],
)
def test_what_is_no_deposit_is_refused(
    manager: FlaskClient, plain: Order, sent: dict[str, str], sentence: str
) -> None:
    answer = manager.post(f"/orders/{plain.number}/create-deposit", data=sent)
    assert answer.status_code == 422 and sentence in words(answer.text)
    assert steps.reread(plain).deposit_cents == 0


@pytest.mark.parametrize(
    "body", ["[]", "[1, 2]", "7", '"percent"', "{", '{"percent": [50]}', '{"percent": {"a": 1}}']
)
def test_json_that_is_none_of_it_is_refused(manager: FlaskClient, plain: Order, body: str) -> None:
    answer = manager.post(
        f"/orders/{plain.number}/create-deposit", data=body, content_type="application/json", headers=JSON
    )
    assert answer.status_code == 422


def test_an_order_that_is_paid_is_refused_with_409(
    manager: FlaskClient, plain: Order, gateway: FakeGateway
) -> None:
    steps.open_page(plain, gateway)
    steps.pay(plain, gateway)
    answer = manager.post(f"/orders/{plain.number}/create-deposit", data={"percent": "50"})
    assert answer.status_code == 409 and "paid or over" in words(answer.text)
    assert "Ask for a deposit" not in page(manager, f"/admin/orders/{plain.number}")
    assert manager.post("/orders/SC-ZZZZ-ZZ/create-deposit", data={"percent": "50"}).status_code == 404


@pytest.mark.parametrize("role", [Role.COUNTER, Role.BAKER, Role.CUSTOMER])
def test_not_everybody_may(client: FlaskClient, plain: Order, role: Role) -> None:
    sign_in(client, role=role)
    for address, data in (
        (f"/orders/{plain.number}/create-deposit", {"percent": "50"}),
        (f"/admin/orders/{plain.number}/release", {"reason": "they are regulars"}),
    ):
        assert client.post(address, data=data).status_code == 403
    assert steps.reread(plain).status == "PENDING_PAYMENT"
