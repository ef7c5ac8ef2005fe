"""What staff change is on public pages at once, though every process keeps copies: real commits, a live second app."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from bakery.app import create_app
from bakery.catalog.models import Product
from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.people.models import Role
from bakery.shop.queries import get_profile
from bakery.upkeep import products, settings, sizes
from config import Settings
from tests.factories.menu_cakes import make_known_cake, size
from tests.factories.people import UserFactory
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


def _until(true: Callable[[], bool], seconds: float = 5) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.02)


def test_a_price_a_setting_and_a_product_off_the_menu_are_seen_at_once(app: Flask, live: Flask) -> None:
    make_open_shop(db.session())
    cake = make_known_cake(product__slug="walnut")
    zohra = Actor(UserFactory(role=Role.OWNER, name="Zohra").id, "Zohra")
    cake_id, shop = cake.id, get_profile(db.session())
    stand = settings.read_settings(db.session())
    assert db.session().get_one(Product, cake.product_id).slug == "walnut"
    db.session.remove()
    browser = live.test_client()
    browser.get("/healthz")
    _until(lambda: live.extensions["changes"].live, 10)
    time.sleep(0.3)  # the notices of what was just arranged
    assert "$86.00" in browser.get("/menu/walnut").text and "02 5550 1240" in browser.get("/faq").text
    sizes.change_size(cake_id, 1, size(price_cents=19_900, name="8 inch"), shop, zohra)
    _until(lambda: "$199.00" in browser.get("/menu/walnut").text)
    settings.change_settings(stand.values | {"phone": "02 5550 7777"}, stand.mark, zohra)
    _until(lambda: "02 5550 7777" in browser.get("/faq").text)
    products.take_off_menu("walnut", zohra)
    _until(lambda: browser.get("/menu/walnut").status_code == 404)
    assert "/menu/walnut" not in browser.get("/menu").text
