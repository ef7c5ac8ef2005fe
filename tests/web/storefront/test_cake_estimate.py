"""POST /custom-cakes/estimate: the contract's answer, and a sentence with its field for what cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.core import clock
from bakery.forecasting import pricing
from bakery.forecasting.pricing import PriceDesk
from bakery.messages.models import StaffAlert
from tests.factories.shop import make_open_shop
from tests.queries import Counter

TIER = {"diameter_cm": 25, "height_cm": 10, "layers": 3, "flavour": "walnut", "filling": "buttercream"}
CAKE = {
    "needed_on": "2026-12-05",
    "shape": "round",
    "tiers": [TIER],
    "covering": "buttercream",
    "decoration": "simple",
    "guests": 30,
}


@pytest.fixture
def shop(client: FlaskClient, session: Session) -> Iterator[FlaskClient]:
    make_open_shop(session)
    with clock.travel(datetime(2026, 11, 23, 1, tzinfo=UTC)):
        yield client


def ask(client: FlaskClient, **changes: Any) -> TestResponse:
    return client.post("/custom-cakes/estimate", json={**CAKE, **changes})


def test_a_cake_gets_price_range_servings_reasons_and_the_first_day(shop: FlaskClient) -> None:
    answer = ask(shop)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    said = answer.json
    assert 0 < said["low"] < said["price"] < said["high"] and said["currency"] == "AUD"
    assert sum(reason["amount"] for reason in said["reasons"]) == said["price"]
    assert all(reason["text"] for reason in said["reasons"]) and said["model"]
    # Two days of notice from Monday noon in Sydney, on the shop's calendar.
    assert said["earliest_on"] == "2026-11-25"
    assert 15 <= said["servings"] <= 40
    assert said["allergens"]["nuts"] == "contains" and said["allergens"]["sesame"] == "may_contain"


def test_a_larger_cake_is_dearer_and_serves_more(shop: FlaskClient) -> None:
    small, large = ask(shop).json, ask(shop, tiers=[{**TIER, "diameter_cm": 35}]).json
    assert large["price"] > small["price"] and large["servings"] > small["servings"]


def test_a_wedding_is_cut_smaller_and_a_kept_tier_serves_nobody(shop: FlaskClient) -> None:
    tiers = [TIER, {**TIER, "diameter_cm": 15}]
    party, wedding = ask(shop, tiers=tiers).json, ask(shop, tiers=tiers, occasion="wedding").json
    kept = ask(shop, tiers=tiers, occasion="wedding", keeps_top_tier=True).json
    assert wedding["servings"] > party["servings"] and wedding["slice"] == "wedding"
    assert kept["servings"] == ask(shop, occasion="wedding").json["servings"] < wedding["servings"]


def test_a_foam_tier_is_neither_served_nor_priced_silently(shop: FlaskClient) -> None:
    plain, foam = ask(shop).json, ask(shop, tiers=[{"diameter_cm": 30, "height_cm": 10, "dummy": True}, TIER])
    assert foam.json["servings"] == plain["servings"]
    assert any("Foam" in warning for warning in foam.json["warnings"])


def test_what_somebody_avoids_is_warned_of(shop: FlaskClient) -> None:
    warnings = ask(shop, allergies=["nuts"]).json["warnings"]
    assert any("nuts" in warning and "contains" in warning for warning in warnings)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"needed_on": "2026-11-01"}, "needed_on"),
        ({"needed_on": "soon"}, "needed_on"),
        ({"needed_on": None}, "needed_on"),
        ({"shape": "dodecahedron"}, "shape"),
        ({"tiers": []}, "tiers"),
        ({"tiers": [TIER] * 60}, "tiers"),
        ({"tiers": [TIER, {**TIER, "diameter_cm": 30}]}, "tiers.1.diameter_cm"),
        ({"tiers": [{**TIER, "height_cm": 0}]}, "tiers.0.height_cm"),
        ({"tiers": [{**TIER, "diameter_cm": "wide"}]}, "tiers.0.diameter_cm"),
        ({"tiers": [{**TIER, "diameter_cm": float("nan")}]}, "tiers.0.diameter_cm"),
        ({"tiers": [{**TIER, "flavour": "plutonium"}]}, "tiers.0.flavour"),
        ({"decoration": "baroque"}, "decoration"),
        ({"guests": -1}, "guests"),
        ({"budget_cents": -1}, "budget_cents"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(shop: FlaskClient, changes: Any, field: str) -> None:
    answer = ask(shop, **changes)
    assert answer.status_code == 422, answer.text
    assert answer.json["error"]["field"] == field and answer.json["error"]["message"].endswith(".")


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '"cake"', "[" * 200_000, '{"a":' * 100_000])
def test_what_is_no_cake_at_all_is_refused(shop: FlaskClient, body: str) -> None:
    answer = shop.post("/custom-cakes/estimate", data=body, content_type="application/json")
    assert answer.status_code == 422 and "JSON" in answer.json["error"]["message"]


def test_every_offered_flavour_and_filling_can_be_priced(shop: FlaskClient) -> None:
    from_offer = ask(shop, tiers=[{**TIER, "flavour": ""}]).json["error"]["message"]
    for flavour in from_offer.removeprefix("Choose one of: ").rstrip(".").split(", "):
        assert ask(shop, tiers=[{**TIER, "flavour": flavour}]).status_code == 200, flavour
    from_offer = ask(shop, tiers=[{**TIER, "filling": ""}]).json["error"]["message"]
    for filling in from_offer.removeprefix("Choose one of: ").rstrip(".").split(", "):
        assert ask(shop, tiers=[{**TIER, "filling": filling}]).status_code == 200, filling


def test_without_its_model_the_formula_answers_and_staff_are_told(
    shop: FlaskClient, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pricing, "desk", PriceDesk(tmp_path))
    said = ask(shop).json
    assert said["price"] > 0 and any("formula" in warning for warning in said["warnings"])
    assert len(session.scalars(select(StaffAlert).where(StaffAlert.kind == "price_model")).all()) == 1


def test_an_estimate_asks_the_database_eight_times_at_most(shop: FlaskClient, count_queries: Counter) -> None:
    with count_queries() as seen:
        assert ask(shop).status_code == 200
    assert len(seen) <= 8, seen
