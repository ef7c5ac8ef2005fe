"""The money of an order on its page in the back office, and the two forms there."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.people.models import Role
from tests.books import steps as books
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway


@pytest.fixture
def order(gateway: FakeGateway) -> Order:
    """Its deposit is paid; 55.50 is due."""
    return books.paid(gateway, deposit_cents=5000)


@pytest.fixture
def counter(client: FlaskClient, gateway: FakeGateway) -> FlaskClient:
    sign_in(client, role=Role.COUNTER)
    return client


@pytest.fixture
def owner(client: FlaskClient, gateway: FakeGateway) -> FlaskClient:
    sign_in(client, role=Role.OWNER)
    return client


def key_of(browser: FlaskClient, order: Order, form: str = "till") -> str:
    page = browser.get(f"/admin/orders/{order.number}").text
    return re.search(rf'name="{form}-key" value="([^"]+)"', page)[1]


def take(browser: FlaskClient, order: Order, key: str = "form-000001", **typed: str):  # type: ignore[no-untyped-def]
    values = {"tender": "cash", "amount": "55.50", **typed}
    data = {f"till-{name}": value for name, value in values.items()} | {"till-key": key}
    return browser.post(f"/admin/orders/{order.number}/takings", data=data)


def correct(browser: FlaskClient, order: Order, **typed: str):  # type: ignore[no-untyped-def]
    values = {"key": "form-000009", "amount": "-1.00", "reason": "Counted wrong", **typed}
    data = {f"correct-{name}": value for name, value in values.items()}
    return browser.post(f"/admin/orders/{order.number}/adjustments", data=data)


def test_every_movement_stands_in_one_table_that_adds_up_to_nothing(
    owner: FlaskClient, order: Order, gateway: FakeGateway
) -> None:
    books.refund(order, gateway, 1000)
    books.read(gateway)
    page = owner.get(f"/admin/orders/{order.number}").text
    for words in ("Ordered", "Deposit paid by card", "Sent back to the card", "Price lowered", "Still due"):
        assert f"<strong>{words}</strong>" in page, words
    assert books.intent(order) in page, "staff find it in Stripe by its number"
    assert "Our own costs" in page and "Left to us" in page and "$38.85" in page
    assert page.index("Deposit paid by card") < page.index("Price lowered") < page.index("<strong>Still due")


def test_the_counter_takes_what_is_due(counter: FlaskClient, order: Order) -> None:
    assert 'value="55.50"' in counter.get(f"/admin/orders/{order.number}").text
    answer = take(counter, order, key_of(counter, order))
    assert answer.status_code == 303 and answer.location.endswith(f"{order.number}#money")
    page = counter.get(f"/admin/orders/{order.number}").text
    assert "$55.50 in cash is in the books" in page and "Nothing is due" in page
    assert "Take money at the counter" not in page
    assert steps.reread(order).payment_status == "PAID"


def test_a_double_click_is_said_and_entered_once(counter: FlaskClient, order: Order) -> None:
    key = key_of(counter, order)
    take(counter, order, key, amount="20")
    again = counter.post(
        f"/admin/orders/{order.number}/takings",
        data={"till-key": key, "till-tender": "cash", "till-amount": "20"},
        follow_redirects=True,
    )
    assert "in the books once" in again.text
    assert steps.reread(order).held_cents == 7000


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": ""}, "Write the amount"),
        ({"amount": "much"}, "Write a number"),
        ({"amount": "1.234"}, "at most 2 decimals"),
        ({"amount": "0"}, "Write how much you took"),
        ({"amount": "-5"}, "Write how much you took"),
        ({"amount": "55.51"}, "Only $55.50 is due"),
        ({"amount": "999999999.99"}, "Write how much you took"),
        ({"amount": "1000000000000"}, "Write a number"),
        ({"tender": "external_card"}, "number on the terminal&#39;s slip"),
        ({"tender": "gold"}, "Not a valid choice"),
        ({"tender": ""}, "Choose cash or the card terminal"),
        ({"note": "x" * 301}, "Up to 300"),
        ({"slip": "x" * 61}, "Up to 60"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field_and_the_form_is_kept(
    counter: FlaskClient, order: Order, typed: dict[str, str], said: str
) -> None:
    answer = take(counter, order, **{"note": "in coins", **typed})
    assert answer.status_code == 422 and said in answer.text
    assert " open><summary>" in answer.text
    if "note" not in typed:
        assert 'value="in coins"' in answer.text
    assert steps.reread(order).held_cents == 5000


@pytest.mark.parametrize(
    "strange", ["\x00", "a\x00b", "\ud83e\udd5a".encode("utf-16", "surrogatepass").decode("utf-16"), "\u202e"]
)
def test_strange_characters_are_harmless(owner: FlaskClient, order: Order, strange: str) -> None:
    assert take(owner, order, amount="1", note=strange, slip=strange).status_code in (303, 400, 422)
    assert correct(owner, order, reason=f"Counted wrong {strange}").status_code in (303, 400, 422)
    assert owner.get(f"/admin/orders/{order.number}").status_code == 200


def test_an_order_that_was_paid_meanwhile_says_so(
    counter: FlaskClient, order: Order, gateway: FakeGateway
) -> None:
    key = key_of(counter, order)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    answer = take(counter, order, key)
    assert answer.status_code == 409 and "already paid" in answer.text
    assert steps.reread(order).held_cents == 10_550


def test_the_owner_corrects_the_ledger_with_a_reason(owner: FlaskClient, order: Order) -> None:
    answer = correct(owner, order, key=key_of(owner, order, "correct"))
    assert answer.status_code == 303
    page = owner.get(f"/admin/orders/{order.number}").text
    assert (
        "The correction is in the books" in page and "Corrected downwards" in page and "Counted wrong" in page
    )
    assert steps.reread(order).held_cents == 4900


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "0"}, "by how much the ledger is wrong"),
        ({"amount": "-50.01"}, "We hold $50.00"),
        ({"reason": ""}, "Say what was wrong"),
        ({"reason": "no"}, "Say in a sentence"),
        ({"amount": "1", "lowers_price": "y"}, "leaves no room"),
    ],
)
def test_a_correction_that_cannot_be_is_said_beside_its_field(
    owner: FlaskClient, order: Order, typed: dict[str, str], said: str
) -> None:
    answer = correct(owner, order, **typed)
    assert answer.status_code == 422 and said in answer.text
    assert steps.reread(order).held_cents == 5000


def test_each_form_is_for_those_who_have_its_right(client: FlaskClient, order: Order) -> None:
    for role, takes, corrects in (
        (Role.BAKER, False, False),
        (Role.COUNTER, True, False),
        (Role.MANAGER, True, False),
        (Role.OWNER, True, True),
    ):
        browser = client.application.test_client()
        sign_in(browser, role=role)
        page = browser.get(f"/admin/orders/{order.number}").text
        assert ("Take money at the counter" in page) is takes, role
        assert ("Correct the ledger" in page) is corrects, role
        if not takes:
            assert take(browser, order).status_code == 403
        if not corrects:
            assert correct(browser, order).status_code == 403
    stranger = client.application.test_client()
    assert take(stranger, order).status_code == 303 and "/login" in take(stranger, order).location
    assert steps.reread(order).held_cents == 5000


def test_an_order_that_is_not_there_is_not_found(owner: FlaskClient) -> None:
    for path in ("takings", "adjustments"):
        assert owner.post(f"/admin/orders/SC-2222-22/{path}").status_code == 404


def test_its_customer_reads_the_same_lines_without_what_is_the_shops_own(
    client: FlaskClient, order: Order, gateway: FakeGateway
) -> None:
    owner = client.application.test_client()
    sign_in(owner, role=Role.OWNER)
    take(owner, order, amount="20", tender="external_card", slip="T-4711", note="grumbled about the price")
    books.read(gateway)
    page = client.get(f"/orders/{order.number}?key={order.secret}", follow_redirects=True).text
    part = page[page.index('id="payments"') : page.index("</section>", page.index('id="payments"'))]
    assert "Your order" in part and "Deposit paid by card" in part and "-$50.00" in part
    assert "Paid by card at the terminal" in part and "Still to be paid" in part and "$35.50" in part
    for secret in ("grumbled", "T-4711", books.intent(order), "Stripe&#39;s fee", "Zahra"):
        assert secret not in page, secret


def test_an_order_that_nobody_has_paid_for_shows_its_customer_no_payments(
    client: FlaskClient, gateway: FakeGateway
) -> None:
    order = steps.pending()
    page = client.get(f"/orders/{order.number}?key={order.secret}", follow_redirects=True).text
    assert 'id="payments"' not in page
