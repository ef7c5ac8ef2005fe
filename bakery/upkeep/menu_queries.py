"""One product as staff see it, with its sizes and what was suggested for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe, VariantSuggestion
from bakery.catalog.models import (
    Allergen,
    Category,
    Declaration,
    Picture,
    Product,
    ProductAllergen,
    ProductTag,
    Variant,
)
from bakery.core.errors import Invalid, NotFound
from bakery.forecasting.menu_cakes import Measures, Recipe
from bakery.stock.models import StockLevel


@dataclass(frozen=True, slots=True)
class SizeRow:
    """A size with its measures, what is left of it, and the latest suggestion beside its decision."""

    variant: Variant
    measures: Measures | None
    available: int | None
    suggestion: VariantSuggestion | None


@dataclass(frozen=True, slots=True)
class ProductPage:
    product: Product
    category: Category
    recipe: CakeRecipe | None
    sizes: Sequence[SizeRow]
    allergens: Mapping[str, tuple[str, str]]
    tags: frozenset[str]
    picture: Picture | None

    @property
    def unknown(self) -> list[str]:
        """Allergens that nobody has declared."""
        return self._declared(Declaration.UNKNOWN)

    @property
    def absent(self) -> list[str]:
        """Allergens that are declared as not in the recipe."""
        return self._declared(Declaration.NOT_CONTAINED)

    def _declared(self, wanted: Declaration) -> list[str]:
        return [code for code, (state, _) in self.allergens.items() if state == wanted]


def get_product_page(session: Session, slug: str) -> ProductPage:
    """One product with everything staff decide about it. Raises NotFound."""
    found = session.execute(
        select(Product, Category, CakeRecipe)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(CakeRecipe, CakeRecipe.product_id == Product.id)
        .where(Product.slug == slug)
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such product.")
    product = found.Product
    declared = {
        row.allergen: (row.state, row.note)
        for row in session.execute(
            select(ProductAllergen.allergen, ProductAllergen.state, ProductAllergen.note).where(
                ProductAllergen.product_id == product.id
            )
        )
    }
    tags = session.scalars(select(ProductTag.tag).where(ProductTag.product_id == product.id))
    picture = session.scalar(
        select(Picture).where(Picture.product_id == product.id).order_by(Picture.position).limit(1)
    )
    return ProductPage(
        product=product,
        category=found.Category,
        recipe=found.CakeRecipe,
        sizes=_sizes(session, product.id),
        # What is not declared is not known; it is never left out.
        allergens={
            code.value: declared.get(code.value, (Declaration.UNKNOWN.value, "")) for code in Allergen
        },
        tags=frozenset(tags),
        picture=picture,
    )


def list_suggestions(session: Session, variant_id: int, limit: int = 10) -> Sequence[VariantSuggestion]:
    """What was suggested and decided for one size, newest first."""
    return session.scalars(
        select(VariantSuggestion)
        .where(VariantSuggestion.variant_id == variant_id)
        .order_by(VariantSuggestion.at.desc(), VariantSuggestion.id.desc())
        .limit(limit)
    ).all()


def read_measures(row: CakeMeasures) -> Measures:
    """The row in centimetres."""
    return Measures(
        shape=row.shape,
        across_cm=row.across_mm / 10,
        height_cm=row.height_mm / 10,
        layers=row.layers,
        width_cm=None if row.width_mm is None else row.width_mm / 10,
        tiers=row.tiers,
    )


def read_recipe(row: CakeRecipe) -> Recipe | None:
    """The row as a recipe; None where the shop no longer offers what it is made of."""
    try:
        return Recipe(row.flavour, row.filling, row.covering, row.decoration, row.colour, tuple(row.toppings))
    except Invalid:
        return None


def _sizes(session: Session, product_id: int) -> list[SizeRow]:
    latest = (
        select(VariantSuggestion.variant_id, func.max(VariantSuggestion.id).label("id"))
        .group_by(VariantSuggestion.variant_id)
        .subquery()
    )
    rows = session.execute(
        select(Variant, CakeMeasures, StockLevel, VariantSuggestion)
        .outerjoin(CakeMeasures, CakeMeasures.variant_id == Variant.id)
        .outerjoin(StockLevel, StockLevel.variant_id == Variant.id)
        .outerjoin(latest, latest.c.variant_id == Variant.id)
        .outerjoin(VariantSuggestion, VariantSuggestion.id == latest.c.id)
        .where(Variant.product_id == product_id)
        .order_by(Variant.position, Variant.id)
    )
    return [
        SizeRow(
            variant=row.Variant,
            measures=read_measures(row.CakeMeasures) if row.CakeMeasures else None,
            available=row.StockLevel.available if row.StockLevel else None,
            suggestion=row.VariantSuggestion,
        )
        for row in rows
    ]
