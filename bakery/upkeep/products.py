"""Products: adding a cake, changing what is said of a product, showing it on the menu and taking it off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeRecipe
from bakery.catalog.models import (
    Allergen,
    Category,
    Declaration,
    Product,
    ProductAllergen,
    ProductTag,
    Tag,
    Variant,
)
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.custom_cakes.options import DIET_AVOIDS
from bakery.forecasting.menu_cakes import Recipe
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.shop.models import TaxRate
from bakery.shop.queries import Profile
from bakery.upkeep.changes import changed, owe_picture, refuse_stale
from bakery.upkeep.deposit_rules import check_deposit
from bakery.upkeep.size_rules import MAX_SIZES, Size, checked
from bakery.upkeep.sizes import insert_size, suggest_for

TAX_CODE = "gst"
# What the allergens that such a diet avoids must not be declared as. A trace is no promise broken in what vegans and
# the eggless eat; "-free" is only said where the declaration says so.
_NEVER = {Declaration.CONTAINS, Declaration.UNKNOWN}
_ONLY_WITHOUT = set(Declaration) - {Declaration.NOT_CONTAINED}
_PROMISES = {
    Tag.NUT_FREE: _ONLY_WITHOUT,
    Tag.GLUTEN_FREE: _ONLY_WITHOUT,
    Tag.EGGLESS: _NEVER,
    Tag.VEGAN: _NEVER,
}
# name -> how long it may be, and what the form calls it
_TEXTS = {"name": 120, "summary": 300, "description": 5_000, "ingredients": 3_000}

_WRITTEN = (
    "category_id", "summary", "description", "ingredients", "message_max", "deposit_percent", "deposit_cents",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a product. `allergens` by code: declaration and species; what is left out is unknown."""

    name: str
    category_id: int
    summary: str = ""
    description: str = ""
    ingredients: str = ""
    message_max: int = 0
    # What of its price is paid first: one of both, or neither.
    deposit_percent: int | None = None
    deposit_cents: int | None = None
    allergens: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    recipe: Recipe | None = None


def add_cake(facts: Facts, sizes: Sequence[Size], shop: Profile, actor: Actor) -> str:
    """Put a new cake into the catalogue, on no menu until somebody shows it. Answers its slug.

    Refuses (Invalid, with the field; a size's as `sizes.0.price`) what cannot be said of a product or a size.
    Its picture is owed to a job.
    """
    check_facts(facts)
    if not 1 <= len(sizes) <= MAX_SIZES:
        raise Invalid(f"A cake has 1 to {MAX_SIZES} sizes.", field="sizes")
    ready = []
    for index, given in enumerate(sizes):
        with _at(index):
            size = checked(given, is_cake=True)
            ready.append((size, suggest_for(shop, facts.recipe, size)))
    with transaction() as session:
        product = _insert(session, facts)
        for index, (size, found) in enumerate(ready):
            with _at(index):
                insert_size(session, product, size, found, shop, actor)
        audit.record(
            session, actor, "added a cake", "product", product.slug,
            after=_facts_of(session, product) | {"sizes": [size.name for size, _ in ready]},
        )  # fmt: skip
        if facts.recipe:
            owe_picture(session, product.id, "new")
        return product.slug


def change_product(slug: str, version: int, facts: Facts, actor: Actor) -> None:
    """Save what staff say of a product they saw as `version`. Refuses as `add_cake`, and Conflict as sizes do."""
    check_facts(facts)
    with transaction() as session:
        product = _locked(session, slug)
        refuse_stale(session, "product", slug, product.version, version)
        before = _facts_of(session, product)
        _write(session, product, facts)
        old, new = changed(before, _facts_of(session, product))
        if not new:
            return
        product.version += 1
        if "made of" in new:
            owe_picture(session, product.id, f"recipe-{product.version}")
        audit.record(session, actor, "changed a product", "product", slug, before=old, after=new)


def show_on_menu(slug: str, actor: Actor) -> None:
    """Put a product on the menu, now. Refuses with Conflict one that has no size to buy. Twice is once."""
    with transaction() as session:
        product = _locked(session, slug)
        if product.published_at is not None:
            return
        sold = session.scalar(select(func.count()).where(Variant.product_id == product.id, Variant.active))
        if not sold:
            raise Conflict("It has no size that is sold, so nobody could buy it. Show a size first.")
        product.published_at = clock.now()
        _note_visibility(session, product, actor, "put a product on the menu")


def take_off_menu(slug: str, actor: Actor) -> None:
    """Take a product off the menu; orders that were placed keep what they hold. Twice is once."""
    with transaction() as session:
        product = _locked(session, slug)
        if product.published_at is None:
            return
        product.published_at = None
        _note_visibility(session, product, actor, "took a product off the menu")


def check_facts(facts: Facts) -> None:
    """Refuse (Invalid, with the field) texts that are missing or too long, and tags that promise too much."""
    if not facts.name.strip():
        raise Invalid("Name it as customers will read it.", field="name")
    for name, longest in _TEXTS.items():
        text = getattr(facts, name)
        if len(text) > longest or "\x00" in text:
            raise Invalid(f"Keep it under {longest:,} characters.", field=name)
    if not 0 <= facts.message_max <= 200:
        raise Invalid("Write 0 to 200 letters; 0 means it takes no message.", field="message_max")
    check_deposit(facts.deposit_percent, facts.deposit_cents)
    for code, (state, note) in facts.allergens.items():
        if code not in set(Allergen) or state not in set(Declaration) or len(note) > 120:
            raise Invalid("This declaration cannot be read.", field="allergens")
    for tag in facts.tags:
        _check_tag(tag, facts.allergens)


