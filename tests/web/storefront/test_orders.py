"""An order's own page: who may see it, what it says at each stage, and how it keeps itself up to date."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders import operations
from bakery.orders.models import CartLine, Order
from bakery.orders.services import expire_order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import Payment
from bakery.people import services as people
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import make_order
from tests.queries import Counter
from tests.web.storefront.test_checkout import fill, sent, soup

pytestmark = pytest.mark.usefixtures("shop")

HTMX = {"HX-Request": "true", "HX-Target": "order-live"}
SUB_PAGES = [
    ("get", ""),
    ("get", "/receipt.pdf"),
    ("post", "/payment"),
    ("post", "/again"),
    ("post", "/change"),
]


def place(client: FlaskClient, session: Session, **form: str) -> Order:
    """A guest's unpaid order, and the browser that knows it."""
    fill(client, make_cake(stock=5), **form)
    assert client.post("/checkout", data=sent(client)).status_code == 303
    session.expire_all()
    return session.scalars(select(Order).order_by(Order.id.desc())).first()


def pay(order: Order) -> None:
    """What Stripe's word does."""
    with transaction() as session:
        locked = operations.lock_order(session, order.id)
        operations.change_payment_status(session, locked, PaymentStatus.PAID)
        operations.confirm(session, locked)


def move(order: Order, to: OrderStatus) -> None:
    with transaction() as session:
        operations.change_status(session, operations.lock_order(session, order.id), to, SYSTEM)


# -- whose order


@pytest.mark.parametrize(("verb", "path"), SUB_PAGES)
def test_a_stranger_finds_no_order_whether_it_exists_or_not(
    app: Flask, client: FlaskClient, session: Session, verb: str, path: str
) -> None:
    order = place(client, session)
    stranger = app.test_client()
    theirs = getattr(stranger, verb)(f"/orders/{order.number}{path}")
    nobodys = getattr(stranger, verb)(f"/orders/SC-2222-22{path}")
    nonsense = getattr(stranger, verb)(f"/orders/nonsense{path}")
    assert (theirs.status_code, nobodys.status_code, nonsense.status_code) == (404, 404, 404)
    text = [answer.text.replace(answer.headers["X-Request-ID"], "") for answer in (theirs, nobodys, nonsense)]
    assert text[0] == text[1] == text[2]
    assert order.contact_name not in theirs.text


