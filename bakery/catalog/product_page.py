"""Everything true of one product, read in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array_agg
from sqlalchemy.orm import Session

from bakery.catalog.models import (
    Allergen,
    Category,
    Declaration,
    Picture,
    Product,
    ProductAllergen,
    ProductTag,
    RelatedProduct,
    Review,
    Variant,
)
from bakery.catalog.pictures import PictureView, picture_view
from bakery.catalog.season import in_season
from bakery.core import clock
from bakery.core.errors import NotFound


@dataclass(frozen=True, slots=True)
class VariantView:
    id: int
    sku: str
    name: str
    price_cents: int
    servings_min: int | None
    servings_max: int | None
    weight_g: int | None
    lead_time_hours: int
    make_minutes: int
    max_per_order: int
    is_default: bool


@dataclass(frozen=True, slots=True)
class ProductView:
    """One product as its page shows it. `allergens` names all fourteen: (code, state, species)."""

    id: int
    slug: str
    name: str
    summary: str
    description: tuple[str, ...]
    ingredients: str
    storage: str
    serving_advice: str
    category_slug: str
    category_name: str
    is_cake: bool
    message_max: int
    # What of its price is paid first: hundredths, or cents for each; neither: all of it.
    deposit_percent: int | None
    deposit_cents: int | None
    in_season: bool
    season_name: str
    variants: tuple[VariantView, ...]
    allergens: tuple[tuple[str, str, str], ...]
    tags: tuple[str, ...]
    pictures: tuple[PictureView, ...]
    related_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reviews:
    """The published reviews of a product: the newest few, how many there are, and their average in stars."""

    newest: Sequence[Review]
    count: int
    average: float | None


def get_product(session: Session, slug: str, on: date) -> ProductView:
    """A published product by slug. Raises NotFound for any other."""
    row = session.execute(_query().where(Product.slug == slug)).one_or_none()
    if row is None:
        raise NotFound("We do not bake anything by that name.")
    product, category = row.Product, row.Category
    declared = {item["allergen"]: item for item in row.allergens or []}
    return ProductView(
        id=product.id,
        slug=product.slug,
        name=product.name,
        summary=product.summary,
        description=tuple(part for part in product.description.split("\n\n") if part),
        ingredients=product.ingredients,
        storage=product.storage,
        serving_advice=product.serving_advice,
        category_slug=category.slug,
        category_name=category.name,
        is_cake=product.is_cake,
        message_max=product.message_max,
        deposit_percent=product.deposit_percent,
        deposit_cents=product.deposit_cents,
        in_season=in_season(on, product.season_from, product.season_to),
        season_name=product.season_name,
        variants=tuple(VariantView(**item) for item in row.variants or []),
        # What is not declared is not known; it is never left out.
        allergens=tuple(_declaration(code, declared.get(code)) for code in Allergen),
        tags=tuple(row.tags or ()),
        pictures=tuple(picture_view(**item) for item in row.pictures or []),
        related_ids=tuple(row.related or ()),
    )


def _declaration(code: Allergen, declared: dict[str, Any] | None) -> tuple[str, str, str]:
    if declared is None:
        return (code.value, Declaration.UNKNOWN.value, "")
    return (code.value, declared["state"], declared["note"])


def _json_list(model: Any, names: Sequence[str], *order: Any) -> Any:
    pairs = [part for name in names for part in (name, getattr(model, name))]
    return func.json_agg(aggregate_order_by(func.json_build_object(*pairs), *order))


def _query() -> Select[Any]:
    fields = list(VariantView.__dataclass_fields__)
    variants = select(_json_list(Variant, fields, Variant.position)).where(
        Variant.product_id == Product.id, Variant.active
    )
    allergens = select(
        _json_list(ProductAllergen, ["allergen", "state", "note"], ProductAllergen.allergen)
    ).where(ProductAllergen.product_id == Product.id)
    pictures = select(
        _json_list(Picture, ["key", "alt", "widths", "ratio_permille"], Picture.position)
    ).where(Picture.product_id == Product.id)
    tags = select(array_agg(aggregate_order_by(ProductTag.tag, ProductTag.tag))).where(
        ProductTag.product_id == Product.id
    )
    related = select(array_agg(aggregate_order_by(RelatedProduct.related_id, RelatedProduct.position))).where(
        RelatedProduct.product_id == Product.id
    )
    return (
        select(
            Product,
            Category,
            variants.correlate(Product).scalar_subquery().label("variants"),
            allergens.correlate(Product).scalar_subquery().label("allergens"),
            pictures.correlate(Product).scalar_subquery().label("pictures"),
            tags.correlate(Product).scalar_subquery().label("tags"),
            related.correlate(Product).scalar_subquery().label("related"),
        )
        .join(Category, Category.id == Product.category_id)
        .where(Product.published_at.is_not(None), Product.published_at <= clock.now())
    )


def list_reviews(session: Session, product_id: int, limit: int = 6) -> Reviews:
    """The newest published reviews, with the count and average of all of them: one query."""
    rows = session.execute(
        select(
            Review,
            func.count().over().label("total"),
            func.avg(Review.rating).over().label("average"),
        )
        .where(Review.product_id == product_id, Review.published_at.is_not(None))
        .order_by(Review.published_at.desc())
        .limit(limit)
    ).all()
    if not rows:
        return Reviews([], 0, None)
    return Reviews([row.Review for row in rows], rows[0].total, float(rows[0].average))


def list_addresses(session: Session) -> Sequence[tuple[str, datetime]]:
    """Slug and last change of every published product, for the sitemap."""
    rows = session.execute(
        select(Product.slug, Product.updated_at)
        .where(Product.published_at.is_not(None), Product.published_at <= clock.now())
        .order_by(Product.slug)
    )
    return [(row.slug, row.updated_at) for row in rows]
