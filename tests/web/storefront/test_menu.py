"""The menu over HTTP: filters, pages, search, and what an address can do to it."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from tests.factories.catalog import (
    ProductFactory,
    VariantFactory,
)


def test_the_menu_says_what_an_unknown_allergen_hides(menu: FlaskClient) -> None:
    VariantFactory(product=ProductFactory(name="Mystery Bun", allergens={"milk": "unknown"}))
    VariantFactory(product=ProductFactory(name="Plain Bun", allergens={"milk": "not_contained"}))
    page = menu.get("/menu?free=milk").text
    assert "Plain Bun" in page and "Mystery Bun" not in page
    # Cake and loaf say nothing about milk, and so it is not known of them either.
    assert "3 products are not shown because we do not know enough" in page


@pytest.mark.parametrize(
    ("on", "shown", "says"),
    [
        ("2026-06-15", {"Sourdough"}, ""),
        ("2026-06-16", {"Sourdough", "Walnut Cake"}, ""),
        ("2026-06-14", {"Sourdough", "Walnut Cake"}, "That date has passed"),
        ("9999-12-31", set(), "Nothing can be collected on that day"),
        ("2027-12-31", set(), "Nothing can be collected on that day"),
        ("soon", {"Sourdough", "Walnut Cake"}, "That is not a date"),
    ],
)
def test_the_menu_shows_what_can_be_ready_by_a_date(
    menu: FlaskClient, on: str, shown: set[str], says: str
) -> None:
    page = menu.get(f"/menu?on={on}").text
    assert {name for name in ("Sourdough", "Walnut Cake") if f">{name}</a>" in page} == shown
    assert says in page


@pytest.mark.parametrize(
    "query",
    ["category=nothing", "diet=paleo", "free=air", "price=cheap", "serves=-1", "serves=abc", "sort=drop",
     "page=0", "page=-1", "page=999", "page=1e9", "page=٣", "on=", "q=1", "category=a&category=b", "free=%00",
     "diet=" + "x" * 3000, "%F0%9F%8E%82=1", "free[]=milk"],
)  # fmt: skip
def test_a_crooked_menu_address_still_shows_the_menu(menu: FlaskClient, query: str) -> None:
    answer = menu.get(f"/menu?{query}")
    assert answer.status_code == 200
    assert "Walnut Cake" in answer.text and "2 of 2 products" in answer.text


def test_filters_stand_in_the_address_and_can_be_taken_back_one_by_one(menu: FlaskClient) -> None:
    page = menu.get("/menu?category=celebration-cakes&serves=8&sort=price").text
    soup = BeautifulSoup(page, "html.parser")
    chips = {re.sub(r"\s+", " ", c.get_text()).strip(): c["href"] for c in soup.select("a.chip")}
    assert chips["Take back: Serves 8+"] == "/menu?category=celebration-cakes&sort=price"
    assert soup.find("input", {"name": "category", "checked": True})["value"] == "celebration-cakes"


def test_htmx_gets_only_the_results(menu: FlaskClient) -> None:
    for address in ("/menu?sort=price", "/search?q=walnut"):
        part = menu.get(address, headers={"HX-Request": "true"})
        assert '<section id="results"' in part.text and "<html" not in part.text
        assert "HX-Request" in part.headers["Vary"]
        whole = menu.get(address, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
        assert "<html" in whole.text


def test_a_filter_brings_everything_that_it_changes_on_the_page(menu: FlaskClient) -> None:
    """Put the fragment into the page that was there, as htmx does: it must be the page of the new address."""
    query = "category=celebration-cakes&serves=8&sort=price"
    page = BeautifulSoup(menu.get("/menu").text, "html.parser")
    answer = menu.get(f"/menu?{query}&on=", headers={"HX-Request": "true"})
    assert answer.headers["HX-Push-Url"] == f"/menu?{query}", "what the form left empty is not in the address"
    part = BeautifulSoup(answer.text, "html.parser")
    wanted = BeautifulSoup(menu.get(f"/menu?{query}").text, "html.parser")
    moved = [tag.extract() for tag in part.select("[hx-swap-oob]")]
    for tag in moved:
        style, _, selector = tag["hx-swap-oob"].partition(":")
        [target] = page.select(selector)
        assert style == "innerHTML" and target.name != "input"
        target.clear()
        target.extend(list(tag.contents))

    def told(soup: BeautifulSoup) -> list[str]:
        parts = soup.select(".page-head h1, .page-head .lead, .facets summary, .facets .choice")
        return [" ".join(each.get_text(" ", strip=True).split()) for each in parts]

    assert told(page) == told(wanted) != told(BeautifulSoup(menu.get("/menu").text, "html.parser"))
    assert len(moved) == len(page.select(".facets .choice .count")) + 3
    assert part.title.get_text() == wanted.title.get_text()
    assert [tag["id"] for tag in part.find_all(id=True, recursive=False)] == ["results"]


def test_the_menu_has_pages(menu: FlaskClient) -> None:
    for number in range(30):
        VariantFactory(product__name=f"Bun {number}")
    first, second = menu.get("/menu").text, menu.get("/menu?page=2").text
    assert first.count("product-card") >= 24 and 'href="/menu?page=2"' in first
    assert "Bun 29" in second and "Bun 29" not in first
    assert menu.get("/menu?page=99").text == second


@pytest.mark.parametrize(
    "query", ["", "%00", "%25", "' OR 1=1", "x" * 900, "%F0%9F%8E%82", "<script>alert(1)</script>"]
)
def test_searching_for_anything_is_harmless(menu: FlaskClient, query: str) -> None:
    answer = menu.get(f"/search?q={query}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
