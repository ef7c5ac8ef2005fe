"""One shop and one sandbox for all machines: orders of an earlier example disturb nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from bakery.catalog.models import Variant
from bakery.infra.db import db
from sandbox import server
from tests.conftest import empty_database
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.factories.shop import make_open_shop, make_tax_rates
from tests.money.shop import MoneyShop, opened


def _menu() -> list[Variant]:
    """Odd prices, both tax rates, one on the shelf."""
    make_tax_rates()
    bread = ProductFactory(tax_code="gst_free")
    return [
        # Half of it, and an odd cent, is paid first where there is time for the rest.
        VariantFactory(price_cents=8601, max_per_order=1000, product=ProductFactory(deposit_percent=50)),
        VariantFactory(price_cents=333, max_per_order=1000),
        VariantFactory(price_cents=650, max_per_order=1000, product=bread),
        VariantFactory(price_cents=1999, max_per_order=1000, stock=1_000_000),
    ]


@pytest.fixture
def money_shop(
    app: Flask, outside: object, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MoneyShop]:
    db.session.remove()
    make_open_shop(db.session(), capacity_orders=100_000, capacity_minutes=1_000_000)
    menu = _menu()
    with server.start(data=str(tmp_path_factory.mktemp("sandbox")), refund_seconds=60.0) as box:
        with opened(app, box, menu, monkeypatch) as shop:
            yield shop
    db.session.remove()
    empty_database()
