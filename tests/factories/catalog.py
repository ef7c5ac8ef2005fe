"""Things to sell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from factory import LazyFunction, Sequence, SubFactory, post_generation

from bakery.catalog.models import Category, Picture, Product, ProductAllergen, ProductTag, Review, Variant
from bakery.core import clock
from bakery.infra.db import db
from bakery.stock.models import MovementKind, StockLevel, StockMovement
from tests.factories.base import Factory
from tests.factories.shop import TaxRateFactory


class CategoryFactory(Factory):
    class Meta:
        model = Category

    slug = Sequence("category-{}".format)
    name = Sequence("Category {}".format)


class ProductFactory(Factory):
    """Published, GST at 10 %, and no message. `allergens={"milk": "contains"}`, `tags=["halal"]` add rows."""

    class Meta:
        model = Product

    slug = Sequence("product-{}".format)
    name = Sequence("Product {}".format)
    ingredients = "Flour, sugar, butter"
    category = SubFactory(CategoryFactory)
    tax_code = LazyFunction(lambda: TaxRateFactory().code)
    published_at = LazyFunction(clock.now)

    @post_generation
    def allergens(self, create: bool, states: Mapping[str, str] | None, **_: Any) -> None:
        for allergen, state in (states or {}).items():
            db.session.add(ProductAllergen(product_id=self.id, allergen=allergen, state=state))
        db.session.commit()

    @post_generation
    def tags(self, create: bool, names: Iterable[str] | None, **_: Any) -> None:
        for tag in names or ():
            db.session.add(ProductTag(product_id=self.id, tag=tag))
        db.session.commit()


class VariantFactory(Factory):
    """Made to order unless `stock=20` puts some on the shelf."""

    class Meta:
        model = Variant

    product = SubFactory(ProductFactory)
    sku = Sequence("SKU-{}".format)
    name = "6 inch"
    price_cents = 5500
    max_per_order = 10

    @post_generation
    def stock(self, create: bool, units: int | None, **_: Any) -> None:
        if units is None:
            return
        db.session.add(StockLevel(variant_id=self.id, on_hand=units))
        if units:
            db.session.add(StockMovement(variant_id=self.id, kind=MovementKind.RECEIVED, on_hand_delta=units))
        db.session.commit()


def make_cake(**changes: Any) -> Variant:
    """An 8-inch celebration cake: $86, a message of 40 graphemes, 24 hours' notice, 30 minutes' work."""
    product = {"name": "Walnut Cake", "is_cake": True, "message_max": 40, "allergens": {"nuts": "contains"}}
    values = {
        "name": "8 inch",
        "price_cents": 8600,
        "lead_time_hours": 24,
        "make_minutes": 30,
        **{f"product__{name}": value for name, value in product.items()},
    }
    return VariantFactory(**values | changes)


def make_loaf(**changes: Any) -> Variant:
    """A GST-free loaf at 9 dollars, made to order, no lead time."""
    rate = TaxRateFactory(code="gst_free", name="GST-free", rate_bp=0)
    values = {
        "name": "Loaf",
        "price_cents": 900,
        "product__name": "Sourdough",
        "product__tax_code": rate.code,
    }
    return VariantFactory(**values | changes)


class PictureFactory(Factory):
    class Meta:
        model = Picture

    product_id = LazyFunction(lambda: ProductFactory().id)
    key = Sequence("products/picture-{}".format)
    alt = "A cake on a plate"
    widths = LazyFunction(lambda: [320, 640, 960])


class ReviewFactory(Factory):
    class Meta:
        model = Review

    product_id = LazyFunction(lambda: ProductFactory().id)
    author_name = "Laila"
    rating = 5
    body = "Gone in ten minutes."
    published_at = LazyFunction(clock.now)
