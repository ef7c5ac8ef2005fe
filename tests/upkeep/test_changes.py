"""Changing products and sizes: kept both numbers, who changed what, orders as they were, nothing overwritten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeRecipe, VariantSuggestion
from bakery.catalog.models import Product, ProductAllergen, Variant
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.forecasting.menu_cakes import Measures
from bakery.infra.models import Outbox
from bakery.orders.models import OrderLine
from bakery.people.models import AuditEntry, Role
from bakery.shop.queries import Profile, get_profile
from bakery.upkeep import products, sizes
from bakery.upkeep.changes import Overtaken
from bakery.upkeep.size_rules import Size
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import place_paid
from tests.factories.menu_cakes import RECIPE, ROUND, facts, make_known_cake, size
from tests.factories.people import UserFactory
from tests.factories.shop import make_open_shop

PLAIN = Size(900, None, None, 0, 0, 20, name="Loaf")


@pytest.fixture
def shop(session: Session) -> Profile:
    make_open_shop(session)
    return get_profile(session)


@pytest.fixture
def zohra(session: Session) -> Actor:
    return Actor(UserFactory(role=Role.MANAGER, name="Zohra").id, "Zohra", "203.0.113.5")


def suggestions(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(VariantSuggestion)) or 0


def test_a_new_price_is_kept_beside_the_suggestion_and_in_the_audit_log(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    sizes.change_size(
        cake.id, 1, size(price_cents=18_900, name="8 inch", lead_time_hours=24, make_minutes=30), shop, zohra
    )
    session.expire_all()
    assert (cake.price_cents, cake.version) == (18_900, 2)
    assert session.scalars(select(VariantSuggestion.decided_cents)).one() == 18_900
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None and (entry.action, entry.subject_id) == ("changed a size", cake.sku)
    assert (entry.before, entry.after) == ({"price_cents": 8600}, {"price_cents": 18_900})


def test_leaving_the_measures_out_is_no_way_around_the_suggestion(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    with pytest.raises(Invalid, match="Say why"):
        sizes.change_size(cake.id, 1, size(price_cents=99_000, measures=None), shop, zohra)


def test_notice_alone_needs_no_reason_and_is_no_decision_about_a_price(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    same = size(price_cents=8600, name="8 inch", lead_time_hours=72, make_minutes=30)
    sizes.change_size(cake.id, 1, same, shop, zohra)
    session.expire_all()
    assert (cake.lead_time_hours, cake.version, suggestions(session)) == (72, 2, 0)
    sizes.change_size(cake.id, 2, same, shop, zohra)
    session.expire_all()
    assert cake.version == 2, "nothing was changed, so nothing happened"
    with pytest.raises(Invalid, match="Say why"):
        sizes.change_size(cake.id, 2, replace(same, price_cents=8700), shop, zohra)


def test_an_order_keeps_what_it_was_placed_with(session: Session, shop: Profile, zohra: Actor) -> None:
    cake = make_known_cake(stock=5)
    order = place_paid((cake, 1))
    sizes.change_size(cake.id, 1, size(price_cents=19_900, name="Eight", lead_time_hours=24), shop, zohra)
    products.change_product(
        session.get_one(Product, cake.product_id).slug, 1, facts(name="Another name"), zohra
    )
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    assert (line.unit_price_cents, line.variant_name, line.product_name) == (8600, "8 inch", "Walnut Cake")


def test_who_saves_what_is_no_longer_so_is_told_by_whom_and_overwrites_nothing(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    karim = Actor(UserFactory(role=Role.MANAGER, name="Karim").id, "Karim")
    sizes.change_size(cake.id, 1, size(price_cents=19_000), shop, karim)
    with pytest.raises(Overtaken, match="Karim changed this") as refused:
        sizes.change_size(cake.id, 1, size(price_cents=21_000), shop, zohra)
    assert refused.value.status == 409
    session.expire_all()
    assert (cake.price_cents, suggestions(session)) == (19_000, 1)
    sizes.change_size(cake.id, 2, size(price_cents=21_000), shop, zohra)
    session.expire_all()
    assert cake.price_cents == 21_000


def test_a_product_is_not_overwritten_either(session: Session, shop: Profile, zohra: Actor) -> None:
    cake = make_known_cake()
    product = session.get_one(Product, cake.product_id)
    slug, category = product.slug, product.category_id
    products.change_product(slug, 1, facts(name="First", category_id=category), zohra)
    with pytest.raises(Overtaken):
        products.change_product(slug, 1, facts(name="Second", category_id=category), zohra)
    session.expire_all()
    assert (product.name, product.version, product.slug) == ("First", 2, slug), "its address stays"


def test_declarations_are_replaced_and_what_is_left_out_is_unknown(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    product = session.get_one(Product, cake.product_id)
    said = facts(
        name=product.name,
        category_id=product.category_id,
        allergens={"milk": ("contains", ""), "nuts": ("contains", "walnut")},
    )
    products.change_product(product.slug, 1, said, zohra)
    states = {row.allergen: row.state for row in session.scalars(select(ProductAllergen))}
    assert (states["milk"], states["nuts"], states["fish"], len(states)) == (
        "contains",
        "contains",
        "unknown",
        14,
    )
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None and entry.after is not None
    assert entry.after["allergen milk"] == "contains" and "allergen fish" not in entry.after
    assert entry.before is not None and entry.before["allergen milk"] == "unknown"


def test_the_last_size_of_a_product_on_the_menu_is_not_hidden(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    hidden = size(name="8 inch", active=False, price_cents=8600, lead_time_hours=24, make_minutes=30)
    with pytest.raises(Conflict, match="last size"):
        sizes.change_size(cake.id, 1, hidden, shop, zohra)
    products.take_off_menu(session.get_one(Product, cake.product_id).slug, zohra)
    sizes.change_size(cake.id, 1, hidden, shop, zohra)
    session.expire_all()
    assert not cake.active


def test_bread_needs_no_servings_and_gets_no_suggestion(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    loaf = make_loaf()
    sizes.change_size(loaf.id, 1, replace(PLAIN, price_cents=990), shop, zohra)
    session.expire_all()
    assert (loaf.price_cents, loaf.servings_min, suggestions(session)) == (990, None, 0)
    with pytest.raises(Invalid, match="how many it serves"):
        sizes.change_size(loaf.id, 2, replace(PLAIN, servings_max=4), shop, zohra)


def test_a_cake_nobody_has_described_gets_no_suggestion_until_somebody_does(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_cake(servings_min=16, servings_max=24)
    product = session.get_one(Product, cake.product_id)
    sizes.change_size(cake.id, 1, size(price_cents=9_000, name="8 inch"), shop, zohra)
    assert suggestions(session) == 0
    with pytest.raises(Invalid) as refused:
        sizes.change_size(cake.id, 2, size(measures=Measures("round", 20.3, 0)), shop, zohra)
    assert refused.value.field == "height_cm", "measures are checked without a recipe too"
    products.change_product(product.slug, 1, facts(name=product.name, category_id=product.category_id), zohra)
    assert session.get_one(CakeRecipe, product.id).flavour == RECIPE.flavour
    owed = session.scalars(select(Outbox.unique_key).where(Outbox.job == "jobs.catalog.draw_picture")).all()
    assert len(owed) == 2, "said to be drawn when its measures and when its recipe came"
    sizes.change_size(cake.id, 2, size(price_cents=19_000, name="8 inch"), shop, zohra)
    assert suggestions(session) == 1


def test_a_size_more_is_added_last_and_eight_are_enough(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    cake = make_known_cake()
    for number in range(2, 9):
        sizes.add_size(cake.product_id, size(name=f"Size {number}"), shop, zohra)
    found = session.scalars(
        select(Variant).where(Variant.product_id == cake.product_id).order_by(Variant.position, Variant.id)
    ).all()
    assert [variant.name for variant in found][-1] == "Size 8" and len(found) == 8
    with pytest.raises(Invalid, match="up to 8 sizes"):
        sizes.add_size(cake.product_id, size(name="Size 9"), shop, zohra)


def test_a_new_size_without_a_name_is_called_by_its_measures(
    session: Session, shop: Profile, zohra: Actor
) -> None:
    names = {
        "8″ (20 cm)": ROUND,
        "30 cm": Measures("round", 30.0, 11),
        "10″ heart": Measures("heart", 25.4, 8),
        "33 × 23 cm": Measures("rectangle", 33.0, 6, 2, 23.0),
        "2 tiers from 25 cm": Measures("round", 25.4, 10, tiers=2),
    }
    cake = make_known_cake()
    for name, measures in names.items():
        new = size(measures=measures, reason="All at one price", servings_max=500, servings_min=1)
        made = sizes.add_size(cake.product_id, new, shop, zohra)
        assert session.get_one(Variant, made).name == name


def test_what_is_not_there_is_not_found(session: Session, shop: Profile, zohra: Actor) -> None:
    calls: list[Any] = [
        lambda: sizes.change_size(999, 1, size(), shop, zohra),
        lambda: sizes.add_size(999, size(), shop, zohra),
        lambda: products.change_product("nothing", 1, facts(), zohra),
        lambda: products.show_on_menu("nothing", zohra),
        lambda: products.take_off_menu("nothing", zohra),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()


def test_showing_twice_and_hiding_twice_is_once(
    session: Session, shop: Profile, zohra: Actor, client: FlaskClient
) -> None:
    product = session.get_one(Product, make_known_cake().product_id)
    for _ in range(2):
        products.take_off_menu(product.slug, zohra)
    for _ in range(2):
        products.show_on_menu(product.slug, zohra)
    said = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_type == "product")).all()
    assert said == ["took a product off the menu", "put a product on the menu"]
