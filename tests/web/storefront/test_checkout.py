"""The checkout over HTTP: from the page to Stripe's, and everything that may go otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order, OrderLine
from bakery.payments.models import Payment
from bakery.people.models import Consent
from bakery.storefront import checkout
from bakery.storefront.forms.checkout import MAX_NOTE
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.people import sign_in
from tests.queries import Counter

pytestmark = pytest.mark.usefixtures("shop")

PERSON = {"name": "Laila Rahimi", "email": "laila@saffron.test", "phone": "0491 570 156", "terms": "y"}


def fill(client: FlaskClient, *variants: Variant, **form: str) -> None:
    for variant in variants:
        data = {"variant_id": variant.id} | form
        assert client.post("/cart/items", data=data).status_code == 303


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def sent(client: FlaskClient, **changes: str) -> dict[str, str]:
    """What a browser would send: the page's hidden fields, the first free slot, a person's details."""
    page = soup(client.get("/checkout"))
    form = page.select_one("form[action='/checkout']")
    assert isinstance(form, Tag), page
    hidden = {field["name"]: field["value"] for field in form.select("input[type=hidden]")}
    slots = [field["value"] for field in form.select("input[name=slot]")]
    return hidden | {"slot": slots[0]} | PERSON | changes


def order(session: Session) -> Order:
    session.expire_all()
    return session.scalars(select(Order)).one()


def orders(session: Session) -> int:
    return session.scalar(select(func.count(Order.id))) or 0


# -- the page


def test_an_empty_cart_goes_back_to_the_cart(client: FlaskClient) -> None:
    answer = client.get("/checkout")
    assert (answer.status_code, answer.location) == (303, "/cart")


def test_only_a_guest_is_asked_to_sign_in(client: FlaskClient) -> None:
    fill(client, make_cake())
    assert "No account needed" in client.get("/checkout").text
    sign_in(client)
    fill(client, make_cake())
    assert "No account needed" not in client.get("/checkout").text


def test_the_page_offers_times_by_day_and_nothing_is_ticked(client: FlaskClient) -> None:
    fill(client, make_cake(), make_loaf())
    page = soup(client.get("/checkout"))
    days = page.select("fieldset.slot-day")
    assert len(days) == 10 and len(page.select("details .slot-day")) == 8
    assert all(day.select("input[type=radio][name=slot]") for day in days)
    assert not page.select("input[checked]")
    assert "$95.00" in page.text and "Walnut Cake" in page.text
    assert "Tree nuts" in page.select_one("aside details").text
    assert page.select_one("form[action='/checkout'] #note")["maxlength"] == str(MAX_NOTE)


def test_later_dates_keep_what_was_typed(client: FlaskClient) -> None:
    fill(client, make_cake())
    data = sent(client)
    later = soup(client.get("/checkout")).select_one("button[name=more]")["value"]
    page = soup(client.post("/checkout", data=data | {"more": later}))
    assert page.select_one("#name")["value"] == PERSON["name"]
    first = page.select_one(".slot-day input")["value"]
    assert first > data["slot"] and not page.select(".error-summary")
    answer = client.post("/checkout", data=data | {"slot": first})
    assert answer.status_code == 303


def test_the_page_asks_the_same_queries_at_any_length(
    client: FlaskClient, session: Session, count_queries: Counter
) -> None:
    counts = []
    for many in (1, 15):
        for _ in range(many):
            fill(client, make_cake())
        with count_queries() as seen:
            assert client.get("/checkout").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 9, seen


# -- placing


def test_a_guest_places_an_order_and_goes_to_pay(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    fill(client, make_cake(), message="Happy 40th Laila")
    data = sent(client, note="Two candles,\r\nplease")
    answer = client.post("/checkout", data=data)
    placed = order(session)
    assert (answer.status_code, answer.location) == (303, session.scalars(select(Payment.url)).one())
    assert (placed.contact_name, placed.contact_email) == ("Laila Rahimi", "laila@saffron.test")
    assert placed.contact_phone == "+61491570156"
    assert placed.customer_note == "Two candles,\nplease"
    assert f"{placed.pickup_at:%Y-%m-%dT%H:%MZ}" == data["slot"]
    assert session.scalars(select(OrderLine.message)).one() == "Happy 40th Laila"
    assert client.get("/cart", headers={"Accept": "application/json"}).json["cart"]["count"] == 0
    assert client.get(f"/orders/{placed.number}").status_code == 200


def test_consent_is_kept_with_its_words_and_only_when_given(client: FlaskClient, session: Session) -> None:
    fill(client, make_cake())
    client.post("/checkout", data=sent(client, email_consent="y"))
    consent = session.scalars(select(Consent)).one()
    assert (consent.channel, consent.address) == ("email", "laila@saffron.test")
    assert consent.wording == "Yes, send me news and offers by email." and consent.source == "checkout"


def test_a_double_click_a_refresh_and_a_second_tab_make_one_order(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    fill(client, make_cake())
    data = sent(client)
    answers = [client.post("/checkout", data=data) for _ in range(3)]
    assert orders(session) == 1
    assert len({answer.location for answer in answers}) == 1
    assert session.scalar(select(func.count(Payment.id))) == 1


def test_a_second_device_of_the_same_cart_gets_the_same_order(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    fill(client, make_cake())
    data = sent(client)
    other = app.test_client()
    other.set_cookie("cart", client.get_cookie("cart").value)
    first, second = client.post("/checkout", data=data), other.post("/checkout", data=data)
    assert first.location == second.location and orders(session) == 1


def test_a_click_that_finds_the_cart_emptied_by_the_other_one_goes_to_the_same_order(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(client, make_cake())
    data = sent(client)
    other, answers = app.test_client(), []
    other.set_cookie("cart", client.get_cookie("cart").value)

    def the_other_was_faster(*args: Any) -> Any:
        """Between this click's question for its order and its question for the cart."""
        monkeypatch.setattr(checkout, "load_cart", load_cart)
        answers.append(other.post("/checkout", data=data))
        return load_cart(*args)

    load_cart = checkout.load_cart
    monkeypatch.setattr(checkout, "load_cart", the_other_was_faster)
    second = client.post("/checkout", data=data)
    assert (second.status_code, second.location) == (303, answers[0].location)
    assert orders(session) == 1


