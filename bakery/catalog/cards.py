"""The menu's raw material: one row a published product, with all that a card and the facets need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array_agg, distinct_on
from sqlalchemy.orm import Session

from bakery.catalog.models import (
    Allergen,
    Category,
    Declaration,
    Picture,
    Product,
    ProductAllergen,
    ProductTag,
    Review,
    Variant,
)
from bakery.catalog.pictures import PictureView, picture_view
from bakery.catalog.season import in_season
from bakery.core import clock


@dataclass(frozen=True, slots=True)
class Card:
    """A product as the menu shows and filters it."""

    id: int
    slug: str
    name: str
    summary: str
    category: str
    is_cake: bool
    featured: bool
    position: int
    price_cents: int
    price_max_cents: int
    servings_min: int | None
    servings_max: int | None
    # (lead time in hours, minutes of work) of each size.
    needs: frozenset[tuple[int, int]]
    variant_ids: tuple[int, ...]
    tags: frozenset[str]
    free_from: frozenset[str]
    unknown: frozenset[str]
    rating: float | None
    rating_count: int
    picture: PictureView | None
    keywords: str
    in_season: bool


def list_cards(session: Session, on: date, *, ids: Iterable[int] | None = None) -> list[Card]:
    """Every published product with an active variant (or those of `ids`), in menu order: one query."""
    query = _query()
    if ids is not None:
        query = query.where(Product.id.in_(list(ids)))
    return [_card(row, on) for row in session.execute(query)]


def _variants() -> Select:
    return (
        select(
            Variant.product_id,
            func.min(Variant.price_cents).label("price_cents"),
            func.max(Variant.price_cents).label("price_max_cents"),
            func.min(Variant.servings_min).label("servings_min"),
            func.max(Variant.servings_max).label("servings_max"),
            array_agg(aggregate_order_by(Variant.lead_time_hours, Variant.position)).label("lead_times"),
            array_agg(aggregate_order_by(Variant.make_minutes, Variant.position)).label("works"),
            array_agg(aggregate_order_by(Variant.id, Variant.position)).label("variant_ids"),
        )
        .where(Variant.active)
        .group_by(Variant.product_id)
    )


def _allergens() -> Select:
    def those(state: Declaration) -> Any:
        return func.array_agg(ProductAllergen.allergen).filter(ProductAllergen.state == state)

    return select(
        ProductAllergen.product_id,
        those(Declaration.NOT_CONTAINED).label("free_from"),
        those(Declaration.UNKNOWN).label("unknown"),
        func.array_agg(ProductAllergen.allergen).label("declared"),
    ).group_by(ProductAllergen.product_id)


def _query() -> Select:
    variants = _variants().subquery("v")
    allergens = _allergens().subquery("a")
    tags = (
        select(ProductTag.product_id, array_agg(ProductTag.tag).label("tags"))
        .group_by(ProductTag.product_id)
        .subquery("t")
    )
    reviews = (
        select(Review.product_id, func.avg(Review.rating).label("rating"), func.count().label("rating_count"))
        .where(Review.published_at.is_not(None))
        .group_by(Review.product_id)
        .subquery("r")
    )
    pictures = (
        select(Picture.product_id, Picture.key, Picture.alt, Picture.widths, Picture.ratio_permille)
        .ext(distinct_on(Picture.product_id))
        .order_by(Picture.product_id, Picture.position)
        .subquery("p")
    )
    return (
        select(
            Product.id,
            Product.slug,
            Product.name,
            Product.summary,
            Category.slug.label("category"),
            Product.is_cake,
            Product.featured,
            Product.position,
            Product.keywords,
            Product.season_from,
            Product.season_to,
            variants,
            allergens.c.free_from,
            allergens.c.unknown,
            allergens.c.declared,
            tags.c.tags,
            reviews.c.rating,
            reviews.c.rating_count,
            pictures.c.key,
            pictures.c.alt,
            pictures.c.widths,
            pictures.c.ratio_permille,
        )
        .join(Category, Category.id == Product.category_id)
        .join(variants, variants.c.product_id == Product.id)
        .outerjoin(allergens, allergens.c.product_id == Product.id)
        .outerjoin(tags, tags.c.product_id == Product.id)
        .outerjoin(reviews, reviews.c.product_id == Product.id)
        .outerjoin(pictures, pictures.c.product_id == Product.id)
        .where(and_(Product.published_at.is_not(None), Product.published_at <= clock.now()))
        .order_by(Category.position, Product.position, Product.id)
    )


def _card(row: object, on: date) -> Card:
    r = row._mapping  # type: ignore[attr-defined]
    picture = None
    if r["key"]:
        picture = picture_view(r["key"], r["alt"], r["widths"], r["ratio_permille"])
    return Card(
        id=r["id"],
        slug=r["slug"],
        name=r["name"],
        summary=r["summary"],
        category=r["category"],
        is_cake=r["is_cake"],
        featured=r["featured"],
        position=r["position"],
        price_cents=r["price_cents"],
        price_max_cents=r["price_max_cents"],
        servings_min=r["servings_min"],
        servings_max=r["servings_max"],
        needs=frozenset(zip(r["lead_times"], r["works"], strict=True)),
        variant_ids=tuple(r["variant_ids"]),
        tags=frozenset(r["tags"] or ()),
        free_from=frozenset(r["free_from"] or ()),
        # What is not declared at all is not known either.
        unknown=frozenset(r["unknown"] or ()) | (frozenset(Allergen) - frozenset(r["declared"] or ())),
        rating=float(r["rating"]) if r["rating"] is not None else None,
        rating_count=r["rating_count"] or 0,
        picture=picture,
        keywords=r["keywords"],
        in_season=in_season(on, r["season_from"], r["season_to"]),
    )


def in_order(cards: Sequence[Card], ids: Sequence[int]) -> list[Card]:
    """The cards in the order of `ids`, those that are missing left out."""
    by_id = {card.id: card for card in cards}
    return [by_id[i] for i in ids if i in by_id]
