"""Cakes on the menu that the models can be asked about."""

from __future__ import annotations

from typing import Any

from bakery.catalog.cake_models import CakeMeasures, CakeRecipe
from bakery.catalog.models import Variant
from bakery.forecasting.menu_cakes import Measures, Recipe
from bakery.upkeep.products import Facts
from bakery.upkeep.size_rules import Size
from tests.factories.base import Factory
from tests.factories.catalog import CategoryFactory, make_cake
from tests.factories.shop import TaxRateFactory

RECIPE = Recipe("walnut", "date_caramel", "buttercream", "medium", "caramel", ("walnuts",))
ROUND = Measures("round", 20.3, 11.0)


class CakeRecipeFactory(Factory):
    class Meta:
        model = CakeRecipe

    flavour = "walnut"
    filling = "date_caramel"
    covering = "buttercream"
    decoration = "medium"
    colour = "caramel"
    toppings = ["walnuts"]


class CakeMeasuresFactory(Factory):
    class Meta:
        model = CakeMeasures

    shape = "round"
    across_mm = 203
    height_mm = 110
    layers = 3
    tiers = 1


def make_known_cake(**changes: Any) -> Variant:
    """`make_cake`, made of walnut sponge, 20.3 cm across and 11 cm high; serves 16 to 24."""
    cake = make_cake(**{"servings_min": 16, "servings_max": 24} | changes)
    CakeRecipeFactory(product_id=cake.product_id)
    CakeMeasuresFactory(variant_id=cake.id)
    return cake


def facts(**changes: Any) -> Facts:
    """What staff say of a new cake; in a category and a tax class of its own."""
    TaxRateFactory()
    category = changes.pop("category_id", None) or CategoryFactory().id
    values: dict[str, Any] = {"name": "Quince & Rose Cake", "message_max": 40, "recipe": RECIPE}
    return Facts(category_id=category, **values | changes)


def size(**changes: Any) -> Size:
    """An eight-inch cake at a price near the suggested one ($198 today) with the geometry's servings."""
    values: dict[str, Any] = {
        "price_cents": 19_800,
        "servings_min": 16,
        "servings_max": 24,
        "lead_time_hours": 48,
        "make_minutes": 50,
        "measures": ROUND,
    }
    return Size(**values | changes)
