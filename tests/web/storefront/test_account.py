"""A customer's own pages: what is to come stands first, and nothing is left out."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders import customer_queries
from tests.factories.catalog import make_cake
from tests.factories.orders import make_order
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop


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
