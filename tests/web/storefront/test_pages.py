"""Home, menu, product and search: the same for everybody, few queries, harmless to crooked addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.catalog.models import RelatedProduct
from bakery.core import clock
from bakery.people.models import Role
from bakery.shop.models import Faq, Shop
from bakery.storefront import home
from tests.factories.catalog import (
    CategoryFactory,
    PictureFactory,
    ProductFactory,
    ReviewFactory,
    VariantFactory,
    make_cake,
    make_loaf,
)
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.factories.scheduling import sydney
from tests.queries import Counter

MONDAY = "2026-06-15 08:00"
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


@pytest.fixture
def menu(client: FlaskClient, session: Session, shop: Shop) -> Iterator[FlaskClient]:
    """A shop with one cake of everything."""
    with clock.travel(sydney(MONDAY)):
        shop.about, shop.tagline = "A family bakery.\n\nSince 2019.", "Kabul recipes"
        cakes = CategoryFactory(slug="celebration-cakes", name="Celebration cakes")
        cake = make_cake(
            product__slug="walnut",
            product__category=cakes,
            product__summary="A tall cake with <walnuts> & cream",
            product__featured=True,
            stock=3,
        )
        PictureFactory(product_id=cake.product_id, key="pictures/walnut")
        ReviewFactory(product_id=cake.product_id, body="</script><script>alert(1)</script>")
        loaf = make_loaf(product__slug="sourdough", stock=10)
        session.add(RelatedProduct(product_id=cake.product_id, related_id=loaf.product_id, position=0))
        session.add(Faq(slug="when", topic="Pickup", question="When?", answer="Soon."))
        session.commit()
        place_paid((loaf, 1))
        yield client


def _json_ld(page: str) -> dict:
    script = BeautifulSoup(page, "html.parser").find("script", type="application/ld+json")
    assert script is not None
    return json.loads(script.get_text())


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
    "query", ["", "%00", "%25", "' OR 1=1", "x" * 900, "%F0%9F%8E%82", "<script>alert(1)</script>"]
)
def test_searching_for_anything_is_harmless(menu: FlaskClient, query: str) -> None:
    answer = menu.get(f"/search?q={query}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


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
