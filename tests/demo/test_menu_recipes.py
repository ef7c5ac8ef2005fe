"""What the demo menu's cakes are made of is on offer, and each of their sizes can be built."""

from __future__ import annotations

from bakery.demo import content
from bakery.demo.content.menu_recipes import MENU_RECIPES
from bakery.forecasting.menu_cakes import Measures, Recipe, check_measures


def test_every_recipe_is_on_offer_and_every_pan_can_be_built() -> None:
    cakes = {item.slug: item for item in content.PRODUCTS if item.is_cake}
    assert set(MENU_RECIPES) <= set(cakes)
    for slug, made in MENU_RECIPES.items():
        Recipe(made.flavour, made.filling, made.covering, made.decoration, made.colour, made.toppings)
        for size in cakes[slug].variants:
            assert size.diameter_cm is not None, slug
            check_measures(Measures(made.shape, size.diameter_cm, made.height_cm, made.layers))
