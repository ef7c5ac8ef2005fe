"""Adding a cake and deciding about sizes on their pages, with the suggestion beside them; scripts off and on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe, VariantSuggestion
from bakery.catalog.models import Product, Variant
from bakery.core.actor import SYSTEM
from bakery.people.models import Role
from bakery.shop.queries import get_profile
from bakery.upkeep import sizes
from tests.factories.catalog import CategoryFactory, make_loaf
from tests.factories.menu_cakes import make_known_cake, size
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.web.admin.typed import fields_of

NEW = "/admin/products/new"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def manager(client: FlaskClient, session: Session) -> FlaskClient:
    make_open_shop(session)
    CategoryFactory(slug="celebration-cakes", name="Celebration cakes")
    sign_in(client, role=Role.MANAGER)
    return client


def first_form(manager: FlaskClient) -> dict[str, Any]:
    return fields_of(manager.get(NEW).text) | {"name": "Quince Cake"}


def suggested(page: str, key: str = "sizes-0") -> str:
    """The numbers on the button that takes them."""
    found = re.search(rf'name="take"[^>]*value="{key}=([\d:]+)"|value="{key}=([\d:]+)"', page)
    assert found, "no suggestion on the page"
    return found[1] or found[2]


def products(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Product)) or 0


def test_the_empty_form_suggests_already_and_takes_nothing_for_declared(manager: FlaskClient) -> None:
    page = manager.get(NEW).text
    assert suggested(page) and "Serves 16 to 24" in page and "Ingredients and work" in page
    typed = fields_of(page)
    assert {typed[f"allergens-{code}"] for code in ("milk", "nuts", "gluten", "fish")} == {"unknown"}


def test_without_scripts_a_cake_is_filled_in_by_one_tap_and_saved(
    manager: FlaskClient, session: Session
) -> None:
    typed = first_form(manager)
    numbers = suggested(manager.get(NEW).text)
    filled = manager.post(NEW, data=typed | {"take": f"sizes-0={numbers}"})
    assert filled.status_code == 200 and products(session) == 0, "taking the numbers saves nothing yet"
    typed = fields_of(filled.text)
    cents, low, high, minutes, hours = numbers.split(":")
    assert (typed["sizes-0-make_minutes"], typed["sizes-0-lead_time_hours"]) == (minutes, hours)
    assert typed["sizes-0-price"] == f"{int(cents) / 100:.2f}"
    assert (typed["sizes-0-servings_min"], typed["sizes-0-servings_max"]) == (low, high)
    assert "Your price is the same" in filled.text
    more = manager.post(NEW, data=typed | {"add": "1"})
    typed = fields_of(more.text)
    assert (typed["sizes-1-across_cm"], typed["sizes-1-price"]) == ("25.4", "")
    typed |= {"sizes-1-price": "5", "sizes-1-servings_min": "28", "sizes-1-servings_max": "38"}
    refused = manager.post(NEW, data=typed)
    assert refused.status_code == 422
    assert (
        "Size 2, Why these numbers: The price is more than 15 % from the suggested one. Say why."
        in refused.text
    )
    typed = fields_of(refused.text) | {"sizes-1-reason": "An opening offer"}
    saved = manager.post(NEW, data=typed)
    assert (saved.status_code, saved.location) == (303, "/admin/products/quince-cake")
    kept = session.scalars(select(VariantSuggestion).order_by(VariantSuggestion.id)).all()
    assert [(row.decided_cents, row.reason) for row in kept] == [(int(cents), ""), (500, "An opening offer")]
    assert [row.name for row in session.scalars(select(Variant).order_by(Variant.position))] == [
        "8″ (20 cm)",
        "10″ (25 cm)",
    ]
    assert session.scalars(select(Product.published_at)).one() is None
    assert session.scalars(select(CakeRecipe.flavour)).one() == "vanilla"
    page = manager.get(saved.location).text
    assert "Put it on the menu" in page and "14 allergens not known" in page and "An opening offer" in page


def test_with_scripts_the_suggestion_follows_the_form_and_saves_nothing(
    manager: FlaskClient, session: Session
) -> None:
    typed = first_form(manager)
    part = manager.post(f"{NEW}/suggestion?at=sizes-0", data=typed, headers=HTMX).text
    assert "<html" not in part and "Serves 16 to 24" in part
    larger = manager.post(
        f"{NEW}/suggestion?at=sizes-0", data=typed | {"sizes-0-across_cm": "30,5"}, headers=HTMX
    ).text
    assert int(suggested(larger).split(":")[0]) > int(suggested(part).split(":")[0])
    dear = manager.post(
        f"{NEW}/suggestion?at=sizes-0", data=typed | {"sizes-0-price": "999"}, headers=HTMX
    ).text
    assert "above it" in dear and "Say why." in dear
    for field, value, said in (
        ("height_cm", "0", "A tier is 3 to 40 cm high."),
        ("tiers", "60", "We build 1 to 6 tiers."),
        ("across_cm", "", "Write the measures"),
        ("across_cm", "wide", "Write the measures"),
    ):
        answer = manager.post(
            f"{NEW}/suggestion?at=sizes-0", data=typed | {f"sizes-0-{field}": value}, headers=HTMX
        )
        assert answer.status_code == 200 and said in answer.text, field
    assert manager.post(f"{NEW}/suggestion?at=sizes-7", data=typed).status_code == 404
    assert products(session) == 0
    form = manager.post(NEW, data=typed | {"add": "1"}, headers=HTMX).text
    assert form.lstrip().startswith('<form id="cake-form"') and "Size 2" in form
    saved = manager.post(NEW, data=typed | {"sizes-0-price": "x"}, headers=HTMX)
    assert saved.status_code == 422 and "<html" not in saved.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "Name it as customers will read it."),
        ({"sizes-0-price": "-5"}, "Write a price above nothing"),
        ({"sizes-0-price": ""}, "Write a price."),
        ({"sizes-0-price": "1.999"}, "at most 2 decimals"),
        ({"sizes-0-price": "1e9"}, "Write a number."),
        ({"sizes-0-height_cm": "0"}, "A tier is 3 to 40 cm high."),
        ({"sizes-0-tiers": "60"}, "We build 1 to 6 tiers."),
        ({"sizes-0-layers": "1.5"}, "Write a whole number."),
        ({"sizes-0-servings_min": "0"}, "Write how many it serves"),
        ({"sizes-0-shape": "blob"}, "Choose a shape."),
        ({"sizes-0-make_minutes": "9999999"}, "minutes of work"),
        ({"category": "99999"}, "Choose a category."),
        ({"category": "x"}, "category"),
        ({"flavour": "gravel"}, "Not a valid choice"),
        ({"allergens-milk": "free"}, "Not a valid choice"),
        ({"tags": ["vegan"]}, "can only be said where"),
        ({"toppings": ["gravel"]}, "valid"),
    ],
)
def test_bad_input_is_said_at_its_field_and_nothing_is_saved(
    manager: FlaskClient, session: Session, changes: dict[str, Any], said: str
) -> None:
    good = {"sizes-0-price": "140", "sizes-0-servings_min": "16", "sizes-0-servings_max": "24"}
    answer = manager.post(NEW, data=first_form(manager) | good | changes)
    assert answer.status_code == 422 and said in answer.text
    assert products(session) == 0
    assert 'value="140"' in answer.text or "sizes-0-price" in changes, "what was typed stays"


def test_sizes_are_left_out_and_no_more_than_eight_are_offered(manager: FlaskClient) -> None:
    typed = first_form(manager)
    for _ in range(9):
        typed = fields_of(manager.post(NEW, data=typed | {"add": "1"}).text)
    assert "sizes-7-price" in typed and "sizes-8-price" not in typed
    page = manager.post(NEW, data=typed | {"without": "sizes-2"}).text
    assert "sizes-2-price" not in fields_of(page) and "Add a size" in page
    only = first_form(manager)
    assert "sizes-0-price" in fields_of(manager.post(NEW, data=only | {"without": "sizes-0"}).text)
    forged = typed | {f"sizes-{number}-price": "1" for number in range(8, 60)}
    assert manager.post(NEW, data=forged).status_code == 422


def test_one_tap_on_a_size_takes_the_suggestion_and_saves_it(manager: FlaskClient, session: Session) -> None:
    cake = make_known_cake()
    at = f"/admin/products/{session.get_one(Product, cake.product_id).slug}/sizes/{cake.id}"
    page = manager.get(at).text
    numbers = suggested(page, "size")
    answer = manager.post(at, data=fields_of(page) | {"take": f"size={numbers}"})
    assert answer.status_code == 303
    session.expire_all()
    assert numbers.startswith(f"{cake.price_cents}:{cake.servings_min}:{cake.servings_max}:")
    assert str(cake.make_minutes) != numbers.split(":")[3], "of a cake that is sold, the kitchen knows better"
    row = session.scalars(select(VariantSuggestion)).one()
    assert row.decided_cents == row.predicted_cents and row.reason == ""
    assert "Suggested and decided" in manager.get(at).text


def test_an_override_needs_its_reason_and_then_both_are_shown(manager: FlaskClient, session: Session) -> None:
    cake = make_known_cake()
    at = f"/admin/products/{session.get_one(Product, cake.product_id).slug}/sizes/{cake.id}"
    typed = fields_of(manager.get(at).text) | {"price": "$1,090.50"}
    refused = manager.post(at, data=typed)
    assert refused.status_code == 422 and "Say why." in refused.text and 'value="$1,090.50"' in refused.text
    assert manager.post(at, data=typed | {"reason": "For a film"}).status_code == 303
    page = manager.get(at).text
    assert "Decided $1,090.50, serves 16 to 24; suggested" in page and "For a film" in page


def test_the_slower_of_two_sees_what_stands_now(manager: FlaskClient, session: Session) -> None:
    cake = make_known_cake()
    at = f"/admin/products/{session.get_one(Product, cake.product_id).slug}/sizes/{cake.id}"
    typed = fields_of(manager.get(at).text)
    sizes.change_size(cake.id, 1, size(price_cents=19_000, name="8 inch"), get_profile(session), SYSTEM)
    answer = manager.post(at, data=typed | {"price": "200"})
    assert answer.status_code == 409 and 'value="200"' in answer.text
    assert "Now: 8 inch, $190.00, serves 16 to 24" in answer.text
    assert manager.post(at, data=fields_of(answer.text)).status_code == 303
    session.expire_all()
    assert cake.price_cents == 20_000


def test_a_size_is_added_to_a_cake_and_to_bread(manager: FlaskClient, session: Session) -> None:
    cake, loaf = make_known_cake(), make_loaf()
    at = f"/admin/products/{session.get_one(Product, cake.product_id).slug}/sizes/new"
    page = manager.get(at).text
    typed = fields_of(page) | {"shape": "rectangle", "across_cm": "33", "width_cm": "23", "price": "250"}
    typed |= {"servings_min": "40", "servings_max": "60", "reason": "A new tray"}
    assert manager.post(at, data=typed).status_code == 303
    made = session.scalars(select(CakeMeasures).where(CakeMeasures.shape == "rectangle")).one()
    assert (made.across_mm, made.width_mm) == (330, 230)
    bread = f"/admin/products/{session.get_one(Product, loaf.product_id).slug}/sizes/new"
    page = manager.get(bread).text
    assert "Suggested" not in page and 'name="across_cm"' not in page
    assert manager.post(bread, data=fields_of(page) | {"price": "16", "name": "Double"}).status_code == 303
    double = session.scalars(select(Variant).where(Variant.name == "Double")).one()
    assert (double.price_cents, double.servings_min) == (1600, None)
