"""Two hundred buyers race for the last twenty cakes over real HTTP, against a real gunicorn."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from bakery.infra.db import db
from bakery.orders.models import Order, OrderLine
from bakery.scheduling.models import PickupSlot, SlotHold
from bakery.stock.models import StockHold, StockLevel, StockMovement
from config import Settings
from tests.concurrency.webserver import Served, serving
from tests.factories.catalog import make_cake
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]

CAKES = 20
PERSON = {"name": "Laila Rahimi", "phone": "0491 570 156", "terms": "y"}


class Buyer:
    """A browser with cookies, an internet address and an email address of its own."""

    def __init__(self, number: int, port: int) -> None:
        self.address = f"10.0.{number // 250}.{number % 250 + 1}"
        self.email = f"laila{number}@saffron.test"
        self.port = port
        self.cookies: dict[str, str] = {}
        self.form: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, location and body of an answer."""
        headers = {
            "X-Forwarded-For": self.address,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "text/html",
            "Sec-Fetch-Site": "same-origin",
            "Connection": "close",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, urlencode(form) if form else None, headers)
            with connection.getresponse() as answer:
                body = answer.read().decode()
                for name, value in answer.getheaders():
                    if name == "Set-Cookie":
                        self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
                return answer.status, answer.getheader("Location", ""), body

    def prepare(self, variant_id: int) -> None:
        """Put one cake into the cart and fill in the checkout, up to the last click."""
        status, _, body = self.ask("POST", "/cart/items", {"variant_id": str(variant_id), "quantity": "1"})
        assert status == 303, body
        status, location, body = self.ask("GET", "/checkout")
        assert status == 200, (status, location)
        form = BeautifulSoup(body, "html.parser").select_one("form[action='/checkout']")
        assert form is not None
        self.form = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
        self.form |= PERSON | {"email": self.email, "slot": str(form.select("input[name=slot]")[-1]["value"])}

    def buy(self, start: threading.Barrier) -> tuple[int, str, str]:
        """The last click, at the same moment as everybody else."""
        start.wait(60)
        return self.ask("POST", "/checkout", self.form)


def run_race(server: Served, variant_id: int, buyers: int) -> list[tuple[int, str, str]]:
    people = [Buyer(number, server.port) for number in range(buyers)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda buyer: buyer.prepare(variant_id), people))
    start = threading.Barrier(buyers)
    with ThreadPoolExecutor(buyers) as pool:
        return list(pool.map(lambda buyer: buyer.buy(start), people))


@pytest.fixture
def cake_id(app: Flask) -> int:
    # A short calendar: pages of buyers are not what is measured here.
    make_open_shop(db.session(), capacity_orders=10_000, capacity_minutes=1_000_000, max_days_ahead=2)
    cake = make_cake(stock=CAKES, make_minutes=5)
    cake_id = cake.id
    db.session.remove()
    return cake_id


def check(answers: list[tuple[int, str, str]], server: Served, cake_id: int, buyers: int) -> None:
    """Twenty orders, a clear answer for everybody else, no fault, and books that balance."""
    statuses = Counter(status for status, _, _ in answers)
    assert statuses == {303: CAKES, 409: buyers - CAKES}, server.faults()
    assert len({location for status, location, _ in answers if status == 303}) == CAKES
    for status, _, body in answers:
        assert status != 409 or "Walnut Cake (8 inch) has just sold out" in body
    session = db.session()
    level = session.get_one(StockLevel, cake_id)
    assert (level.on_hand, level.reserved) == (CAKES, CAKES)
    sums = session.execute(
        select(func.sum(StockMovement.on_hand_delta), func.sum(StockMovement.reserved_delta)).where(
            StockMovement.variant_id == cake_id
        )
    ).one()
    assert tuple(sums) == (CAKES, CAKES)
    assert session.scalar(select(func.sum(StockHold.quantity))) == CAKES
    assert session.scalar(select(func.count(Order.id))) == CAKES
    assert session.scalar(select(func.sum(OrderLine.quantity))) == CAKES
    assert session.scalar(select(func.sum(PickupSlot.booked_orders))) == CAKES
    assert session.scalar(select(func.count(SlotHold.id))) == CAKES
    assert not server.faults()


def test_two_hundred_buyers_race_for_the_last_twenty_cakes(
    settings: Settings, cake_id: int, tmp_path: Path
) -> None:
    with serving("wsgi:app", settings, tmp_path / "web.log") as server:
        answers = run_race(server, cake_id, 200)
        check(answers, server, cake_id, 200)


def test_without_the_lock_the_same_race_goes_wrong(settings: Settings, cake_id: int, tmp_path: Path) -> None:
    with serving("tests.concurrency.unlocked_wsgi:app", settings, tmp_path / "web.log") as server:
        answers = run_race(server, cake_id, 100)
        with pytest.raises(AssertionError):
            check(answers, server, cake_id, 100)
        assert any(status == 500 for status, _, _ in answers)
