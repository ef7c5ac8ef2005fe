"""Two of the staff change the menu or the settings at once, each on a connection of their own; with controls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import VariantSuggestion
from bakery.catalog.models import Picture, Product, Variant
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.people.models import AuditEntry, Role
from bakery.shop.models import Shop
from bakery.shop.queries import get_profile
from bakery.upkeep import products, settings, sizes
from bakery.upkeep.changes import Overtaken
from jobs import catalog
from tests.concurrency.race import race, together
from tests.factories.catalog import VariantFactory
from tests.factories.menu_cakes import facts, make_known_cake, size
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    make_open_shop(db.session())
    yield


def staff(name: str) -> Actor:
    return Actor(UserFactory(role=Role.OWNER, name=name).id, name)


def count(table: type) -> int:
    return db.session().scalar(select(func.count()).select_from(table)) or 0


def two_change_a_price() -> tuple[int, list[Callable[[], Any]]]:
    cake, shop = make_known_cake(), get_profile(db.session())
    zohra, karim = staff("Zohra"), staff("Karim")
    cake_id, version = cake.id, cake.version
    return cake_id, [
        lambda: sizes.change_size(cake_id, version, size(price_cents=19_000), shop, zohra),
        lambda: sizes.change_size(cake_id, version, size(price_cents=21_000), shop, karim),
    ]


def test_of_two_who_change_a_price_at_once_one_is_told(app: Flask) -> None:
    for _ in range(3):
        cake_id, jobs = two_change_a_price()
        kept, said = count(VariantSuggestion), count(AuditEntry)
        outcomes = race(app, jobs)
        lost = [o for o in outcomes if o is not None]
        assert len(lost) == 1 and isinstance(lost[0], Overtaken)
        won = "Zohra" if outcomes[0] is None else "Karim"
        assert lost[0].by == won
        price = db.session().scalar(select(Variant.price_cents).where(Variant.id == cake_id))
        assert price == {"Zohra": 19_000, "Karim": 21_000}[won]
        assert (count(VariantSuggestion) - kept, count(AuditEntry) - said) == (1, 1)


def test_control_without_looking_at_the_version_one_price_is_overwritten_in_silence(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cake_id, jobs = two_change_a_price()
    monkeypatch.setattr(sizes, "refuse_stale", lambda *_: None)
    assert race(app, jobs) == [None, None]
    assert count(VariantSuggestion) == 2


def two_hide_a_size_each() -> tuple[int, list[Callable[[], Any]]]:
    first = make_known_cake()
    product = db.session().get_one(Product, first.product_id)
    second = VariantFactory(product=product, name="Large", price_cents=8600)
    shop, zohra, karim = get_profile(db.session()), staff("Zohra"), staff("Karim")
    hidden = size(active=False, price_cents=8600)
    first_id, second_id = first.id, second.id
    return product.id, [
        lambda: sizes.change_size(first_id, 1, hidden, shop, zohra),
        lambda: sizes.change_size(second_id, 1, replace(hidden, price_cents=19_800), shop, karim),
    ]


def test_two_who_hide_the_last_two_sizes_leave_one(app: Flask) -> None:
    for _ in range(3):
        product_id, jobs = two_hide_a_size_each()
        outcomes = race(app, jobs)
        assert sum(isinstance(o, Conflict) for o in outcomes) == 1, outcomes
        left = db.session().scalars(
            select(Variant.active).where(Variant.product_id == product_id, Variant.active)
        )
        assert list(left) == [True]


def test_six_cakes_of_one_name_at_once_are_six_addresses(app: Flask) -> None:
    wanted, shop, zohra = facts(), get_profile(db.session()), staff("Zohra")
    outcomes = race(
        app, [lambda: products.add_cake(wanted, [size(reason="Trying")], shop, zohra) for _ in range(6)]
    )
    assert len({o for o in outcomes if isinstance(o, str)}) == 6, outcomes
    assert (count(Product), count(Variant), count(VariantSuggestion)) == (6, 6, 6)


def two_change_settings() -> list[Callable[[], Any]]:
    stand = settings.read_settings(db.session())
    zohra, karim = staff("Zohra"), staff("Karim")
    return [
        lambda: settings.change_settings(stand.values | {"quote_days": 10}, stand.mark, zohra),
        lambda: settings.change_settings(stand.values | {"explain_from_percent": 30}, stand.mark, karim),
    ]


def test_of_two_who_change_the_settings_at_once_one_is_told(app: Flask) -> None:
    outcomes = race(app, two_change_settings())
    assert sum(o is True for o in outcomes) == 1
    assert sum(isinstance(o, Overtaken) for o in outcomes) == 1
    row = db.session().get_one(Shop, 1)
    assert (row.quote_days, row.explain_from_percent) in {(10, 15), (7, 30)}


def test_control_without_locks_and_marks_one_setting_is_lost_in_silence(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet, rows = together(2), settings._rows

    def unlocked(session: Session, *, lock: bool) -> Any:
        found = rows(session, lock=False)
        meet()
        time.sleep(0.05)
        return found

    jobs = two_change_settings()
    monkeypatch.setattr(settings, "_rows", unlocked)
    assert race(app, jobs) == [True, True]
    assert count(AuditEntry) == 2


def test_a_picture_drawn_by_two_workers_at_once_is_one_picture(app: Flask) -> None:
    cake = make_known_cake()
    product_id = cake.product_id
    outcomes = race(app, [lambda: catalog.draw_picture(product_id)] * 2)
    assert outcomes == [None, None]
    assert count(Picture) == 1
