"""A new cake in the catalogue: what may be said of it, what is suggested, and what is kept of both."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe, VariantSuggestion
from bakery.catalog.models import Allergen, Picture, Product, ProductAllergen, Variant
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.forecasting import pricing
from bakery.forecasting.menu_cakes import Measures, Recipe, suggest
from bakery.infra.models import Outbox
from bakery.people.models import AuditEntry, Role
from bakery.shop.queries import Profile, get_profile
from bakery.upkeep import products
from bakery.upkeep.menu_queries import get_product_page, read_recipe
from bakery.upkeep.size_rules import Size
from jobs import catalog
from tests.factories.catalog import PictureFactory, make_loaf
from tests.factories.menu_cakes import RECIPE, ROUND, facts, make_known_cake, size
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop

WITHOUT = {allergen.value: ("not_contained", "") for allergen in Allergen}


@pytest.fixture
def shop(session: Session) -> Profile:
    make_open_shop(session)
    return get_profile(session)


@pytest.fixture
def zohra(session: Session) -> Actor:
    return Actor(UserFactory(role=Role.MANAGER, name="Zohra").id, "Zohra", "203.0.113.5")


def near(shop: Profile, **changes: Any) -> Size:
    """A size at exactly what is suggested today."""
    found = suggest(shop, RECIPE, changes.get("measures", ROUND))
    suggested = {
        "price_cents": found.price.price_cents,
        "servings_min": found.servings_min,
        "servings_max": found.servings_max,
    }
    return size(**suggested | changes)


def rows(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_new_cake_waits_off_the_menu_with_unknown_allergens_until_staff_show_it(
    client: FlaskClient, session: Session, shop: Profile, zohra: Actor
) -> None:
    slug = products.add_cake(facts(allergens={"nuts": ("contains", "walnut")}), [near(shop)], shop, zohra)
    assert slug == "quince-rose-cake"
    assert client.get(f"/menu/{slug}").status_code == 404
    assert slug not in client.get("/menu").text
    states = {row.allergen: row.state for row in session.scalars(select(ProductAllergen))}
    assert states.pop("nuts") == "contains"
    assert set(states) == set(Allergen) - {"nuts"} and set(states.values()) == {"unknown"}
    products.show_on_menu(slug, zohra)
    page = client.get(f"/menu/{slug}").text
    assert "Quince &amp; Rose Cake" in page and "8″ (20 cm)" in page
    assert page.count("Not known: please ask") >= 13
    assert "made without" not in page.lower()
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["added a cake", "put a product on the menu"]
    products.take_off_menu(slug, zohra)
    assert client.get(f"/menu/{slug}").status_code == 404


def test_both_numbers_are_kept_with_the_model_its_features_and_the_cake(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    found = suggest(shop, RECIPE, ROUND)
    slug = products.add_cake(facts(), [near(shop, price_cents=found.price.price_cents + 500)], shop, zohra)
    row = session.scalars(select(VariantSuggestion)).one()
    assert (row.predicted_cents, row.decided_cents) == (
        found.price.price_cents,
        found.price.price_cents + 500,
    )
    assert row.low_cents <= row.predicted_cents <= row.high_cents
    assert (row.predicted_servings_min, row.predicted_servings_max) == (16, 24)
    assert (row.decided_servings_min, row.decided_servings_max) == (16, 24)
    assert row.model_version == found.price.model and row.features == found.price.features
    assert row.design["tiers"][0]["diameter_cm"] == 20.3 and row.design["covering"] == "buttercream"
    assert (row.actor_id, row.actor_label, row.reason) == (zohra.id, "Zohra", "")
    page = get_product_page(session, slug)
    assert page.sizes[0].measures == ROUND and page.recipe is not None
    assert read_recipe(page.recipe) == RECIPE


def test_what_was_suggested_cannot_be_written_over(session: Session, shop: Profile, zohra: Actor) -> None:
    products.add_cake(facts(), [near(shop)], shop, zohra)
    with pytest.raises((IntegrityError, ProgrammingError), match="append-only"):
        session.execute(update(VariantSuggestion).values(decided_cents=1))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price_cents": 99_000}, "price is more than 15 %"),
        ({"price_cents": 5_000}, "price is more than 15 %"),
        ({"servings_min": 10}, "servings are more than 15 %"),
        ({"servings_max": 40}, "servings are more than 15 %"),
    ],
)
def test_far_from_the_suggestion_wants_a_reason_and_keeps_it(
    session: Session, shop: Profile, zohra: Actor, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        products.add_cake(facts(), [near(shop, **changes)], shop, zohra)
    assert refused.value.field == "sizes.0.reason"
    assert (rows(session, Product), rows(session, VariantSuggestion)) == (0, 0), "nothing half done"
    products.add_cake(facts(), [near(shop, **changes, reason="Batch of twelve")], shop, zohra)
    assert session.scalars(select(VariantSuggestion.reason)).one() == "Batch of twelve"


def test_the_set_difference_is_the_shops_own(session: Session, zohra: Actor) -> None:
    make_open_shop(session).explain_from_percent = 100
    session.commit()
    shop = get_profile(session)
    found = suggest(shop, RECIPE, ROUND)
    products.add_cake(facts(), [near(shop, price_cents=found.price.price_cents * 19 // 10)], shop, zohra)
    below = near(shop, price_cents=found.price.floor_cents - 100)
    with pytest.raises(Invalid, match="below ingredients and work"):
        products.add_cake(facts(name="Cheap"), [below], shop, zohra)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_cents": -100}, "price"),
        ({"price_cents": 0}, "price"),
        ({"price_cents": 5_000_001}, "price"),
        ({"servings_min": 0}, "servings_min"),
        ({"servings_min": None}, "servings_min"),
        ({"servings_max": 3}, "servings_max"),
        ({"servings_max": 100_000}, "servings_max"),
        ({"lead_time_hours": -1}, "lead_time_hours"),
        ({"make_minutes": 100_000}, "make_minutes"),
        ({"max_per_order": 0}, "max_per_order"),
        ({"name": "x" * 61}, "name"),
        ({"reason": "x" * 301}, "reason"),
        ({"measures": Measures("round", 20.3, 0.0)}, "height_cm"),
        ({"measures": Measures("round", 20.3, 11, tiers=60)}, "tiers"),
        ({"measures": Measures("round", 20.3, 11, tiers=4)}, "tiers"),
        ({"measures": Measures("round", 20.3, 11, layers=60)}, "layers"),
        ({"measures": Measures("round", 900.0, 11)}, "across_cm"),
        ({"measures": Measures("round", float("nan"), 11)}, "across_cm"),
        ({"measures": Measures("rectangle", 33.0, 11)}, "width_cm"),
        ({"measures": Measures("blob", 33.0, 11)}, "shape"),
    ],
)
def test_numbers_that_no_size_can_have_are_refused_by_field(
    session: Session, shop: Profile, zohra: Actor, changes: dict[str, Any], field: str
) -> None:
    good = near(shop)
    with pytest.raises(Invalid) as refused:
        products.add_cake(facts(), [good, size(**changes)], shop, zohra)
    assert refused.value.field == f"sizes.1.{field}"
    assert rows(session, Product) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"description": "x" * 5001}, "description"),
        ({"ingredients": "flour\x00"}, "ingredients"),
        ({"message_max": 201}, "message_max"),
        ({"category_id": 999_999}, "category"),
        ({"allergens": {"dust": ("contains", "")}}, "allergens"),
        ({"allergens": {"milk": ("free from", "")}}, "allergens"),
        ({"tags": frozenset({"paleo"})}, "tags"),
        ({"tags": frozenset({"nut-free"})}, "tags"),
        ({"tags": frozenset({"nut-free"}), "allergens": {"nuts": ("may_contain", "")}}, "tags"),
        ({"tags": frozenset({"vegan"}), "allergens": {"milk": ("contains", "")}}, "tags"),
        ({"tags": frozenset({"eggless"})}, "tags"),
        ({"tags": frozenset({"nut-free"}), "allergens": WITHOUT | {"peanuts": ("contains", "")}}, "tags"),
        ({"tags": frozenset({"vegan"}), "allergens": WITHOUT | {"fish": ("contains", "gelatine")}}, "tags"),
    ],
)
def test_what_cannot_be_said_of_a_product_is_refused_by_field(
    session: Session, shop: Profile, zohra: Actor, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        products.add_cake(facts(**changes), [near(shop)], shop, zohra)
    assert refused.value.field == field
    assert rows(session, Product) == 0


def test_a_diet_is_said_where_the_declaration_bears_it(session: Session, shop: Profile, zohra: Actor) -> None:
    said = WITHOUT | {"milk": ("may_contain", "")}
    slug = products.add_cake(
        facts(tags=frozenset({"nut-free", "vegan"}), allergens=said), [near(shop)], shop, zohra
    )
    assert get_product_page(session, slug).tags == {"nut-free", "vegan"}


def test_a_recipe_of_what_is_not_on_offer_is_refused() -> None:
    for field, value in (("flavour", "gravel"), ("covering", ""), ("colour", "#ff0000"), ("decoration", "x")):
        words = {"flavour": "walnut", "filling": "ganache", "covering": "naked", "decoration": "simple"}
        with pytest.raises(Invalid) as refused:
            Recipe(**{"colour": "white", **words, field: value})
        assert refused.value.field == field
    with pytest.raises(Invalid):
        Recipe("walnut", "ganache", "naked", "simple", "white", ("gravel",))


def test_two_of_one_name_get_an_address_each(session: Session, shop: Profile, zohra: Actor) -> None:
    slugs = [products.add_cake(facts(), [near(shop)], shop, zohra) for _ in range(3)]
    assert slugs == ["quince-rose-cake", "quince-rose-cake-2", "quince-rose-cake-3"]
    assert len(set(session.scalars(select(Variant.sku)))) == 3
    assert products.slug_of("خربوزه") == "cake", "a name without Latin letters gets an address as well"


def test_a_product_without_a_size_that_is_sold_is_not_shown(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    slug = products.add_cake(facts(), [near(shop, active=False)], shop, zohra)
    with pytest.raises(Conflict, match="no size that is sold"):
        products.show_on_menu(slug, zohra)


def test_the_formula_suggests_while_the_model_cannot_be_read(
    session: Session, shop: Profile, zohra: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(pricing, "desk", pricing.PriceDesk(tmp_path))
    found = suggest(shop, RECIPE, ROUND)
    assert found.price.method == "formula" and pricing.BY_FORMULA in found.price.warnings
    products.add_cake(facts(), [near(shop)], shop, zohra)
    assert session.scalars(select(VariantSuggestion.model_version)).one() == found.price.model


def test_a_cake_without_a_picture_is_drawn_once_and_one_with_a_picture_never(
    app: Flask, session: Session, shop: Profile, zohra: Actor, client: FlaskClient
) -> None:
    slug = products.add_cake(facts(), [near(shop)], shop, zohra)
    owed = session.scalars(select(Outbox).where(Outbox.job == "jobs.catalog.draw_picture")).one()
    catalog.draw_picture(*owed.args)
    catalog.draw_picture(*owed.args)
    picture = session.scalars(select(Picture)).one()
    assert "Quince & Rose Cake" in picture.alt and "round cake, 20.3 cm" in picture.alt
    assert client.get(f"/media/{picture.key}-640.webp").status_code == 200
    products.show_on_menu(slug, zohra)
    assert f"/media/{picture.key}" in client.get(f"/menu/{slug}").text
    other = make_known_cake()
    PictureFactory(product_id=other.product_id)
    catalog.draw_picture(other.product_id)
    assert rows(session, Picture) == 2


def test_bread_is_never_drawn_as_a_cake(session: Session, shop: Profile) -> None:
    loaf = make_loaf()
    catalog.draw_picture(loaf.product_id)
    catalog.draw_picture(999_999)
    assert (rows(session, Picture), rows(session, CakeRecipe), rows(session, CakeMeasures)) == (0, 0, 0)
