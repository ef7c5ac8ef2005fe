"""The cart over HTTP: pages, fragments and JSON, and everything it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import ids
from bakery.orders.models import Cart, CartLine
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import make_cart

JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}

pytestmark = pytest.mark.usefixtures("shop")


def add(client: FlaskClient, variant: Variant | int, headers: dict[str, str] = JSON, **form: Any) -> Any:
    variant_id = variant if isinstance(variant, int) else variant.id
    return client.post("/cart/items", data={"variant_id": variant_id, **form}, headers=headers)


def lines(session: Session) -> list[CartLine]:
    session.expire_all()
    return list(session.scalars(select(CartLine).order_by(CartLine.id)))


# -- adding


def test_looking_at_the_cart_makes_none(client: FlaskClient, session: Session) -> None:
    answer = client.get("/cart")
    assert answer.status_code == 200
    assert "Your cart is empty" in answer.text
    assert client.get_cookie("cart") is None
    assert session.scalar(select(func.count(Cart.id))) == 0


def test_the_first_add_gives_the_browser_a_token_and_stores_only_its_digest(
    client: FlaskClient, session: Session
) -> None:
    answer = add(client, make_cake())
    assert answer.status_code == 201
    cookie = client.get_cookie("cart")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"
    assert cookie.max_age == 60 * 24 * 3600
    cart = session.scalars(select(Cart)).one()
    assert cart.token_digest == ids.digest(cookie.value)
    add(client, make_loaf())
    assert client.get_cookie("cart").value == cookie.value


def test_a_planted_token_is_not_taken_over(client: FlaskClient, session: Session) -> None:
    client.set_cookie("cart", "planted")
    add(client, make_cake())
    assert client.get_cookie("cart").value != "planted"


def test_json_says_what_the_cart_holds(client: FlaskClient) -> None:
    cake = make_cake()
    answer = add(client, cake, quantity="2", message="Happy 40th Laila")
    assert answer.status_code == 201
    cart = answer.json["cart"]
    assert cart["count"] == 2 and cart["total_cents"] == 17200 and cart["tax_cents"] == 1564
    (item,) = cart["items"]
    assert (item["variant_id"], item["quantity"], item["message"]) == (cake.id, 2, "Happy 40th Laila")
    assert client.get("/cart", headers=JSON).json["cart"]["items"] == [item]


def test_a_json_body_does_as_well(client: FlaskClient) -> None:
    answer = client.post("/cart/items", json={"variant_id": make_cake().id, "quantity": 3})
    assert answer.status_code == 201 and answer.json["cart"]["count"] == 3


def test_a_browser_without_scripts_is_sent_to_the_cart(client: FlaskClient) -> None:
    answer = add(client, make_cake(), headers={"Accept": "text/html"})
    assert (answer.status_code, answer.location) == (303, "/cart")
    page = client.get("/cart").text
    assert "Walnut Cake" in page and "in your cart" in page


def test_htmx_gets_the_drawer_and_the_badge(client: FlaskClient) -> None:
    page = BeautifulSoup(add(client, make_cake(), headers=HTMX, quantity="2").text, "html.parser")
    assert page.find("html") is None
    assert page.select_one("#cart-in-drawer .cart-line")
    badge = page.select_one("#cart-count[hx-swap-oob]")
    assert badge and badge.get_text(" ", strip=True).startswith(", 2")


def test_the_same_message_adds_up_and_another_stays_apart(client: FlaskClient, session: Session) -> None:
    cake = make_cake()
    for message in ("Laila", " Laila ", "Omar", ""):
        add(client, cake, message=message)
    assert [(line.message, line.quantity) for line in lines(session)] == [("Laila", 2), ("Omar", 1), ("", 1)]


def test_composed_and_decomposed_letters_are_the_same_message(client: FlaskClient, session: Session) -> None:
    cake = make_cake()
    add(client, cake, message="Zoe\u0301")
    add(client, cake, message="Zo\u00e9")
    assert [(line.message, line.quantity) for line in lines(session)] == [("Zo\u00e9", 2)]


# -- refusing


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "1000000000"}, "quantity"),
        ({"quantity": "99999999999999999999"}, "quantity"),
        ({"quantity": "two"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"quantity": "٣"}, "quantity"),
        ({"price_cents": "1"}, "price_cents"),
        ({"price": "0.01"}, "price"),
        ({"variant_id": "0"}, "variant_id"),
        ({"variant_id": "99999999"}, "variant_id"),
        ({"variant_id": "9" * 30}, "variant_id"),
        ({"variant_id": "walnut"}, "variant_id"),
        ({"variant_id": ""}, "variant_id"),
        ({"message": "a\x00b"}, "message"),
        ({"message": "a\x07b"}, "message"),
        ({"message": "two\nlines"}, "message"),
        ({"message": "👍" * 500}, "message"),
        ({"message": "\u202egnirts"}, "message"),
        ({"message": "x" * 41}, "message"),
        ({"message": "x" * 100_000}, "message"),
        ({"message": "e\u0301" * 41}, "message"),
        ({"quantity": "11"}, "quantity"),
    ],
)
def test_what_cannot_be_is_422_and_names_the_field(
    client: FlaskClient, session: Session, form: dict[str, str], field: str
) -> None:
    cake = make_cake()
    data = {"variant_id": str(cake.id), "quantity": "1"} | form
    answer = client.post("/cart/items", data=data, headers=JSON)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, field)
    assert len(answer.json["error"]["message"]) > 20
    page = client.post("/cart/items", data=data, headers={"Accept": "text/html"})
    assert page.status_code == 422 and f'data-field="{field}"' in page.text
    assert client.post("/cart/items", data=data, headers=HTMX).status_code == 422
    assert lines(session) == []


@pytest.mark.parametrize(
    "body", [[], "x", 5, None, {"variant_id": True}, {"variant_id": {"a": 1}}, {"quantity": 1.5}]
)
def test_json_of_the_wrong_shape_is_422(client: FlaskClient, body: object) -> None:
    assert client.post("/cart/items", json=body, headers=JSON).status_code == 422


def test_a_message_on_what_takes_none_is_refused(client: FlaskClient) -> None:
    answer = add(client, make_loaf(), message="Hello")
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "message")


@pytest.mark.parametrize("how", ["unpublished", "inactive", "out of season"])
def test_what_is_not_on_sale_cannot_be_added(client: FlaskClient, session: Session, how: str) -> None:
    changes: dict[str, Any] = {
        "unpublished": {"product__published_at": None},
        "inactive": {"active": False},
        "out of season": {"product__season_from": "02-30", "product__season_to": "02-30"},
    }[how]
    answer = add(client, make_cake(**changes))
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "variant_id")


def test_no_more_than_one_order_may_have_over_all_its_messages(client: FlaskClient) -> None:
    cake = make_cake(max_per_order=3)
    assert add(client, cake, quantity="2", message="Laila").status_code == 201
    answer = add(client, cake, quantity="2", message="Omar")
    assert answer.status_code == 422
    assert (
        "up to 3" in answer.json["error"]["message"] and "already have 2" in answer.json["error"]["message"]
    )


def test_no_more_than_there_is(client: FlaskClient) -> None:
    answer = add(client, make_cake(stock=2), quantity="3")
    assert (answer.status_code, answer.json["error"]["field"]) == (409, "quantity")
    assert "only 2" in answer.json["error"]["message"]
    assert "sold out" in add(client, make_cake(stock=0)).json["error"]["message"]


def test_a_cart_takes_so_many_lines_and_no_more(client: FlaskClient) -> None:
    cake = make_cake(max_per_order=100)
    for index in range(40):
        assert add(client, cake, message=f"Cake {index}").status_code == 201
    assert add(client, cake, message="One more").status_code == 409


def test_a_form_from_another_site_is_refused(client: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert add(client, make_cake(), headers=headers).status_code == 403


def test_no_token_is_asked_of_a_shared_page(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert add(client, make_cake()).status_code == 201
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


# -- changing and removing


def test_quantity_and_message_can_be_changed(client: FlaskClient, session: Session) -> None:
    item = add(client, make_cake()).json["cart"]["items"][0]
    answer = client.patch(f"/cart/items/{item['id']}", data={"quantity": "4"}, headers=JSON)
    assert answer.status_code == 200 and answer.json["cart"]["count"] == 4
    client.patch(f"/cart/items/{item['id']}", json={"message": "Omar"})
    (line,) = lines(session)
    assert (line.quantity, line.message) == (4, "Omar")


def test_a_message_changed_to_that_of_another_line_joins_it(client: FlaskClient, session: Session) -> None:
    cake = make_cake()
    add(client, cake, message="Laila")
    last = add(client, cake, message="Omar", quantity="2").json["cart"]["items"][-1]
    answer = client.patch(f"/cart/items/{last['id']}", json={"message": "Laila"})
    assert answer.status_code == 200
    assert [(line.message, line.quantity) for line in lines(session)] == [("Laila", 3)]


@pytest.mark.parametrize("quantity", ["-1", "1000000000", "two", "", "11"])
def test_a_line_cannot_be_set_to_nonsense(client: FlaskClient, session: Session, quantity: str) -> None:
    item = add(client, make_cake()).json["cart"]["items"][0]
    answer = client.patch(f"/cart/items/{item['id']}", data={"quantity": quantity}, headers=JSON)
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "quantity")
    assert lines(session)[0].quantity == 1


def test_patch_zero_and_delete_remove(client: FlaskClient, session: Session) -> None:
    first = add(client, make_cake()).json["cart"]["items"][0]
    last = add(client, make_loaf()).json["cart"]["items"][-1]
    assert client.patch(f"/cart/items/{first['id']}", data={"quantity": "0"}, headers=JSON).status_code == 200
    answer = client.delete(f"/cart/items/{last['id']}", headers=JSON)
    assert answer.status_code == 200 and answer.json["cart"]["items"] == []
    assert lines(session) == []


def test_what_was_removed_can_be_put_back_with_one_tap(client: FlaskClient, session: Session) -> None:
    item = add(client, make_cake(), quantity="2", message="Laila").json["cart"]["items"][0]
    answer = client.delete(f"/cart/items/{item['id']}", headers=HTMX | {"HX-Target": "cart-in-page"})
    form = BeautifulSoup(answer.text, "html.parser").select_one("form[action='/cart/items']")
    client.post("/cart/items", data={i["name"]: i["value"] for i in form.select("input")}, headers=HTMX)
    (line,) = lines(session)
    assert (line.quantity, line.message) == (2, "Laila")


def test_scripts_off_changes_and_removes_by_form(client: FlaskClient, session: Session) -> None:
    add(client, make_cake(), headers={"Accept": "text/html"})
    page = BeautifulSoup(client.get("/cart").text, "html.parser")
    change, remove = page.select(".cart-line .controls form")
    assert change.select_one("button[type=submit]") and change["method"] == "post"
    answer = client.post(change["action"], data={"quantity": "3"})
    assert (answer.status_code, answer.location) == (303, "/cart")
    assert lines(session)[0].quantity == 3
    hidden = {field["name"]: field["value"] for field in remove.select("input")}
    assert client.post(remove["action"], data=hidden).status_code == 303
    assert lines(session) == []


# -- whose cart


@pytest.mark.parametrize("verb", ["patch", "delete", "post"])
@pytest.mark.parametrize("headers", [JSON, HTMX, {"Accept": "text/html"}])
def test_the_line_of_another_cart_is_not_found(
    client: FlaskClient, session: Session, verb: str, headers: dict[str, str]
) -> None:
    theirs = make_cart((make_cake(), 2), token="theirs")
    line_id = session.scalar(select(CartLine.id).where(CartLine.cart_id == theirs.id))
    add(client, make_loaf())
    for target in (line_id, 999_999):
        answer = getattr(client, verb)(f"/cart/items/{target}", data={"quantity": "1"}, headers=headers)
        assert answer.status_code == 404
    assert session.get(CartLine, line_id).quantity == 2


def test_a_browser_without_a_cart_finds_no_line(client: FlaskClient, session: Session) -> None:
    make_cart((make_cake(), 2), token="theirs")
    line_id = lines(session)[0].id
    assert client.delete(f"/cart/items/{line_id}", headers=JSON).status_code == 404
