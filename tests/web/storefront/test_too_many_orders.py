"""How many orders one browser, one email and one internet address may place, as the checkout says it."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.infra.limits import address, limiter
from bakery.orders.models import Order
from tests.factories.catalog import make_cake
from tests.web.storefront.test_checkout import PERSON, fill, orders, sent, soup

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def cake(session: Session) -> Variant:
    return make_cake(stock=50)


def place(client: FlaskClient, cake: Variant, **changes: str):
    fill(client, cake)
    return client.post("/checkout", data=sent(client, **changes))


def test_a_fourth_unpaid_order_is_refused_on_the_same_page_with_the_way_out(
    client: FlaskClient, session: Session, cake: Variant
) -> None:
    for number in range(3):
        assert place(client, cake, email=f"laila{number}@saffron.test").status_code == 303
    numbers = list(session.scalars(select(Order.number).order_by(Order.id)))
    answer = place(client, cake, note="No candles")
    assert answer.status_code == 409 and orders(session) == 3
    page = soup(answer)
    notice = page.select_one(".notice")
    assert "3 orders that are not paid yet" in notice.text and "Your cart is kept" in notice.text
    assert [link["href"] for link in notice.select("a")] == [f"/orders/{number}" for number in numbers]
    assert page.select_one("#name")["value"] == PERSON["name"]
    assert page.select_one("#note").text.strip() == "No candles"
    # The way out that it names: one is taken back, and the next one can be placed.
    assert client.post(f"/orders/{numbers[0]}/change").status_code == 303
    assert client.post("/checkout", data=sent(client)).status_code == 303


def test_a_stranger_who_types_somebodys_email_learns_no_order_number(
    app: Flask, client: FlaskClient, session: Session, cake: Variant
) -> None:
    for _ in range(3):
        place(app.test_client(), cake)
    answer = place(client, cake)
    assert answer.status_code == 409
    assert "Too many orders under this email address are not paid yet" in answer.text
    assert not [number for number in session.scalars(select(Order.number)) if number in answer.text]
    assert place(client, cake, email="omar@saffron.test").status_code == 303


@pytest.fixture
def counted(app: Flask) -> Iterator[FlaskClient]:
    """Limits on, two orders an hour, and an address that nobody has used."""
    before = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(before, orders_per_hour=2)
    app.config["RATELIMIT_ENABLED"] = limiter.enabled = True
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"2001:db8:{uuid.uuid4().hex[:4]}:{uuid.uuid4().hex[:4]}::1"
    yield client
    app.config["RATELIMIT_ENABLED"] = limiter.enabled = False
    app.config["SETTINGS"] = before


def test_an_address_places_so_many_orders_an_hour_and_what_was_refused_does_not_count(
    app: Flask, counted: FlaskClient, session: Session, cake: Variant
) -> None:
    def another(number: int, **changes: str):
        browser = app.test_client()
        browser.environ_base["REMOTE_ADDR"] = counted.environ_base["REMOTE_ADDR"][:-1] + str(number)
        return place(browser, cake, email=f"laila{number}@saffron.test", **changes)

    assert [another(1, name="").status_code for _ in range(3)] == [422, 422, 422]
    assert [another(2).status_code, another(3).status_code] == [303, 303]
    answer = another(4, note="No candles")
    assert answer.status_code == 429 and orders(session) == 2
    assert int(answer.headers["Retry-After"]) > 60
    page = soup(answer)
    assert "Your cart is kept" in page.select_one(".notice").text
    assert page.select_one("#note").text.strip() == "No candles"


def test_an_order_that_was_placed_can_still_be_paid_when_the_hour_is_full(
    counted: FlaskClient, session: Session, cake: Variant
) -> None:
    place(counted, cake)
    fill(counted, cake)
    last = sent(counted)
    answers = [counted.post("/checkout", data=last).status_code for _ in range(4)]
    assert answers == [303] * 4 and orders(session) == 2


def test_an_order_is_placed_though_redis_goes_away_before_it_is_counted(
    counted: FlaskClient, session: Session, cake: Variant, monkeypatch: pytest.MonkeyPatch
) -> None:
    hit = limiter.limiter.hit

    def away_once_it_is_placed(*args: Any, **named: Any) -> bool:
        if g.get("order_placed"):
            raise RedisError("gone")
        return hit(*args, **named)

    fill(counted, cake)
    form = sent(counted)
    monkeypatch.setattr(limiter.limiter, "hit", away_once_it_is_placed)
    assert counted.post("/checkout", data=form).status_code == 303
    assert orders(session) == 1


@pytest.mark.parametrize(
    ("remote", "known_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_addresses_of_one_household_are_one(app: Flask, remote: str, known_as: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": remote}):
        assert address() == known_as


def test_guesses_from_one_household_count_together(counted: FlaskClient) -> None:
    place = counted.environ_base["REMOTE_ADDR"].removesuffix("1")
    answers = [
        counted.post(
            "/login",
            data={"email": "laila@saffron.test", "password": "a wrong guess"},
            environ_overrides={"REMOTE_ADDR": f"{place}{number:x}"},
        ).status_code
        for number in range(1, 12)
    ]
    assert answers == [422] * 10 + [429]
