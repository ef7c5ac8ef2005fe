"""Home, menu, product and search: the same for everybody, few queries, harmless to crooked addresses."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.people.models import Role
from bakery.storefront import home
from tests.factories.catalog import (
    CategoryFactory,
    ProductFactory,
    VariantFactory,
    make_loaf,
)
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.queries import Counter

SHARED = (
    "/",
    "/menu",
    "/menu/walnut",
    "/search?q=walnut",
    "/servings",
    "/faq",
    "/terms",
    "/robots.txt",
    "/sitemap.xml",
)


@pytest.mark.parametrize("address", SHARED)
def test_shared_pages_are_the_same_bytes_for_a_stranger_a_customer_and_staff(
    menu: FlaskClient, address: str
) -> None:
    customer, staff = menu.application.test_client(), menu.application.test_client()
    sign_in(customer)
    customer.post("/cart/items", data={"variant_id": "1", "quantity": "1"})
    sign_in(staff, role=Role.OWNER)
    answers = [browser.get(address) for browser in (menu, customer, staff)]
    assert [a.status_code for a in answers] == [200] * 3
    assert len({a.data for a in answers}) == 1
    for answer in answers:
        assert "Set-Cookie" not in answer.headers
        assert "csrf" not in answer.text
        assert "Cookie" not in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "public, no-cache" and answer.headers["ETag"]


@pytest.mark.parametrize("address", SHARED)
def test_a_browser_that_has_the_page_is_told_304(menu: FlaskClient, address: str) -> None:
    tag = menu.get(address).headers["ETag"]
    answer = menu.get(address, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert menu.head(address).status_code == 200


@pytest.fixture
def warm(menu: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A web process that has been asked before: small facts of the shop are remembered."""
    menu.application.extensions.pop("facts", None)
    monkeypatch.setattr(menu.application.extensions["changes"], "live", True)
    return menu


@pytest.mark.parametrize(
    ("address", "most"),
    [("/?", 8), ("/menu?", 7), ("/menu?on=2026-06-20&free=nuts&sort=price&", 7), ("/menu/walnut?", 7)],
)
def test_pages_keep_their_query_budget_with_ten_products_and_with_a_thousand(
    warm: FlaskClient, session: Session, count_queries: Counter, address: str, most: int
) -> None:
    # Another address each time, so that no ready copy answers.
    assert warm.get(f"{address}n=1").status_code == 200
    with count_queries() as few:
        assert warm.get(f"{address}n=2").status_code == 200
    assert 0 < len(few) <= most, few
    category = CategoryFactory()
    products = [
        ProductFactory.build(slug=f"many-{n}", name=f"Bun {n}", category=category, tax_code="gst")
        for n in range(1000)
    ]
    session.add_all(products)
    session.flush()
    session.add_all(
        VariantFactory.build(product=p, sku=f"many-{n}", lead_time_hours=n % 50)
        for n, p in enumerate(products)
    )
    session.commit()
    with count_queries() as many:
        assert warm.get(f"{address}n=3").status_code == 200
    assert len(many) == len(few), many
    with count_queries() as part:
        assert warm.get(f"{address}n=4", headers={"HX-Request": "true"}).status_code == 200
    assert len(part) <= len(few), part


def test_the_popular_shelf_trusts_the_shop_until_there_is_enough_history(
    menu: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "HEAD_START", 2)

    def shelf() -> list[str]:
        page = BeautifulSoup(menu.get("/").text, "html.parser")
        return [
            name.get_text(strip=True) for name in page.select("[aria-labelledby=popular] .product-card h3 a")
        ]

    make_loaf(product__name="Never Sold")
    rolls = make_loaf(product__name="Party Rolls", stock=200)
    assert shelf() == ["Walnut Cake", "Sourdough"], "the shop's choice before the one loaf that was sold"
    place_paid((rolls, 9))
    assert shelf() == ["Walnut Cake", "Sourdough", "Party Rolls"], "nine in one order are one order"
    for _ in range(2):
        place_paid((rolls, 1))
    assert shelf()[0] == "Party Rolls"


def test_the_sitemap_lists_every_public_page_and_robots_name_it(menu: FlaskClient) -> None:
    root = ElementTree.fromstring(menu.get("/sitemap.xml").data)
    found = [node.text for node in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert {"http://localhost/", "http://localhost/menu", "http://localhost/menu/walnut"} <= set(found)
    for address in found:
        assert menu.get(str(address).removeprefix("http://localhost")).status_code == 200
    robots = menu.get("/robots.txt").text
    assert "Disallow: /admin" in robots and "Sitemap: http://localhost/sitemap.xml" in robots


def test_every_public_page_says_what_it_is_to_those_who_share_it(menu: FlaskClient) -> None:
    for address in ("/", "/menu", "/menu/walnut"):
        soup = BeautifulSoup(menu.get(address).text, "html.parser")
        assert soup.find("meta", attrs={"name": "description"})["content"]
        assert soup.find("link", rel="canonical")["href"].startswith("http://localhost/")
        for name in ("og:title", "og:description", "og:url", "og:image", "og:type"):
            assert soup.find("meta", property=name)["content"], (address, name)


@pytest.mark.parametrize(
    "key",
    [
        "receipts/1.pdf",
        "pictures/../receipts/1.pdf",
        "pictures/x.svg",
        "pictures/x.png%0a",
        "pictures/none.png",
        "",
    ],
)
def test_media_serves_published_pictures_and_nothing_else(menu: FlaskClient, outside, key: str) -> None:
    outside.files.put("receipts/1.pdf", b"secret", content_type="application/pdf")
    outside.files.put("pictures/a-1.webp", b"picture", content_type="image/webp")
    found = menu.get("/media/pictures/a-1.webp")
    assert (found.data, found.mimetype) == (b"picture", "image/webp")
    assert "immutable" in found.headers["Cache-Control"]
    assert menu.get(f"/media/{key}").status_code == 404


def test_the_visitors_own_bits_come_apart_and_signing_out_works_from_there(menu: FlaskClient) -> None:
    menu.application.config["WTF_CSRF_ENABLED"] = True
    try:
        menu.application.config["WTF_CSRF_ENABLED"] = False
        sign_in(menu)
        menu.application.config["WTF_CSRF_ENABLED"] = True
        part = menu.get("/fragments/visitor")
        assert part.headers["Cache-Control"] == "private, no-store"
        form = BeautifulSoup(part.text, "html.parser").find("form", action="/logout")
        assert menu.post("/logout").status_code == 400, "without its token it is refused"
        token = form.find("input", {"name": "csrf_token"})["value"]
        assert menu.post("/logout", data={"csrf_token": token}).status_code == 303
        assert "Sign in" in menu.get("/fragments/visitor").text
    finally:
        menu.application.config["WTF_CSRF_ENABLED"] = False