def slug_of(name: str) -> str:
    """`Rose & Lemon Cake` as `rose-lemon-cake`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-") or "cake"


class _at:
    """Refusals inside name the size they are about."""

    def __init__(self, index: int) -> None:
        self.index = index

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Invalid):
            raise Invalid(error.message, field=f"sizes.{self.index}.{error.field}") from None


def _check_tag(tag: str, declared: Mapping[str, tuple[str, str]]) -> None:
    if tag not in set(Tag):
        raise Invalid("Choose from the list.", field="tags")
    never = _PROMISES.get(Tag(tag), set())
    for allergen in sorted(DIET_AVOIDS.get(Tag(tag), ())):
        state = declared.get(allergen, (Declaration.UNKNOWN, ""))[0]
        if state in never:
            wanted = "not in the recipe" if never is _ONLY_WITHOUT else "known not to be an ingredient"
            raise Invalid(
                f"“{TAG_WORDS[tag]}” can only be said where {ALLERGEN_WORDS[allergen].lower()} "
                f"{'are' if ALLERGEN_WORDS[allergen].endswith('s') else 'is'} {wanted}.",
                field="tags",
            )


def _insert(session: Session, facts: Facts) -> Product:
    # Two of the same name at once: one address each.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("catalog:slug", 0))))
    if session.get(TaxRate, TAX_CODE) is None:
        raise Conflict("The shop has no tax class for cakes yet.")
    category = session.get(Category, facts.category_id)
    last = session.scalar(select(func.max(Product.position)).where(Product.category_id == facts.category_id))
    if category is None:
        raise Invalid("Choose a category.", field="category")
    product = Product(
        slug=_free_slug(session, slug_of(facts.name)),
        name=facts.name,
        category_id=category.id,
        tax_code=TAX_CODE,
        is_cake=True,
        position=(last or 0) + 1,
    )
    session.add(product)
    session.flush()  # its id
    _write(session, product, facts)
    return product


def _write(session: Session, product: Product, facts: Facts) -> None:
    if session.get(Category, facts.category_id) is None:
        raise Invalid("Choose a category.", field="category")
    product.name = facts.name.strip()
    for name in _WRITTEN:
        setattr(product, name, getattr(facts, name))
    session.execute(delete(ProductAllergen).where(ProductAllergen.product_id == product.id))
    session.execute(delete(ProductTag).where(ProductTag.product_id == product.id))
    for allergen in Allergen:
        state, note = facts.allergens.get(allergen, (Declaration.UNKNOWN, ""))
        session.add(ProductAllergen(product_id=product.id, allergen=allergen, state=state, note=note.strip()))
    session.add_all(ProductTag(product_id=product.id, tag=tag) for tag in sorted(facts.tags))
    if facts.recipe:
        row = session.get(CakeRecipe, product.id)
        if row is None:
            row = CakeRecipe(product_id=product.id)
            session.add(row)
        for name in ("flavour", "filling", "covering", "decoration", "colour"):
            setattr(row, name, getattr(facts.recipe, name))
        row.toppings = list(facts.recipe.toppings)
    session.flush()


def _facts_of(session: Session, product: Product) -> dict[str, Any]:
    declared = session.execute(
        select(ProductAllergen.allergen, ProductAllergen.state, ProductAllergen.note)
        .where(ProductAllergen.product_id == product.id)
        .order_by(ProductAllergen.allergen)
    )
    tags = session.scalars(
        select(ProductTag.tag).where(ProductTag.product_id == product.id).order_by(ProductTag.tag)
    )
    recipe = session.get(CakeRecipe, product.id)
    return {
        "name": product.name,
        "category": session.scalar(select(Category.slug).where(Category.id == product.category_id)),
        "summary": product.summary,
        "description": product.description,
        "ingredients": product.ingredients,
        "message_max": product.message_max,
        "deposit_percent": product.deposit_percent,
        "deposit_cents": product.deposit_cents,
        **{f"allergen {allergen.value}": Declaration.UNKNOWN.value for allergen in Allergen},
        **{f"allergen {row.allergen}": f"{row.state} {row.note}".strip() for row in declared},
        "tags": list(tags),
        "made of": [recipe.flavour, recipe.filling, recipe.covering, recipe.decoration, recipe.colour,
                    *recipe.toppings] if recipe else None,
    }  # fmt: skip


def _locked(session: Session, slug: str) -> Product:
    product = session.scalar(
        select(Product)
        .where(Product.slug == slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if product is None:
        raise NotFound("There is no such product.")
    return product


def _note_visibility(session: Session, product: Product, actor: Actor, action: str) -> None:
    shown = product.published_at is not None
    product.version += 1
    audit.record(
        session, actor, action, "product", product.slug, before={"shown": not shown}, after={"shown": shown}
    )


def _free_slug(session: Session, wanted: str) -> str:
    taken = set(session.scalars(select(Product.slug).where(Product.slug.startswith(wanted, autoescape=True))))
    return next(
        slug for slug in (wanted, *(f"{wanted}-{number}" for number in range(2, 10_000))) if slug not in taken
    )