def test_the_secret_link_opens_it_once_and_is_hidden(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    order = place(client, session)
    other = app.test_client()
    answer = other.get(f"/orders/{order.number}?key={order.secret}")
    assert (answer.status_code, answer.location) == (303, f"/orders/{order.number}")
    assert other.get(answer.location).status_code == 200


@pytest.mark.parametrize("key", ["", "wrong", "x" * 5000, "é\x00"])
def test_a_wrong_secret_is_the_same_not_found(
    app: Flask, client: FlaskClient, session: Session, key: str
) -> None:
    order = place(client, session)
    other = app.test_client()
    assert other.get(f"/orders/{order.number}", query_string={"key": key}).status_code == 404
    assert other.get("/orders/SC-2222-22", query_string={"key": order.secret}).status_code == 404
    assert other.get(f"/orders/{order.number}").status_code == 404


def test_another_orders_secret_does_not_open_this_one(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    first, second = place(client, session), place(client, session)
    assert app.test_client().get(f"/orders/{first.number}?key={second.secret}").status_code == 404


def test_a_customer_sees_their_own_order_on_any_device(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    mine = people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    people.register("Omar", "omar@saffron.test", "a few words here", ip=None, user_agent="")
    order = make_order((make_cake(), 1), user_id=mine.user_id)
    for email, status in (("laila@saffron.test", 200), ("omar@saffron.test", 404)):
        browser = app.test_client()
        browser.post("/login", data={"email": email, "password": "a few words here"})
        assert browser.get(f"/orders/{order.number}").status_code == status


def test_a_number_may_be_typed_as_people_do(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    assert client.get(f"/orders/{order.number.lower()}").status_code == 200


# -- what it says


def test_unpaid_says_until_when_it_is_held_and_offers_to_pay(client: FlaskClient, session: Session) -> None:
    order = place(client, session, message="Happy 40th Laila")
    page = soup(client.get(f"/orders/{order.number}?paid=0"))
    assert page.select_one("h1").text == "Not paid yet" and "Nothing was charged" in page.text
    assert "held until" in page.text and "Happy 40th Laila" in page.text and "Tree nuts" in page.text
    assert page.select_one(f"form[action='/orders/{order.number}/payment']")


def test_coming_back_from_stripe_waits_for_stripes_word_and_marks_nothing_paid(
    client: FlaskClient, session: Session
) -> None:
    order = place(client, session)
    page = soup(client.get(f"/orders/{order.number}?paid=1"))
    live = page.select_one("#order-live")
    assert "Confirming your payment" in page.select_one("h1").text
    assert live["hx-trigger"] == "every 2s" and "paid=1" in live["hx-get"]
    session.expire_all()
    assert session.get(Order, order.id).payment_status == PaymentStatus.UNPAID


def test_the_page_asks_until_the_payment_is_confirmed_and_304_until_then(
    client: FlaskClient, session: Session
) -> None:
    order = place(client, session)
    live = soup(client.get(f"/orders/{order.number}?paid=1")).select_one("#order-live")
    seen = {"If-None-Match": json.loads(live["hx-headers"])["If-None-Match"]}
    unchanged = client.get(live["hx-get"], headers=HTMX | seen)
    assert (unchanged.status_code, unchanged.data) == (304, b"")
    pay(order)
    changed = client.get(live["hx-get"], headers=HTMX | seen)
    assert changed.status_code == 200 and "Thank you, Laila!" in changed.text
    assert "<html" not in changed.text and "every 20s" in changed.text
    assert soup(changed).select_one(f"a[href='/orders/{order.number}/receipt.pdf']")


def test_after_a_minute_it_says_that_it_takes_longer(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    live = soup(client.get(f"/orders/{order.number}?paid=1")).select_one("#order-live")
    seen = {"If-None-Match": json.loads(live["hx-headers"])["If-None-Match"]}
    with clock.travel(clock.now() + timedelta(seconds=62)):
        late = client.get(live["hx-get"], headers=HTMX | seen)
        assert late.status_code == 200 and "taking longer than usual" in late.text
        assert "every 10s" in late.text


def test_the_timeline_follows_the_order_and_its_steps_back(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    pay(order)
    for status in (OrderStatus.IN_PRODUCTION, OrderStatus.READY):
        move(order, status)
    assert "It is ready for you" in client.get(f"/orders/{order.number}").text
    move(order, OrderStatus.IN_PRODUCTION)
    page = soup(client.get(f"/orders/{order.number}"))
    steps = [
        (step["class"][0], step.select_one(".what").find(string=True)) for step in page.select(".timeline li")
    ]
    assert steps == [
        ("done", "Ordered"),
        ("done", "Paid and confirmed"),
        ("current", "In our kitchen"),
        ("upcoming", "Ready for you"),
        ("upcoming", "Collected"),
    ]


def test_an_order_that_is_over_asks_no_more(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    with clock.travel(clock.now() + timedelta(hours=2)):
        out = client.get(f"/orders/{order.number}")
        assert "time to pay has run out" in out.text
        assert expire_order(order.id)
        page = soup(client.get(f"/orders/{order.number}"))
        assert not page.select_one("#order-live").has_attr("hx-get")
        assert [li.select_one(".what").text for li in page.select(".timeline li")] == [
            "Ordered",
            "Not paid in time",
        ]
        assert client.post(f"/orders/{order.number}/payment").location == f"/orders/{order.number}"


def test_polling_costs_little(client: FlaskClient, session: Session, count_queries: Counter) -> None:
    order = place(client, session)
    live = soup(client.get(f"/orders/{order.number}")).select_one("#order-live")
    seen = {"If-None-Match": json.loads(live["hx-headers"])["If-None-Match"]}
    with count_queries() as queries:
        assert client.get(live["hx-get"], headers=HTMX | seen).status_code == 304
    assert len(queries) <= 3, queries


def test_what_staff_note_is_not_shown(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    with transaction() as inside:
        operations.add_note(inside, operations.lock_order(inside, order.id), "difficult customer", SYSTEM)
    assert "difficult" not in client.get(f"/orders/{order.number}").text


# -- changing one's mind


def test_changing_the_order_frees_what_it_held_and_refills_the_cart(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    order = place(client, session, quantity="3", message="Laila")
    assert session.scalars(select(StockLevel.reserved)).one() == 3
    answer = client.post(f"/orders/{order.number}/change")
    assert (answer.status_code, answer.location) == (303, "/cart")
    session.expire_all()
    assert session.get(Order, order.id).status == OrderStatus.CANCELLED
    assert session.scalars(select(StockLevel.reserved)).one() == 0
    line = session.scalars(select(CartLine)).one()
    assert (line.quantity, line.message) == (3, "Laila")
    assert client.post(f"/orders/{order.number}/payment").location == f"/orders/{order.number}"


def test_a_paid_order_is_not_changed_here(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    pay(order)
    assert client.post(f"/orders/{order.number}/change").status_code == 409
    session.expire_all()
    assert session.get(Order, order.id).status == OrderStatus.CONFIRMED


def test_back_from_stripe_by_the_browsers_button_leads_to_the_order(
    client: FlaskClient, session: Session
) -> None:
    order = place(client, session)
    assert client.get("/checkout").location == f"/orders/{order.number}?paid=0"
    assert f"/orders/{order.number}" in client.get("/cart").text
    fill(client, make_loaf())
    assert client.get("/checkout").status_code == 200


def test_paying_again_uses_the_page_that_is_open(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    url = session.scalars(select(Payment.url)).one()
    assert [client.post(f"/orders/{order.number}/payment").location for _ in range(2)] == [url, url]


# -- the receipt


def test_there_is_no_receipt_before_the_payment(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    assert client.get(f"/orders/{order.number}/receipt.pdf").status_code == 404


def test_the_receipt_is_a_pdf_for_its_owner_only(app: Flask, client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    pay(order)
    answer: Any = client.get(f"/orders/{order.number}/receipt.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-") and "no-store" in answer.headers["Cache-Control"]
    assert app.test_client().get(f"/orders/{order.number}/receipt.pdf").status_code == 404


def test_pages_of_an_order_are_kept_by_nobody_else(client: FlaskClient, session: Session) -> None:
    order = place(client, session)
    page = client.get(f"/orders/{order.number}")
    assert "no-store" in page.headers["Cache-Control"]
    assert BeautifulSoup(page.text, "html.parser").select_one("meta[name=robots][content=noindex]")


def test_signing_in_keeps_the_orders_this_browser_placed(client: FlaskClient, session: Session) -> None:
    people.register("Laila", "laila@saffron.test", "a few words here", ip=None, user_agent="")
    order = place(client, session)
    client.post("/login", data={"email": "laila@saffron.test", "password": "a few words here"})
    assert client.get(f"/orders/{order.number}").status_code == 200
    client.post("/logout")
    assert client.get(f"/orders/{order.number}").status_code == 404
