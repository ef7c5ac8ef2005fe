"""The products' pages: the list, one product, what is said of it, and who may."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.catalog.models import Product
from bakery.core.actor import SYSTEM
from bakery.people.models import Role
from bakery.upkeep import products
from tests.factories.catalog import CategoryFactory, PictureFactory, VariantFactory, make_cake, make_loaf
from tests.factories.menu_cakes import make_known_cake
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.queries import Counter
from tests.web.admin.typed import fields_of


@pytest.fixture
def manager(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    sign_in(client, role=Role.MANAGER)
    return client


def _slug(session: Session, variant: object) -> str:
    return session.get_one(Product, variant.product_id).slug  # type: ignore[attr-defined]


def _shows(page: str, slug: str) -> bool:
    return f'class="row-link" href="/admin/products/{slug}"' in page


def test_the_list_finds_filters_counts_and_sorts(manager: FlaskClient, session: Session) -> None:
    cake, loaf = make_cake(stock=3), make_loaf()
    VariantFactory(product=session.get_one(Product, cake.product_id), name="10 inch", price_cents=12_000)
    hidden = make_cake(product__name="Quince Cake", product__published_at=None, sku="QUI-1")
    names = {"cake": _slug(session, cake), "loaf": _slug(session, loaf), "hidden": _slug(session, hidden)}
    wanted = {
        "": {"cake", "loaf", "hidden"},
        "view=shown": {"cake", "loaf"},
        "view=hidden": {"hidden"},
        "view=cakes": {"cake", "hidden"},
        "view=unknown": {"cake", "loaf", "hidden"},
        "q=quince": {"hidden"},
        "q=qui-1": {"hidden"},
        "q=%25": set(),
        f"category={session.get_one(Product, loaf.product_id).category_id}": set(),
        "view=nonsense": {"cake", "loaf", "hidden"},
    }
    for query, expected in wanted.items():
        page = manager.get(f"/admin/products?{query}").text
        assert {key for key, slug in names.items() if _shows(page, slug)} == expected, query
    page = manager.get("/admin/products").text
    assert "$86.00 to $120.00" in page and "Made to order" in page and "13 allergens unknown" in page
    assert re.search(r'Not shown\s*<span class="count">1</span>', page) or ">1<" in page
    dear_first = manager.get("/admin/products?sort=price&dir=desc").text
    assert dear_first.index(names["cake"]) < dear_first.index(names["loaf"])


@pytest.mark.parametrize(
    "query", ["page=-1", "page=x", "page=99999999999", "sort=password", "q=%00", "dir=up"]
)
def test_a_crooked_address_is_harmless(manager: FlaskClient, query: str) -> None:
    assert manager.get(f"/admin/products?{query}").status_code in (200, 400)


def test_the_list_and_a_page_stay_within_their_budget(
    manager: FlaskClient, session: Session, count_queries: Counter
) -> None:
    for number in range(12):
        last = make_known_cake(product__name=f"Cake {number}")
    PictureFactory(product_id=last.product_id)
    with count_queries() as seen:
        manager.get("/admin/products")
    assert len(seen) <= 8, seen
    slug = _slug(session, last)
    with count_queries() as seen:
        page = manager.get(f"/admin/products/{slug}").text
    assert len(seen) <= 10, seen
    assert "8 inch" in page and "Walnut" in page and "Toasted" not in page
    with count_queries() as seen:
        assert "Take these numbers" in manager.get(f"/admin/products/{slug}/sizes/{last.id}").text
    assert len(seen) <= 12, seen


def test_staff_put_a_product_on_the_menu_and_take_it_off(manager: FlaskClient, session: Session) -> None:
    slug = _slug(session, make_cake(product__published_at=None))
    assert manager.post(f"/admin/products/{slug}/visibility", data={"shown": "1"}).status_code == 303
    assert manager.get(f"/menu/{slug}").status_code == 200
    manager.post(f"/admin/products/{slug}/visibility", data={"shown": "0"})
    assert manager.get(f"/menu/{slug}").status_code == 404
    empty = _slug(session, make_cake(product__published_at=None, active=False))
    manager.post(f"/admin/products/{empty}/visibility", data={"shown": "1"})
    assert "no size that is sold" in manager.get(f"/admin/products/{empty}").text


def test_what_is_said_of_a_product_is_changed_and_read_in_the_shop(
    manager: FlaskClient, session: Session
) -> None:
    slug = _slug(session, make_known_cake())
    typed = fields_of(manager.get(f"/admin/products/{slug}/edit").text)
    assert typed["allergens-nuts"] == "contains" and typed["allergens-fish"] == "unknown"
    typed |= {"summary": "Baked with <love> & care", "allergens-fish": "not_contained", "tags": "vegetarian"}
    assert manager.post(f"/admin/products/{slug}/edit", data=typed).status_code == 303
    page = manager.get(f"/menu/{slug}").text
    assert "Baked with &lt;love&gt; &amp; care" in page and "Vegetarian" in page
    again = fields_of(manager.get(f"/admin/products/{slug}/edit").text)
    assert again["allergens-fish"] == "not_contained" and again["allergens-milk"] == "unknown"


def test_a_wrong_field_is_said_there_and_everything_typed_stays(
    manager: FlaskClient, session: Session
) -> None:
    slug = _slug(session, make_known_cake())
    typed = fields_of(manager.get(f"/admin/products/{slug}/edit").text)
    typed |= {"name": "", "summary": "Kept", "message_max": "many", "tags": "nut-free"}
    answer = manager.post(f"/admin/products/{slug}/edit", data=typed)
    assert answer.status_code == 422
    assert "Name it as customers will read it." in answer.text and "Write a whole number." in answer.text
    assert 'value="Kept"' in answer.text and 'value="many"' in answer.text
    typed |= {"name": "Nutty", "message_max": "40"}
    answer = manager.post(f"/admin/products/{slug}/edit", data=typed)
    assert answer.status_code == 422
    assert "“Nut-free” can only be said where tree nuts are not in the recipe." in answer.text


def test_the_slower_of_two_is_told_and_may_save_over_it_knowingly(
    manager: FlaskClient, session: Session
) -> None:
    cake = make_known_cake()
    slug = _slug(session, cake)
    typed = fields_of(manager.get(f"/admin/products/{slug}/edit").text)
    products.take_off_menu(slug, SYSTEM)
    answer = manager.post(f"/admin/products/{slug}/edit", data=typed | {"summary": "Mine"})
    assert answer.status_code == 409
    assert "system changed this while you were at it" in answer.text and 'value="Mine"' in answer.text
    again = fields_of(answer.text)
    assert manager.post(f"/admin/products/{slug}/edit", data=again).status_code == 303
    session.expire_all()
    assert session.get_one(Product, cake.product_id).summary == "Mine"


def test_bread_is_not_asked_for_its_sponge(manager: FlaskClient, session: Session) -> None:
    slug = _slug(session, make_loaf())
    page = manager.get(f"/admin/products/{slug}/edit").text
    assert "What it is made of" not in page
    assert manager.post(f"/admin/products/{slug}/edit", data=fields_of(page)).status_code == 303


@pytest.mark.parametrize("role", [Role.BAKER, Role.COUNTER, Role.CUSTOMER])
def test_only_who_manages_products_sees_or_changes_them(
    client: FlaskClient, session: Session, role: Role
) -> None:
    make_open_shop(session)
    cake = make_known_cake()
    slug = _slug(session, cake)
    sign_in(client, role=role)
    for path in ("", "/new", f"/{slug}", f"/{slug}/edit", f"/{slug}/sizes/new", f"/{slug}/sizes/{cake.id}"):
        assert client.get(f"/admin/products{path}").status_code == 403
    for path in (
        "/new", "/new/suggestion", f"/{slug}/edit", f"/{slug}/visibility", f"/{slug}/sizes/new",
        f"/{slug}/sizes/{cake.id}", f"/{slug}/sizes/suggestion",
    ):  # fmt: skip
        assert client.post(f"/admin/products{path}", data={"shown": "0"}).status_code == 403
    session.expire_all()
    assert session.get_one(Product, cake.product_id).published_at is not None


def test_products_that_are_not_there_are_not_found(manager: FlaskClient, session: Session) -> None:
    cake = make_known_cake()
    other = _slug(session, make_cake(product__category=CategoryFactory()))
    for path in ("/nothing", "/nothing/edit", "/nothing/sizes/new", f"/{other}/sizes/{cake.id}"):
        assert manager.get(f"/admin/products{path}").status_code == 404, path
    assert manager.post(f"/admin/products/{other}/sizes/{cake.id}", data={"version": 1}).status_code == 404


def test_the_palette_finds_products_for_who_manages_them(manager: FlaskClient, session: Session) -> None:
    slug = _slug(session, make_cake(product__name="Quince Cake"))
    assert f'href="/admin/products/{slug}"' in manager.get("/admin/palette?q=quin").text
    assert "/admin/products/" not in manager.get("/admin/palette?q=nothing-like-it").text
    baker = manager.application.test_client()
    sign_in(baker, role=Role.BAKER)
    assert "/admin/products/" not in baker.get("/admin/palette?q=quin").text
