"""/servings: JSON for machines as promised, a page for people, a sentence and a field for what cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bakery.forecasting.servings import CakeOption, Occasion, Wish, make_plan
from bakery.shop.queries import get_profile
from tests.factories.catalog import make_cake
from tests.factories.shop import make_open_shop
from tests.queries import Counter

ROUND = {"shape": "round", "diameter_cm": "20.3", "height_cm": "10.2", "slice": "wedding"}
SHEET = {"shape": "rectangle", "length_cm": "33", "width_cm": "23", "height_cm": "10.2", "slice": "party"}
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def shop(client: FlaskClient, session: Session) -> Iterator[FlaskClient]:
    make_open_shop(session)
    make_cake(product__slug="walnut", name="8″ (20 cm)", price_cents=10900, servings_min=16, servings_max=24)
    yield client


def ask(client: FlaskClient, changes: dict[str, Any], base: dict[str, str] = ROUND) -> TestResponse:
    wanted = {name: value for name, value in {**base, **changes}.items() if value is not None}
    return client.get("/servings", query_string=wanted)


@pytest.mark.parametrize("accept", ["application/json", "*/*", None])
def test_one_cake_answers_as_the_contract_says(shop: FlaskClient, accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = shop.get("/servings", query_string=ROUND, headers=headers)
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    assert answer.json == {
        "servings": 24,
        "slice": {"width_cm": 2.54, "depth_cm": 5.08},
        "method": "geometry",
    }


@pytest.mark.parametrize(
    ("changes", "servings"),
    [
        ({}, 24),
        ({"slice": "party"}, 16),
        ({"slice": None}, 16),
        ({"height_cm": None}, 24),
        ({"diameter_cm": "25.4"}, 38),
        ({"shape": "square"}, 32),
        ({"shape": "heart"}, 22),
        ({"shape": "hexagon"}, 20),
        ({"shape": "petal"}, 16),
        ({"height_cm": "20.4"}, 48),
        ({**SHEET, "diameter_cm": None}, 39),
    ],
)
def test_every_shape_answers(shop: FlaskClient, changes: dict[str, Any], servings: int) -> None:
    assert ask(shop, changes).json["servings"] == servings


BAD_NUMBERS = [
    "", " ", "0", "-20", "NaN", "nan", "inf", "-Infinity", "1e3", "1e999", "9" * 400, "0x14", "twenty", "٢٠",
    "20,3", "1_0", "20cm", "\x00", "1000", "4.9", "--5", "[20]", "{}", "true",
]  # fmt: skip


@pytest.mark.parametrize("value", BAD_NUMBERS)
@pytest.mark.parametrize("field", ["diameter_cm", "height_cm"])
def test_a_number_that_cannot_be_names_its_field(shop: FlaskClient, field: str, value: str) -> None:
    if (field, value) == ("height_cm", "4.9"):
        return
    answer = ask(shop, {field: value})
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field
    assert answer.json["error"]["message"].endswith(".")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shape": "triangle"}, "shape"),
        ({"shape": ""}, "shape"),
        ({"shape": "ROUND"}, "shape"),
        ({"slice": "huge"}, "slice"),
        ({"diameter_cm": None}, "diameter_cm"),
        ({"length_cm": "20"}, "length_cm"),
        ({"width_cm": "20"}, "width_cm"),
        ({"shape": "rectangle"}, "length_cm"),
        ({**SHEET}, "diameter_cm"),
        ({**SHEET, "diameter_cm": None, "width_cm": None}, "width_cm"),
        ({**SHEET, "diameter_cm": None, "width_cm": "0"}, "width_cm"),
        ({"diameter_cm": ["20.3", "30"]}, "diameter_cm"),
        ({"shape": ["round", "square"]}, "shape"),
        ({"diameter_cm": None, "diameter_cm[]": "20"}, "diameter_cm"),
        ({"diameter_cm[0]": "20"}, "diameter_cm"),
        ({"slice": ["wedding", "party"]}, "slice"),
    ],
)
def test_what_cannot_be_names_its_field(shop: FlaskClient, changes: dict[str, Any], field: str) -> None:
    answer = ask(shop, changes)
    assert answer.status_code == 422
    assert answer.json["error"]["field"] == field


def test_json_without_a_cake_asks_for_the_shape(shop: FlaskClient) -> None:
    answer = shop.get("/servings", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["field"]) == (422, "shape")


def test_a_browser_gets_the_same_cake_as_a_page_with_its_cut(shop: FlaskClient) -> None:
    answer = shop.get("/servings", query_string=ROUND, headers=HTML)
    page = BeautifulSoup(answer.data, "html.parser")
    assert answer.status_code == 200
    assert page.select_one(".serves .count").get_text() == "24"
    drawing = page.select_one("svg.cutting")
    names = drawing["aria-labelledby"].split()
    assert [page.find(id=name).name for name in names] == ["title", "desc"]
    assert "cut into 24 slices" in drawing.title.get_text()
    drawn = "".join(path["d"] for path in drawing.select("path.slices:not(.slice-one)"))
    assert drawn.count("M") == 24
    assert "or 16 party slices" in page.get_text()


def test_guests_get_cakes_with_prices_and_what_is_left_over(shop: FlaskClient) -> None:
    answer = shop.get("/servings?guests=22&occasion=wedding", headers=HTML)
    text = BeautifulSoup(answer.data, "html.parser").get_text(" ", strip=True)
    assert "22 wedding slices" in text
    assert "serves 24 · 2 left over" in text
    assert "$109.00" in text and "on the menu" in text
    assert "8″ and 4″ round" in text


def test_every_plan_has_a_price_and_leads_to_the_builder_with_the_cake_filled_in(shop: FlaskClient) -> None:
    answer = shop.get("/servings?guests=90&occasion=wedding&keep_top=1", headers=HTML)
    plans = BeautifulSoup(answer.data, "html.parser").select(".cake-option")
    assert len(plans) >= 6
    for plan in plans:
        assert "$" in plan.get_text() and (
            "on the menu" in plan.get_text() or "from about" in plan.get_text()
        )
        assert "left over" in plan.get_text()
    tiered = next(plan for plan in plans if plan.select_one(".tier-stack"))
    asked = urlsplit(tiered.find("a", href=re.compile("^/custom-cakes/new"))["href"])
    wish = parse_qs(asked.query)
    assert wish["occasion"] == ["wedding"] and wish["guests"] == ["90"] and wish["shape"] == ["round"]
    sizes = [float(size) for size in wish["diameter_cm"]]
    assert len(sizes) >= 2 and sizes == sorted(sizes, reverse=True)
    assert len(wish["height_cm"]) == len(sizes) and wish["keeps_top_tier"] == ["1"]


def test_a_plain_cake_for_more_guests_never_costs_less(session: Session, shop: FlaskClient) -> None:
    shapes: dict[str, int] = {}
    for guests in range(10, 200, 10):
        plan = make_plan(session, get_profile(session), Wish(guests, Occasion.WEDDING))
        for cake in plan.singles:
            cents = (cake.about.low if cake.about else cake.from_price).cents
            if cake.about:
                assert cake.about.low < cake.about.high and cake.about.low.cents % 500 == 0
                assert cents >= shapes.get(cake.option.shape, 0)
                shapes[cake.option.shape] = cents


def test_the_sheets_cut_in_the_kitchen_are_in_the_price(session: Session, shop: FlaskClient) -> None:
    def largest(guests: int) -> CakeOption:
        plan = make_plan(session, get_profile(session), Wish(guests, Occasion.WEDDING))
        return next(cake for cake in plan.tiered if cake.option.shape == "round")

    few, many = largest(500), largest(900)
    assert many.option.tiers == few.option.tiers and many.option.sheets > few.option.sheets > 0
    assert many.about.low.cents > few.about.low.cents + 10_000


def test_the_kept_top_tier_is_said(shop: FlaskClient) -> None:
    page = shop.get("/servings?guests=90&occasion=wedding&keep_top=1", headers=HTML).text
    assert "and the top tier is yours" in page
    assert "and the top tier is yours" not in shop.get("/servings?guests=90", headers=HTML).text


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("guests=0", "guests"), ("guests=-3", "guests"), ("guests=1e3", "guests"), ("guests=", "guests"),
        ("guests=100000000000000000000", "guests"), ("guests=1001", "guests"), ("guests=NaN", "guests"),
        ("guests=20&occasion=wake", "occasion"), ("guests=20&share=101", "share"),
        ("shape=round&diameter_cm=999", "diameter_cm"), ("shape=rectangle&length_cm=", "length_cm"),
        ("shape=cube", "shape"), ("shape=round&slice=x", "slice"), ("shape=round&height_cm=0", "height_cm"),
    ],
)  # fmt: skip
def test_the_page_keeps_what_was_typed_and_says_what_is_wrong_with_it(
    shop: FlaskClient, query: str, field: str
) -> None:
    answer = shop.get(f"/servings?{query}", headers=HTML)
    page = BeautifulSoup(answer.data, "html.parser")
    assert answer.status_code == 422
    assert page.find(id=f"{field}-error") is not None
    box = page.find(id=field)
    if box is not None and box.name == "input":
        assert box["aria-invalid"] == "true" and f"{field}-error" in box["aria-describedby"]
        sent = dict(pair.split("=") for pair in query.split("&"))[field]
        assert box["value"] == sent


def test_the_fields_of_other_shapes_come_along_with_the_form_and_mean_nothing(shop: FlaskClient) -> None:
    answer = shop.get("/servings", query_string={**ROUND, "length_cm": "", "width_cm": "7"}, headers=HTML)
    assert answer.status_code == 200


def test_htmx_gets_the_part_and_a_short_address(shop: FlaskClient) -> None:
    answer = shop.get(
        "/servings?guests=40&occasion=birthday&share=100", headers={"HX-Request": "true", "Accept": "*/*"}
    )
    assert "<html" not in answer.text and 'id="servings"' in answer.text
    assert answer.headers["HX-Replace-Url"] == "/servings?guests=40"
    cake = shop.get("/servings", query_string={**SHEET, "diameter_cm": "9"}, headers={"HX-Request": "true"})
    assert cake.headers["HX-Replace-Url"] == (
        "/servings?shape=rectangle&length_cm=33&width_cm=23&height_cm=10.2&slice=party"
    )


def test_the_plain_page_alone_is_kept_and_says_what_it_varies_by(shop: FlaskClient) -> None:
    assert shop.get("/servings", headers=HTML).headers["Cache-Control"] == "public, no-cache"
    assert "public" not in shop.get("/servings?guests=21", headers=HTML).headers.get("Cache-Control", "")
    assert "Accept" in shop.get("/servings", query_string=ROUND).headers["Vary"]


def test_queries_are_few_and_do_not_grow_with_the_menu(shop: FlaskClient, count_queries: Counter) -> None:
    with count_queries() as few:
        shop.get("/servings?guests=40", headers=HTML)
    for _ in range(5):
        make_cake(servings_min=10, servings_max=20)
    with count_queries() as many:
        shop.get("/servings?guests=40", headers=HTML)
    # Hours, shop, what was learned of servings and which price model serves are remembered where changes are heard.
    assert len(many) == len(few) <= 5, many
    with count_queries() as one:
        shop.get("/servings", query_string=ROUND)
    assert len(one) <= 2, one


def test_the_footer_the_sitemap_and_the_cake_lead_here(shop: FlaskClient) -> None:
    assert 'href="/servings"' in shop.get("/faq").text
    assert "/servings</loc>" in shop.get("/sitemap.xml").text
    assert shop.get("/menu/walnut").text.count('href="/servings"') == 2
