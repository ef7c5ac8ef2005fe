"""The checkout when a time, a thing or Stripe is gone: nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.catalog.models import Product
from bakery.core import clock
from bakery.integrations.adapters import Adapters
from bakery.orders.models import CartLine
from bakery.orders.services import expire_order
from bakery.scheduling.models import PickupSlot, ScheduleException, SlotPlan
from bakery.stock.models import StockLevel
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.scheduling import sydney
from tests.web.storefront.test_checkout import PERSON, fill, order, orders, sent, soup

pytestmark = pytest.mark.usefixtures("shop")


@pytest.mark.parametrize(
    "slot",
    [
        "2020-01-06T00:00Z",
        "2030-12-25T02:00Z",
        "2026-10-04T02:30",
        "not a time",
        "2026-13-40T99:99Z",
        "9999-12-31T23:59Z",
        "0001-01-01T00:00",
        "9999-12-31T23:59:59-23:59",
        "' OR 1=1",
    ],
)
def test_a_time_that_cannot_be_is_offered_anew(client: FlaskClient, session: Session, slot: str) -> None:
    fill(client, make_cake())
    answer = client.post("/checkout", data=sent(client, slot=slot))
    assert answer.status_code in (409, 422) and orders(session) == 0
    page = soup(answer)
    assert page.select_one("#slot .error") and page.select(".error-summary a[href='#slot']")
    assert page.select("input[name=slot]") and page.select_one("#name")["value"] == PERSON["name"]


def test_a_time_skipped_by_daylight_saving_is_offered_anew(client: FlaskClient, session: Session) -> None:
    with clock.travel(sydney("2026-10-01 09:00")):
        fill(client, make_cake())
        data = sent(client)
        for gap in ("2026-10-04T02:30", "2026-10-03T16:30Z"):
            assert client.post("/checkout", data=data | {"slot": gap}).status_code in (409, 422)
        assert orders(session) == 0


def test_a_slot_taken_meanwhile_is_offered_anew_without_losing_anything(
    client: FlaskClient, session: Session
) -> None:
    fill(client, make_cake())
    data = sent(client, note="No candles")
    session.execute(update(SlotPlan).values(capacity_orders=1))
    starts = clock.now().strptime(data["slot"], "%Y-%m-%dT%H:%M%z")
    local = starts.astimezone(sydney("2026-01-01").tzinfo)
    session.add(
        PickupSlot(
            starts_at=starts,
            on_date=local.date(),
            local_time=local.time(),
            capacity_orders=1,
            capacity_minutes=120,
            booked_orders=1,
        )
    )
    session.commit()
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409
    page = soup(answer)
    assert page.select_one("#slot .error") and page.select_one("#note").text.strip() == "No candles"
    offered = [field["value"] for field in page.select("input[name=slot]")]
    assert offered and data["slot"] not in offered
    assert client.post("/checkout", data=data | {"slot": offered[0]}).status_code == 303


def test_a_day_closed_meanwhile_is_offered_anew(client: FlaskClient, session: Session) -> None:
    fill(client, make_cake())
    data = sent(client)
    starts = clock.now().strptime(data["slot"], "%Y-%m-%dT%H:%M%z")
    on = starts.astimezone(sydney("2026-01-01").tzinfo).date()
    session.add(ScheduleException(on_date=on, name="Flooded"))
    session.commit()
    assert client.post("/checkout", data=data).status_code == 409
    assert orders(session) == 0


def test_what_sold_out_meanwhile_is_named_in_the_cart_and_the_details_are_kept(
    client: FlaskClient, session: Session
) -> None:
    fill(client, make_cake(stock=5), quantity="3")
    data = sent(client, note="No candles")
    session.execute(update(StockLevel).values(reserved=4))
    session.commit()
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409 and orders(session) == 0
    assert "Only 1 left of Walnut Cake" in answer.text and "Take 1" in answer.text
    line = session.scalars(select(CartLine)).one()
    client.post(f"/cart/items/{line.id}", data={"quantity": "1"})
    page = soup(client.get("/checkout"))
    assert page.select_one("#email")["value"] == PERSON["email"]
    assert page.select_one("#note").text.strip() == "No candles"


def test_what_left_the_menu_meanwhile_is_shown_in_the_cart(client: FlaskClient, session: Session) -> None:
    fill(client, make_cake(), make_loaf())
    data = sent(client)
    session.execute(update(Product).where(Product.name == "Walnut Cake").values(published_at=None))
    session.commit()
    answer = client.post("/checkout", data=data)
    assert answer.status_code == 409 and "No longer for sale" in answer.text
    assert client.get("/checkout").location == "/cart"


def test_a_key_of_nobodys_page_places_nothing(client: FlaskClient, session: Session) -> None:
    fill(client, make_cake())
    answer = client.post("/checkout", data=sent(client, checkout_key="made up"))
    assert answer.status_code == 409 and orders(session) == 0
    assert client.post("/checkout", data=sent(client)).status_code == 303


@pytest.mark.parametrize("has_a_cart", [True, False])
def test_the_key_of_somebody_elses_page_leads_nobody_to_their_order(
    app: Flask, client: FlaskClient, session: Session, has_a_cart: bool
) -> None:
    cake = make_cake(stock=9)
    fill(client, cake)
    data = sent(client)
    assert client.post("/checkout", data=data).status_code == 303
    stranger, number = app.test_client(), order(session).number
    if has_a_cart:
        fill(stranger, cake)
    answer = stranger.post("/checkout", data=data)
    assert (answer.status_code, answer.location) == ((409, None) if has_a_cart else (303, "/cart"))
    assert stranger.get(f"/orders/{number}").status_code == 404
    assert orders(session) == 1
    again = client.post("/checkout", data=data)
    assert again.status_code == 303 and client.get(f"/orders/{number}").status_code == 200


def test_with_stripe_away_the_order_is_kept_and_can_be_paid_later(
    client: FlaskClient, session: Session, outside: Adapters
) -> None:
    fill(client, make_cake())
    outside.gateway.away = True
    answer = client.post("/checkout", data=sent(client))
    number = order(session).number
    assert (answer.status_code, answer.location) == (303, f"/orders/{number}")
    page = soup(client.get(answer.location))
    assert "held until" in page.text and page.select_one(f"form[action='/orders/{number}/payment']")
    again = client.post(f"/orders/{number}/payment")
    assert again.location == f"/orders/{number}"
    outside.gateway.away = False
    assert client.post(f"/orders/{number}/payment").location.startswith("https://pay.saffron.test/")


def test_what_expired_can_be_ordered_again(client: FlaskClient, session: Session) -> None:
    cake = make_cake(stock=1)
    fill(client, cake, message="Laila")
    client.post("/checkout", data=sent(client))
    placed = order(session)
    with clock.travel(clock.now() + timedelta(hours=2)):
        assert expire_order(placed.id)
        page = soup(client.get(f"/orders/{placed.number}"))
        assert "not paid in time" in page.select_one("h1").text
        assert client.post(f"/orders/{placed.number}/again").location == "/cart"
        assert client.post("/checkout", data=sent(client)).status_code == 303
    assert orders(session) == 2


def test_with_scripts_off_every_step_is_a_plain_form(client: FlaskClient, session: Session) -> None:
    fill(client, make_cake())
    cart = soup(client.get("/cart"))
    assert cart.select_one("a[href='/checkout']")
    form = soup(client.get("/checkout")).select_one("form[action='/checkout']")
    assert form["method"] == "post" and not form.has_attr("hx-post")
    assert form.select_one("button[type=submit]").get("name") is None


def test_the_token_of_the_page_is_needed(app: Flask, client: FlaskClient, session: Session) -> None:
    fill(client, make_cake())
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        data = sent(client)
        assert client.post("/checkout", data=data | {"csrf_token": "x"}).status_code == 400
        assert client.post("/checkout", data=data).status_code == 303
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
