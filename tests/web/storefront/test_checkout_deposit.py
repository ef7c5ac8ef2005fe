"""The checkout of a cart that is ordered with a deposit: stated before anybody pays, asked for, and no surprise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.core import clock
from bakery.integrations.adapters import Adapters
from bakery.shop.models import Shop
from tests.factories.catalog import make_cake
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.queries import Counter
from tests.web.storefront.test_checkout import fill, order, orders, sent, soup

# Saturday the 21st; three open days before Saturday the 5th is Wednesday the 2nd.
NOW, FAR = sydney("2026-11-21 08:00"), sydney("2026-12-05 10:00")


@pytest.fixture(autouse=True)
def shop(session: Session) -> Iterator[Shop]:
    with clock.travel(NOW):
        yield make_open_shop(session)


@pytest.fixture
def cake(session: Session) -> Variant:
    return make_cake(stock=9, price_cents=8_600, product__deposit_percent=50)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def far(data: dict[str, str]) -> dict[str, str]:
    return data | {"slot": FAR.astimezone(tz=None).isoformat()}


def test_the_page_says_what_is_paid_now_what_later_and_what_is_kept(
    client: FlaskClient, cake: Variant
) -> None:
    fill(client, cake)
    page = soup(client.get("/checkout"))
    said = words(page.select_one("#deposit-terms").get_text())
    assert "$43.00 now, $43.00 later" in said
    # Due today for Tuesday the 24th, so Wednesday the 25th is the first day with a deposit.
    assert "for pickup from Wednesday 25 November on: you pay $43.00 now as a deposit" in said
    assert "the remaining $43.00 3 opening days before you collect it" in said
    assert "For an earlier pickup you pay everything now." in said
    assert "$21.50 of the deposit is not given back" in said
    assert page.select_one("#accepted_deposit")["value"] == "4300"
    button = page.select("form[action='/checkout'] button[type=submit]")[-1]
    assert words(button.get_text()).strip() == "Order and pay"


def test_the_chosen_time_says_it_to_the_day(client: FlaskClient, cake: Variant) -> None:
    fill(client, cake)
    answer = client.get(
        "/checkout/deposit", query_string={"slot": FAR.isoformat()}, headers={"HX-Request": "true"}
    )
    said = words(soup(answer).get_text())
    assert "You pay $43.00 now as a deposit, and the remaining $43.00 by Wednesday 2 December 2026." in said
    soon = client.get("/checkout/deposit", query_string={"slot": (NOW + timedelta(days=2)).isoformat()})
    assert "you pay the whole $86.00 now" in words(soup(soon).get_text())
    assert client.get("/checkout/deposit?slot=never").status_code == 303


def test_an_empty_cart_has_no_deposit(client: FlaskClient) -> None:
    assert client.get(f"/checkout/deposit?slot={FAR.isoformat()}").status_code == 303


def test_the_order_asks_its_deposit_and_stripes_page_says_the_rest(
    client: FlaskClient, session: Session, cake: Variant, outside: Adapters
) -> None:
    fill(client, cake)
    answer = client.post("/checkout", data=far(sent(client)))
    assert answer.status_code == 303 and answer.location.startswith("https://pay.")
    placed = order(session)
    assert (placed.deposit_cents, placed.balance_due_on.isoformat()) == (4_300, "2026-12-02")
    assert isinstance(outside.gateway, FakeGateway)
    [(request, _)] = outside.gateway.by_key.values()
    [item] = request.items
    assert item.amount_cents == 4_300
    assert "the remaining $43.00 by Wednesday 2 December 2026" in item.description
    page = words(soup(client.get(f"/orders/{placed.number}")).get_text())
    assert "A deposit now, the rest later" in page and "Pay $43.00 deposit now" in page
    assert "Due by Wednesday 2 December" in page


def test_at_short_notice_all_of_it_is_asked(client: FlaskClient, session: Session, cake: Variant) -> None:
    fill(client, cake)
    assert client.post("/checkout", data=sent(client)).status_code == 303
    placed = order(session)
    assert (placed.deposit_cents, placed.first_payment.cents) == (0, 8_600)


def test_a_deposit_that_changed_meanwhile_is_shown_before_anybody_pays(
    client: FlaskClient, session: Session, cake: Variant
) -> None:
    fill(client, cake)
    data = far(sent(client))
    session.get_one(Product, cake.product_id).deposit_percent = 80
    session.commit()
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409 and orders(session) == 0
    page = soup(answer)
    assert "What you pay now has changed." in page.text and "$68.80 now, $17.20 later" in words(page.text)
    again = data | {"accepted_deposit": page.select_one("#accepted_deposit")["value"]}
    assert client.post("/checkout", data=again).status_code == 303


def test_without_a_rule_nothing_is_said_of_deposits(client: FlaskClient) -> None:
    fill(client, make_cake())
    page = soup(client.get("/checkout"))
    assert page.select_one("#deposit-terms") is None
    assert page.select_one("#accepted_deposit")["value"] == "0"
    assert "Pay $86.00" in words(page.get_text())


def test_a_shop_that_is_due_on_the_day_says_so(
    client: FlaskClient, session: Session, shop: Shop, cake: Variant
) -> None:
    shop.balance_due_days, shop.deposit_kept_percent = 0, 0
    session.commit()
    fill(client, cake)
    said = words(soup(client.get("/checkout")).select_one("#deposit-terms").get_text())
    assert "the remaining $43.00 by the time you collect it" in said
    assert "not given back" not in said


def test_it_takes_no_more_queries(client: FlaskClient, cake: Variant, count_queries: Counter) -> None:
    fill(client, cake)
    client.get("/checkout")
    with count_queries() as seen:
        client.get("/checkout")
    assert len(seen) <= 9, seen
