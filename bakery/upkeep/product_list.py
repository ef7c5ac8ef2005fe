"""The list of products as staff see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from bakery.catalog.models import (
    Allergen,
    Category,
    Declaration,
    Product,
    ProductAllergen,
    Variant,
)
from bakery.catalog.season import in_season
from bakery.core import clock
from bakery.stock.models import StockLevel

PAGE_SIZE = 50
SORTS = ("menu", "name", "price")
VIEWS: dict[str, str] = {
    "all": "All",
    "shown": "On the menu",
    "hidden": "Not shown",
    "cakes": "Cakes",
    "unknown": "Allergens unknown",
}


@dataclass(frozen=True, slots=True)
class ProductFilters:
    view: str = "all"
    q: str = ""
    category: str = ""
    sort: str = "menu"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One line of the list. `stock` is None where everything is made to order; prices of sold sizes."""

    slug: str
    name: str
    category: str
    is_cake: bool
    shown: bool
    in_season: bool
    sizes: int
    sold_sizes: int
    price_cents: int | None
    price_max_cents: int | None
    stock: int | None
    unknown_allergens: int


def list_products(
    session: Session, filters: ProductFilters, page: int, today: date
) -> tuple[list[ProductRow], int]:
    """One page of products and how many there are: two queries."""
    query = _rows().where(*_wanted(filters))
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.execute(query.order_by(*_order(filters)).offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE))
    return [_row(row._mapping, today) for row in rows], total


def find_products(session: Session, q: str, limit: int) -> Sequence[Row[str, str]]:
    """Slug and name of the first few products that fit what was typed: one query."""
    query = select(Product.slug, Product.name).where(Product.name.icontains(q, autoescape=True))
    return session.execute(query.order_by(Product.name, Product.id).limit(limit)).all()


def count_by_view(session: Session) -> dict[str, int]:
    """How many products each view shows: one query."""
    views = [view for view in VIEWS if view != "all"]
    row = session.execute(
        select(
            func.count().label("all"),
            *(func.count().filter(_in_view(view)).label(view) for view in views),
        ).select_from(Product)
    ).one()
    return dict(row._mapping)


def _declared_count() -> ColumnElement[Any]:
    return (
        select(func.count())
        .where(ProductAllergen.product_id == Product.id, ProductAllergen.state != Declaration.UNKNOWN)
        .correlate(Product)
        .scalar_subquery()
    )


def _shown() -> Any:
    return and_(Product.published_at.is_not(None), Product.published_at <= clock.now())


def _in_view(view: str) -> ColumnElement[bool]:
    return {
        "shown": _shown(),
        "hidden": ~_shown() | Product.published_at.is_(None),
        "cakes": Product.is_cake,
        "unknown": _declared_count() < len(Allergen),
    }[view]


def _rows() -> Select[Any]:
    sizes = (
        select(
            Variant.product_id,
            func.count().label("sizes"),
            func.count().filter(Variant.active).label("sold_sizes"),
            func.min(Variant.price_cents).filter(Variant.active).label("price_cents"),
            func.max(Variant.price_cents).filter(Variant.active).label("price_max_cents"),
            # Nothing where one size is made to order: there is no end of it.
            case(
                (
                    func.count().filter(Variant.active)
                    == func.count(StockLevel.variant_id).filter(Variant.active),
                    func.sum(StockLevel.on_hand - StockLevel.reserved).filter(Variant.active),
                )
            ).label("stock"),
        )
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .group_by(Variant.product_id)
        .subquery("s")
    )
    return (
        select(
            Product.slug,
            Product.name,
            Category.name.label("category"),
            Product.is_cake,
            func.coalesce(_shown(), False).label("shown"),
            Product.season_from,
            Product.season_to,
            func.coalesce(sizes.c.sizes, 0).label("sizes"),
            func.coalesce(sizes.c.sold_sizes, 0).label("sold_sizes"),
            sizes.c.price_cents,
            sizes.c.price_max_cents,
            sizes.c.stock,
            (len(Allergen) - _declared_count()).label("unknown_allergens"),
            Category.position.label("category_position"),
            Product.position,
            Product.id,
        )
        .join(Category, Category.id == Product.category_id)
        .outerjoin(sizes, sizes.c.product_id == Product.id)
    )


def _wanted(filters: ProductFilters) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if filters.view in VIEWS and filters.view != "all":
        wanted.append(_in_view(filters.view))
    if filters.category:
        wanted.append(Category.slug == filters.category)
    if filters.q:
        sku = select(Variant.product_id).where(Variant.sku.icontains(filters.q, autoescape=True))
        wanted.append(
            or_(
                *(
                    column.icontains(filters.q, autoescape=True)
                    for column in (Product.name, Product.slug, Product.keywords)
                ),
                Product.id.in_(sku),
            )
        )
    return wanted


def _order(filters: ProductFilters) -> list[Any]:
    menu = [Category.position, Product.position, Product.id]
    key: Any = {"name": func.lower(Product.name), "price": _price_column()}.get(filters.sort)
    if key is None:
        return [column.desc() for column in menu] if filters.descending else menu
    return [key.desc().nulls_last() if filters.descending else key.asc().nulls_last(), *menu]


def _price_column() -> Any:
    return (
        select(func.min(Variant.price_cents))
        .where(Variant.product_id == Product.id, Variant.active)
        .correlate(Product)
        .scalar_subquery()
    )


def _row(row: Mapping[Any, Any], today: date) -> ProductRow:
    return ProductRow(
        in_season=in_season(today, row["season_from"], row["season_to"]),
        **{
            name: row[name]
            for name in ProductRow.__dataclass_fields__
            if name != "in_season"
        },
    )  # fmt: skip