def test_something_added_in_another_tab_is_shown_before_it_is_charged(
    client: FlaskClient, session: Session
) -> None:
    fill(client, make_cake())
    data = sent(client)
    fill(client, make_loaf())
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409 and orders(session) == 0
    page = soup(answer)
    assert "$95.00 now, not $86.00" in page.text
    assert page.select_one("#accepted_total")["value"] == "9500"
    assert page.select_one("#name")["value"] == PERSON["name"]
    assert client.post("/checkout", data=data | {"accepted_total": "9500"}).status_code == 303


def test_a_changed_price_is_named_and_asked_again(client: FlaskClient, session: Session) -> None:
    cake = make_cake()
    fill(client, cake)
    data = sent(client)
    session.execute(update(Variant).where(Variant.id == cake.id).values(price_cents=9100))
    session.commit()
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409 and orders(session) == 0
    assert "$91.00 each instead of $86.00" in answer.text
    again = data | {"accepted_total": soup(answer).select_one("#accepted_total")["value"]}
    assert client.post("/checkout", data=again).status_code == 303
    assert order(session).total_cents == 9100


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("name", "La\x00ila"),
        ("email", ""),
        ("email", "laila"),
        ("email", "laila@nowhere"),
        ("email", "laila@saffron.test, omar@saffron.test"),
        ("email", "x" * 250 + "@saffron.test"),
        ("phone", ""),
        ("phone", "12"),
        ("phone", "call me"),
        ("note", "x" * 501),
        ("note", "bell\x07"),
        ("slot", ""),
        ("terms", ""),
        ("accepted_total", "free"),
        ("accepted_total", ""),
    ],
)
def test_what_cannot_be_is_422_on_the_same_page_with_everything_kept(
    client: FlaskClient, session: Session, field: str, value: str
) -> None:
    fill(client, make_cake())
    data = sent(client, note="No candles", sms_consent="y") | {field: value}
    answer = client.post(
        "/checkout", data={name: text for name, text in data.items() if text or name != "terms"}
    )
    assert answer.status_code == 422 and orders(session) == 0
    page = soup(answer)
    summary = page.select_one(".error-summary")
    assert summary
    for link in summary.select("a[href^='#']"):
        assert page.select_one(link["href"]), link
    kept = {"name": "#name", "email": "#email", "phone": "#phone"}
    for other, selector in kept.items():
        if other != field:
            assert page.select_one(selector)["value"] in (data[other], "+61491570156")
    if field != "note":
        assert page.select_one("#note").text.strip() == "No candles"
    if field != "slot":
        assert page.select_one("input[name=slot][checked]")["value"] == data["slot"]
    assert page.select_one("#sms_consent").has_attr("checked")
