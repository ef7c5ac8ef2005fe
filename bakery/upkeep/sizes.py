"""The sizes of a product: price, servings and notice, with the models' suggestion kept beside the decision."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe, VariantSuggestion
from bakery.catalog.models import Product, Variant
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.forecasting.menu_cakes import Measures, Recipe, Suggestion, suggest
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.shop.queries import Profile
from bakery.upkeep.changes import changed, owe_picture, refuse_stale
from bakery.upkeep.menu_queries import read_measures, read_recipe
from bakery.upkeep.size_rules import MAX_SIZES, OWN, Size, checked, explain, facts_of


def change_size(variant_id: int, version: int, size: Size, shop: Profile, actor: Actor) -> None:
    """Save what staff decided about a size they saw as `version`.

    Refuses with Conflict what somebody else changed meanwhile, and with Invalid (and the field) a price, servings,
    time or measure that cannot be, and a price or servings far from the suggestion without a reason.
    """
    recipe, is_cake, stored = _known(variant_id)
    size = checked(replace(size, measures=size.measures or stored), is_cake=is_cake)
    found = suggest_for(shop, recipe, size)
    with transaction() as session:
        variant = session.get(Variant, variant_id, with_for_update=True, populate_existing=True)
        if variant is None:
            raise NotFound("There is no such size.")
        refuse_stale(session, "size", variant.sku, variant.version, version)
        measures = session.get(CakeMeasures, variant_id)
        before = facts_of(variant, measures)
        _apply(session, variant, measures, size)
        after = facts_of(variant, session.get(CakeMeasures, variant_id))
        old, new = changed(before, after)
        if not new:
            return
        if found and new.keys() & {"price_cents", "servings_min", "servings_max", "measures"}:
            explain(shop, size, found)
            keep_suggestion(session, variant.id, size, found, actor)
        _refuse_hiding_the_last(session, variant)
        variant.version += 1
        if "measures" in new:
            owe_picture(session, variant.product_id, f"size-{variant.id}-{variant.version}")
        _touch(session, variant.product_id)
        audit.record(
            session, actor, "changed a size", "size", variant.sku, before=old, after=new, reason=size.reason
        )


def add_size(product_id: int, size: Size, shop: Profile, actor: Actor) -> int:
    """Add a size to a product. Answers its id. Refuses as `change_size` does, and more than eight of them."""
    with transaction() as session:
        recipe = _recipe(session, product_id)
        product = session.get(Product, product_id)
        if product is None:
            raise NotFound("There is no such product.")
        is_cake = product.is_cake
    size = checked(size, is_cake=is_cake)
    found = suggest_for(shop, recipe, size)
    with transaction() as session:
        product = session.get_one(Product, product_id, with_for_update=True, populate_existing=True)
        variant = insert_size(session, product, size, found, shop, actor)
        _touch(session, product.id)
        audit.record(
            session, actor, "added a size", "size", variant.sku,
            after=facts_of(variant, session.get(CakeMeasures, variant.id)), reason=size.reason,
        )  # fmt: skip
        return variant.id


def suggest_for(shop: Profile, recipe: Recipe | None, size: Size) -> Suggestion | None:
    """What the models say of a size; nothing where nobody has said what it is made of or how large it is."""
    if recipe is None or size.measures is None:
        return None
    return suggest(shop, recipe, size.measures)


def insert_size(
    session: Session, product: Product, size: Size, found: Suggestion | None, shop: Profile, actor: Actor
) -> Variant:
    """Add a checked size to a locked product. Refuses an unexplained one, and more than eight."""
    if found:
        explain(shop, size, found)
    last, count = session.execute(
        select(func.max(Variant.position), func.count()).where(Variant.product_id == product.id)
    ).one()
    if count >= MAX_SIZES:
        raise Invalid(f"A product has up to {MAX_SIZES} sizes.", field="name")
    variant = Variant(
        product_id=product.id,
        sku=_free_sku(session, product.slug),
        name=size.name,
        price_cents=size.price_cents,
        position=0 if last is None else last + 1,
    )
    session.add(variant)
    _apply(session, variant, None, size)
    if found:
        keep_suggestion(session, variant.id, size, found, actor)
    return variant


def keep_suggestion(
    session: Session, variant_id: int, size: Size, found: Suggestion, actor: Actor
) -> VariantSuggestion:
    """Write down what was suggested and what was decided, side by side."""
    price = found.price
    row = VariantSuggestion(
        variant_id=variant_id,
        at=clock.now(),
        actor_id=actor.id,
        actor_label=actor.label,
        currency=price.currency,
        predicted_cents=price.price_cents,
        low_cents=price.low_cents,
        high_cents=price.high_cents,
        predicted_servings_min=found.servings_min,
        predicted_servings_max=found.servings_max,
        decided_cents=size.price_cents,
        decided_servings_min=size.servings_min or 1,
        decided_servings_max=size.servings_max or 1,
        model_version=price.model,
        features=price.features,
        design=found.design.to_json(),
        reason=size.reason,
    )
    session.add(row)
    return row


def _apply(session: Session, variant: Variant, measures: CakeMeasures | None, size: Size) -> None:
    for name in OWN:
        setattr(variant, name, getattr(size, name))
    session.flush()  # the id of a new one
    if size.measures is None:
        return
    if measures is None:
        measures = CakeMeasures(variant_id=variant.id)
        session.add(measures)
    given = size.measures
    measures.shape, measures.layers, measures.tiers = given.shape, given.layers, given.tiers
    measures.across_mm, measures.height_mm = round(given.across_cm * 10), round(given.height_cm * 10)
    measures.width_mm = None if given.width_cm is None else round(given.width_cm * 10)
    session.flush()


def _refuse_hiding_the_last(session: Session, variant: Variant) -> None:
    """A product on the menu has something to buy. Its row lock makes two who hide one size each take turns."""
    if variant.active:
        return
    product = session.get_one(Product, variant.product_id, with_for_update=True, populate_existing=True)
    left = session.scalar(
        select(func.count()).where(
            Variant.product_id == variant.product_id, Variant.active, Variant.id != variant.id
        )
    )
    if product.published_at is not None and not left:
        raise Conflict("This is the last size that is sold. Take the whole product off the menu instead.")


def _touch(session: Session, product_id: int) -> None:
    """The sitemap's date of the last change."""
    session.get_one(Product, product_id).updated_at = clock.now()


def _known(variant_id: int) -> tuple[Recipe | None, bool, Measures | None]:
    """What it is made of, whether it is a cake, and how large: left out of a form, a size stays as large."""
    with transaction() as session:
        variant = session.get(Variant, variant_id)
        if variant is None:
            raise NotFound("There is no such size.")
        measures = session.get(CakeMeasures, variant_id)
        is_cake = session.scalar(select(Product.is_cake).where(Product.id == variant.product_id))
        stored = read_measures(measures) if measures else None
        return _recipe(session, variant.product_id), bool(is_cake), stored


def _recipe(session: Session, product_id: int) -> Recipe | None:
    row = session.get(CakeRecipe, product_id)
    return read_recipe(row) if row else None


def _free_sku(session: Session, slug: str) -> str:
    """`ROSE-CAKE-3`: the next number that no other size has."""
    stem = slug.upper()[:50]
    taken = set(
        session.scalars(select(Variant.sku).where(Variant.sku.startswith(f"{stem}-", autoescape=True)))
    )
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
