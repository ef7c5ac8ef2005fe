"""The cart when the menu, the stock or the person changes meanwhile, and what it costs."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.orders.cart_operations import MAX_LINES
from bakery.people import services as people
from bakery.shop.models import Shop
from bakery.stock.models import StockLevel
from tests.factories.catalog import PictureFactory, VariantFactory, make_cake
from tests.factories.orders import make_cart
from tests.queries import Counter
from tests.web.storefront.test_cart import HTMX, JSON, add, lines

pytestmark = pytest.mark.usefixtures("shop")


# -- what changed meanwhile


def test_a_changed_price_is_shown_and_asked(client: FlaskClient, session: Session) -> None:
    cake = make_cake()
    add(client, cake)
    session.execute(update(Variant).where(Variant.id == cake.id).values(price_cents=9100))
    session.commit()
    item = client.get("/cart", headers=JSON).json["cart"]["items"][0]
    assert (item["problem"], item["seen_price_cents"], item["unit_price_cents"]) == ("price", 8600, 9100)
    page = client.get("/cart").text
    assert "$86.00" in page and "$91.00" in page and 'href="/checkout"' not in page
    assert client.post("/cart/prices").status_code == 303
    assert client.get("/cart", headers=JSON).json["cart"]["orderable"] is True


def test_a_shortage_is_shown_with_what_is_left(client: FlaskClient, session: Session) -> None:
    cake = make_cake(stock=5)
    item = add(client, cake, quantity="4").json["cart"]["items"][0]
    session.execute(update(StockLevel).values(reserved=3))
    session.commit()
    page = BeautifulSoup(client.get("/cart").text, "html.parser")
    form = page.select_one(".cart-line .notice form")
    assert "Take 2" in form.text and not page.select("a[href='/checkout']")
    client.post(form["action"], data={"quantity": form.select_one("input")["value"]})
    assert lines(session)[0].quantity == 2
    assert client.get("/cart", headers=JSON).json["cart"]["orderable"] is True
    assert item["problem"] is None


def test_two_lines_of_one_cake_share_what_is_left(client: FlaskClient, session: Session) -> None:
    cake = make_cake(stock=4)
    add(client, cake, quantity="2", message="Laila")
    add(client, cake, quantity="2", message="Omar")
    session.execute(update(StockLevel).values(reserved=1))
    session.commit()
    items = client.get("/cart", headers=JSON).json["cart"]["items"]
    assert [(item["available"], item["problem"]) for item in items] == [(2, None), (1, "short")]


def test_what_left_the_menu_can_be_removed_with_one_tap(client: FlaskClient, session: Session) -> None:
    add(client, make_cake())
    session.execute(update(Product).values(published_at=None))
    session.commit()
    page = BeautifulSoup(client.get("/cart").text, "html.parser")
    assert "No longer for sale" in page.text
    form = page.select_one(".cart-line .notice form")
    client.post(form["action"], data={"quantity": form.select_one("input")["value"]})
    assert lines(session) == []


# -- cost


@pytest.mark.parametrize("many", [1, 25])
def test_the_cart_costs_the_same_queries_at_any_length(
    client: FlaskClient, session: Session, count_queries: Counter, many: int
) -> None:
    for _ in range(many):
        variant = VariantFactory(stock=9)
        PictureFactory(product_id=variant.product_id)
        add(client, variant)
    for headers in ({"Accept": "text/html"}, JSON, HTMX):
        with count_queries() as seen:
            assert client.get("/cart", headers=headers).status_code == 200
        assert len(seen) <= 6, "\n".join(str(q)[:110] for q in seen)


def test_a_signed_in_customers_cart_costs_no_more(
    app: Flask, client: FlaskClient, count_queries: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    client.post("/login", data={"email": "laila@saffron.test", "password": "a few words here"})
    add(client, make_cake(stock=3))
    # As in a running process, which remembers the shop's own row until it changes.
    monkeypatch.setattr(app.extensions["changes"], "live", True)
    monkeypatch.setitem(app.extensions, "facts", {})
    client.get("/cart")
    with count_queries() as seen:
        assert client.get("/cart").status_code == 200
    assert len(seen) <= 6, "\n".join(str(q)[:110] for q in seen)


def test_what_was_collected_before_signing_in_is_there_afterwards(client: FlaskClient) -> None:
    people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    add(client, make_cake(), message="Laila")
    client.post("/login", data={"email": "laila@saffron.test", "password": "a few words here"})
    items = client.get("/cart", headers=JSON).json["cart"]["items"]
    assert [item["message"] for item in items] == ["Laila"]
    client.post("/logout")
    assert client.get("/cart", headers=JSON).json["cart"]["items"] == []


def test_what_does_not_fit_at_signing_in_is_named_and_waits_in_the_browser(
    client: FlaskClient, session: Session, shop: Shop
) -> None:
    signed = people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    cake = make_cake()
    make_cart(*[(cake, 1, f"x{number}") for number in range(MAX_LINES)], user_id=signed.user_id)
    add(client, make_cake(product__name="Rose Cake"), message="Laila")
    client.post("/login", data={"email": "laila@saffron.test", "password": "a few words here"})
    page = client.get("/cart").text
    assert "some of what you chose before you signed in did not fit: Rose Cake, 8 inch" in page
    items = client.get("/cart", headers=JSON).json["cart"]["items"]
    assert [item["message"] for item in items] == [f"x{number}" for number in range(MAX_LINES)]
    client.post("/logout")
    items = client.get("/cart", headers=JSON).json["cart"]["items"]
    assert [(item["product"], item["message"]) for item in items] == [("Rose Cake", "Laila")]


def test_pages_of_a_cart_are_kept_by_nobody(client: FlaskClient, shop: Shop) -> None:
    add(client, make_cake())
    assert "no-store" in client.get("/cart").headers["Cache-Control"]
