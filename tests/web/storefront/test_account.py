"""A customer's own pages: what is to come stands first, and nothing is left out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import customer_queries as cake_queries
from bakery.custom_cakes import decisions, services
from bakery.custom_cakes.services import Contact
from bakery.orders import customer_queries
from tests.custom_cakes.requests import NOW, row, sent, staff
from tests.factories.catalog import make_cake
from tests.factories.orders import make_order
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter


def _numbers(page: str) -> list[str]:
    return re.findall(r'href="/orders/(SC-[^"?]+)"', page)


def test_what_is_to_come_stands_before_what_was_and_every_order_is_on_some_page(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_open_shop(session)
    monkeypatch.setattr("bakery.storefront.account.PAGE_SIZE", 3)
    monkeypatch.setattr(customer_queries.list_orders_of, "__defaults__", (1, 3))
    user, cake, now = UserFactory(), make_cake(), clock.now()
    make_order((cake, 1), user_id=UserFactory().id, confirmed=True)

    def order(days_ago: int, pickup_in: int, **state: object) -> str:
        made = make_order(
            (cake, 1),
            user_id=user.id,
            placed_at=now - timedelta(days=days_ago),
            pickup_at=now + timedelta(days=pickup_in),
            **state,
        )
        return made.number

    past = [order(days, -days + 1, status="COLLECTED") for days in (30, 3, 2)]
    later, sooner = order(20, 9, confirmed=True), order(1, 4, ready=True)
    expected = [sooner, later, past[2], past[1], past[0]]
    sign_in(client, user)
    assert _numbers(client.get("/account").text) == expected[:3]
    first = client.get("/account/orders").text
    assert "5 orders" in first and _numbers(first) == expected[:3]
    assert _numbers(client.get("/account/orders?page=2").text) == expected[3:]
    for crooked in ("0", "-1", "x", "99", "9" * 30, "٣"):
        assert client.get(f"/account/orders?page={crooked}").status_code == 200


def test_a_customers_cakes_stand_by_their_day_and_are_nobody_elses(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, count_queries: Counter
) -> None:
    monkeypatch.setattr("bakery.storefront.account.PAGE_SIZE", 3)
    monkeypatch.setattr(cake_queries.list_requests_of, "__defaults__", (1, 3))
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=4000)
        user, other = UserFactory(), UserFactory(email="omar@saffron.test")
        strange = row(sent(user_id=other.id, contact=Contact("Omar", other.email, "+61491570157")))
        called_off, later, sooner, refused = (
            sent(user_id=user.id, needed_on=f"2026-12-{day:02}") for day in (2, 9, 4, 3)
        )
        services.withdraw(called_off, Actor(user.id, "customer"))
        decisions.reject(refused, row(refused).version, staff(), "We are away")
        expected = [row(each).number for each in (sooner, later, refused, called_off)]
        sign_in(client, user)
        client.get("/account")
        with count_queries() as seen:
            front = client.get("/account").text
        assert len(seen) <= 7, seen
        assert _cakes(front) == expected[:3] and "Round cake, 20 cm across" in front
        first = client.get("/account/custom-cakes").text
        assert "4 requests" in first and _cakes(first) == expected[:3]
        assert _cakes(client.get("/account/custom-cakes?page=2").text) == expected[3:]
        assert strange.number not in front + first
        assert client.get(f"/custom-cakes/{expected[0]}").status_code == 200
        assert client.get(f"/custom-cakes/{strange.number}").status_code == 404


def test_nobody_without_an_account_sees_a_list_of_cakes(client: FlaskClient, session: Session) -> None:
    make_open_shop(session)
    assert client.get("/account/custom-cakes").location.startswith("/login")
    sign_in(client, UserFactory())
    assert "Design a cake" in client.get("/account/custom-cakes").text


def _cakes(page: str) -> list[str]:
    return re.findall(r'href="/custom-cakes/(CC-[^"?]+)"', page)
