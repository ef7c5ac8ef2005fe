"""A product over HTTP: sizes, allergens, what can be had, what machines read."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from bakery.core import clock
from tests.factories.catalog import (
    ProductFactory,
    VariantFactory,
    make_cake,
)


def _json_ld(page: str) -> dict:
    script = BeautifulSoup(page, "html.parser").find("script", type="application/ld+json")
    assert script is not None
    return json.loads(script.get_text())


def test_a_product_shows_sizes_allergens_and_the_earliest_pickup(menu: FlaskClient) -> None:
    page = menu.get("/menu/walnut").text
    assert "Walnut Cake" in page and "$86.00" in page and "Only 3 left" in page
    assert "Earliest pickup <strong>Tuesday 16 June," in page
    rows = dict(
        tuple(cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"]))
        for row in BeautifulSoup(page, "html.parser").select("table.allergens tbody tr")
    )
    assert len(rows) == 14
    assert rows["Tree nuts"] == "Contains" and rows["Milk"] == "Not known: please ask"
    assert "free from" not in page.lower()


def test_structured_data_is_json_and_cannot_be_broken_out_of(menu: FlaskClient) -> None:
    page = menu.get("/menu/walnut").text
    assert "<script>alert" not in page
    data = _json_ld(page)
    assert data["@type"] == "Product" and data["description"] == "A tall cake with <walnuts> & cream"
    assert data["offers"][0] | {"price": "86.00", "priceCurrency": "AUD"} == data["offers"][0]
    assert data["offers"][0]["availability"] == "https://schema.org/InStock"
    assert data["aggregateRating"]["reviewCount"] == 1
    assert data["image"][0].startswith("http://localhost/media/pictures/walnut-")
    shop = _json_ld(menu.get("/").text)
    assert shop["@type"] == "Bakery" and "Mo 07:00-18:00" in shop["openingHours"]


def test_what_is_sold_out_or_out_of_season_says_so_and_cannot_be_bought(menu: FlaskClient) -> None:
    gone = make_cake(product__slug="gone", product__name="Gone Cake", stock=0)
    make_cake(
        product__slug="nowruz",
        product__name="Nowruz Box",
        product__season_name="Nowruz",
        product__season_from="03-01",
        product__season_to="03-31",
    )
    page = menu.get("/menu/gone")
    assert "Sold out for now" in page.text and "Add to cart" not in page.text
    assert _json_ld(page.text)["offers"][0]["availability"].endswith("OutOfStock")
    assert "Sold out" in menu.get("/menu").text
    page = menu.get("/menu/nowruz")
    assert "only for Nowruz" in page.text and "Add to cart" not in page.text
    assert "Nowruz Box" not in menu.get("/menu").text
    assert gone.id


def test_one_size_sold_out_leaves_the_others(menu: FlaskClient) -> None:
    product = ProductFactory(slug="two-sizes")
    small = VariantFactory(product=product, name="Small", stock=0)
    large = VariantFactory(product=product, name="Large", position=1, stock=9)
    soup = BeautifulSoup(menu.get("/menu/two-sizes").text, "html.parser")
    assert soup.find("input", value=str(small.id)).has_attr("disabled")
    assert soup.find("input", value=str(large.id)).has_attr("checked")


@pytest.mark.parametrize(("stock", "chosen"), [(5, "8 inch"), (0, "6 inch")])
def test_the_shops_own_size_is_chosen_first_while_there_is_some(
    menu: FlaskClient, stock: int, chosen: str
) -> None:
    product = ProductFactory(slug="sizes")
    for position, name in enumerate(["4 inch", "6 inch", "8 inch"]):
        VariantFactory(
            product=product,
            name=name,
            position=position,
            price_cents=(position + 1) * 1000,
            is_default=name == "8 inch",
            stock={"4 inch": 0, "6 inch": 5, "8 inch": stock}[name],
        )
    soup = BeautifulSoup(menu.get("/menu/sizes").text, "html.parser")
    checked = soup.select_one("label:has(input[name=variant_id][checked])")
    assert chosen in checked.get_text() and f"for {chosen}" in soup.select_one(".earliest").get_text()
    assert len(soup.select("input[name=variant_id][checked]")) == 1
    card = next(c for c in BeautifulSoup(menu.get("/menu").text, "html.parser").select(".product-card")
                if "/menu/sizes" in str(c))  # fmt: skip
    assert "$10.00" in card.get_text(), "the lowest price, whatever is chosen first"


@pytest.mark.parametrize("slug", ["nothing", "Walnut", "%00", "..", "x" * 500, "hidden", "coming"])
def test_an_unknown_hidden_or_coming_product_is_404(menu: FlaskClient, slug: str) -> None:
    make_cake(product__slug="hidden", product__published_at=None)
    make_cake(product__slug="coming", product__published_at=clock.now() + timedelta(days=1))
    answer = menu.get(f"/menu/{slug}")
    assert answer.status_code in ((404,) if slug != "%00" else (400, 404))
    assert "hidden" not in menu.get("/sitemap.xml").text
