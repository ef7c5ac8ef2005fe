"""Copies of public pages against real commits: kept while nothing changes, gone the moment something does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, update

from bakery.app import create_app
from bakery.catalog.models import Product, Variant
from bakery.core.actor import SYSTEM
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.stock import operations as stock
from config import Settings
from tests.factories.catalog import make_cake
from tests.factories.shop import make_open_shop

pytestmark = pytest.mark.concurrency


@pytest.fixture
def live(settings: Settings, app: Flask, real_database: None) -> Iterator[Flask]:
    """A second app as a web process has it: it listens to changes and keeps copies."""
    other = create_app(settings)
    other.config.update(TESTING=True)
    yield other
    with other.app_context():
        db.engine.dispose()


def _until(true: Callable[[], bool], seconds: float = 3) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


def _text(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.text


def test_a_new_price_name_or_stock_is_on_every_page_at_once_and_nothing_is_asked_meanwhile(
    app: Flask, live: Flask
) -> None:
    make_open_shop(db.session())
    cake = make_cake(product__slug="walnut", product__featured=True, stock=3)
    variant_id, product_id = cake.id, cake.product_id
    browser = live.test_client()
    browser.get("/healthz")
    _until(lambda: live.extensions["changes"].live, 10)
    time.sleep(0.3)  # the notices of what was just arranged
    pages = ("/", "/menu", "/menu/walnut", "/search?q=walnut")
    for page in pages:
        assert "$86.00" in _text(browser, page)
    seen: list[str] = []
    with live.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    for page in pages:
        assert "$86.00" in _text(browser, page)
    assert seen == [], "ready copies ask the database nothing"

    with transaction() as session:
        session.execute(update(Variant).where(Variant.id == variant_id).values(price_cents=9900))
    for page in pages:
        _until(lambda page=page: "$99.00" in _text(browser, page) and "$86.00" not in _text(browser, page))
    with transaction() as session:
        session.execute(update(Product).where(Product.id == product_id).values(name="Walnut Crown"))
    for page in pages:
        _until(lambda page=page: "Walnut Crown" in _text(browser, page))
    with transaction() as session:
        stock.adjust(session, variant_id, -3, SYSTEM, "dropped")
    _until(lambda: "Sold out" in _text(browser, "/menu"))
    _until(lambda: "Sold out for now" in _text(browser, "/menu/walnut"))
    with transaction() as session:
        session.execute(update(Product).where(Product.id == product_id).values(published_at=None))
    _until(lambda: browser.get("/menu/walnut").status_code == 404)
