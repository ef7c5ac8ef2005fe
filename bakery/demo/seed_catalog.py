"""The demo shop's products and what is in stock of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe
from bakery.catalog.models import (
    Category,
    Picture,
    Product,
    ProductAllergen,
    ProductTag,
    RelatedProduct,
    Review,
    Variant,
)
from bakery.demo import content
from bakery.demo.content.menu_recipes import MENU_RECIPES
from bakery.demo.content.types import Product as ProductContent
from bakery.demo.seed_pictures import Drawn
from bakery.stock.models import MovementKind, StockLevel, StockMovement

MESSAGE_MAX = 40


@dataclass(frozen=True)
class Sold:
    """What the history needs of a variant."""

    product: Product
    variant: Variant
    content: ProductContent


def add_catalog(session: Session, pictures: Mapping[str, Drawn], now: datetime) -> dict[str, Sold]:
    """Categories, products and stock. `pictures` by slug. Answers variants by SKU."""
    categories = {}
    for kind in content.CATEGORIES:
        categories[kind.slug] = Category(
            slug=kind.slug,
            name=kind.name,
            tagline=kind.tagline,
            description=kind.description,
            position=kind.position,
            picture_key=pictures[f"category-{kind.slug}"].key,
            picture_alt=kind.picture.alt,
        )
    session.add_all(categories.values())
    session.flush()  # ids for the products
    products: dict[str, Product] = {}
    sold: dict[str, Sold] = {}
    for position, item in enumerate(content.PRODUCTS):
        product = _product(item, categories[item.category].id, position, now)
        session.add(product)
        session.flush()  # its id
        products[item.slug] = product
        sold |= _variants(session, item, product)
        _declare(session, item, product, pictures, now)
        _add_recipe(session, item, sold)
    for item in content.PRODUCTS:
        for place, slug in enumerate(item.related):
            if slug in products:
                session.add(
                    RelatedProduct(
                        product_id=products[item.slug].id, related_id=products[slug].id, position=place
                    )
                )
    session.flush()  # levels refer to variants
    return sold


def _product(item: ProductContent, category_id: int, position: int, now: datetime) -> Product:
    season = item.season
    return Product(
        slug=item.slug,
        name=item.name,
        summary=item.short,
        description="\n\n".join(item.description),
        ingredients=item.ingredients,
        storage=item.storage,
        serving_advice=item.serving,
        keywords=" ".join(item.keywords),
        season_name=season.name if season else "",
        season_from=f"{season.start[0]:02d}-{season.start[1]:02d}" if season else None,
        season_to=f"{season.end[0]:02d}-{season.end[1]:02d}" if season else None,
        category_id=category_id,
        tax_code=item.tax_code.value,
        is_cake=item.is_cake,
        message_max=MESSAGE_MAX if item.accepts_message else 0,
        featured=item.featured,
        position=position,
        published_at=now - timedelta(days=400),
    )


def _variants(session: Session, item: ProductContent, product: Product) -> dict[str, Sold]:
    sold = {}
    for position, size in enumerate(item.variants):
        variant = Variant(
            product_id=product.id,
            sku=size.sku,
            name=size.name,
            price_cents=size.price_cents,
            servings_min=size.servings_min,
            servings_max=size.servings_max,
            weight_g=size.weight_g,
            lead_time_hours=size.lead_time_hours,
            make_minutes=size.make_minutes,
            max_per_order=size.limit_per_order,
            position=position,
            is_default=size.default,
        )
        session.add(variant)
        session.flush()  # its id
        session.add(StockLevel(variant_id=variant.id, on_hand=size.on_hand, reserved=0))
        if size.on_hand:
            session.add(
                StockMovement(
                    variant_id=variant.id,
                    kind=MovementKind.RECEIVED,
                    on_hand_delta=size.on_hand,
                    reason="opening stock",
                )
            )
        sold[size.sku] = Sold(product, variant, item)
    return sold


def _declare(
    session: Session, item: ProductContent, product: Product, pictures: Mapping[str, Drawn], now: datetime
) -> None:
    session.execute(
        insert(ProductAllergen),
        [
            {"product_id": product.id, "allergen": a.code, "state": a.declaration.value, "note": a.note}
            for a in item.allergens
        ],
    )
    session.add_all(ProductTag(product_id=product.id, tag=tag) for tag in item.dietary)
    if drawn := pictures.get(item.slug):
        session.add(
            Picture(
                product_id=product.id,
                key=drawn.key,
                alt=item.picture.alt,
                widths=list(drawn.widths),
                ratio_permille=drawn.ratio_permille,
            )
        )
    for review in item.reviews:
        at = now - timedelta(days=review.days_ago)
        session.add(
            Review(
                product_id=product.id,
                author_name=review.name,
                rating=review.rating,
                title=review.title,
                body=review.body,
                reply=review.reply,
                created_at=at,
                published_at=at,
            )
        )


def _add_recipe(session: Session, item: ProductContent, sold: Mapping[str, Sold]) -> None:
    """What the models read of a cake, and the size of each of its pans."""
    recipe = MENU_RECIPES.get(item.slug)
    if recipe is None:
        return
    product_id = sold[item.variants[0].sku].product.id
    session.add(
        CakeRecipe(
            product_id=product_id,
            flavour=recipe.flavour,
            filling=recipe.filling,
            covering=recipe.covering,
            decoration=recipe.decoration,
            colour=recipe.colour,
            toppings=list(recipe.toppings),
        )
    )
    session.add_all(
        CakeMeasures(
            variant_id=sold[size.sku].variant.id,
            shape=recipe.shape,
            across_mm=round((size.diameter_cm or 0) * 10),
            height_mm=round(recipe.height_cm * 10),
            layers=recipe.layers,
            tiers=1,
        )
        for size in item.variants
    )
