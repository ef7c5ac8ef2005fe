"""The sizes of cakes on the menu, with what they serve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Product, Variant
from bakery.catalog.season import in_season
from bakery.core import clock


@dataclass(frozen=True, slots=True)
class CakeSize:
    """One size of a published cake. It serves `servings_min` with generous slices, `servings_max` with small ones."""

    slug: str
    product: str
    name: str
    price_cents: int
    servings_min: int
    servings_max: int
    max_per_order: int


def list_cake_sizes(session: Session, on: date) -> list[CakeSize]:
    """Every active size with servings of the cakes that are in season on a day, in menu order: one query."""
    rows = session.execute(
        select(
            Product.slug,
            Product.name.label("product"),
            Variant.name,
            Variant.price_cents,
            Variant.servings_min,
            Variant.servings_max,
            Variant.max_per_order,
            Product.season_from,
            Product.season_to,
        )
        .join(Variant, Variant.product_id == Product.id)
        .where(
            Product.is_cake,
            Product.published_at.is_not(None),
            Product.published_at <= clock.now(),
            Variant.active,
            Variant.servings_min > 0,
            Variant.servings_max >= Variant.servings_min,
        )
        .order_by(Product.position, Product.id, Variant.position)
    )
    return [
        CakeSize(
            slug=row.slug,
            product=row.product,
            name=row.name,
            price_cents=row.price_cents,
            # The query leaves out sizes without servings.
            servings_min=row.servings_min or 1,
            servings_max=row.servings_max or 1,
            max_per_order=row.max_per_order,
        )
        for row in rows
        if in_season(on, row.season_from, row.season_to)
    ]
