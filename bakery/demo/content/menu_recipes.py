"""What the menu's cakes are made of, in the words of the offer for custom cakes, as the models read them.

A cake that the offer has no words for (two tiers of widths of their own, an orange cake) is left out: staff say it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MenuRecipe:
    """Every size of a cake: `height_cm` and `layers` are the same in all of them."""

    flavour: str
    filling: str
    covering: str
    colour: str
    height_cm: float
    layers: int
    toppings: tuple[str, ...] = ()
    decoration: str = "simple"
    shape: str = "round"


MENU_RECIPES = {
    "walnut-cake": MenuRecipe("walnut", "date_caramel", "buttercream", "caramel", 11, 3, ("walnuts",)),
    "pistachio-rose-cake": MenuRecipe(
        "pistachio_rose", "raspberry", "buttercream", "ivory", 10, 3, ("pistachio", "rose_petals")
    ),
    "cardamom-honey-cake": MenuRecipe(
        "cardamom_honey", "fresh_cream", "naked", "ivory", 10.5, 8, ("almonds", "honeycomb")
    ),
    "red-velvet-cake": MenuRecipe(
        "red_velvet", "cream_cheese", "buttercream", "white", 11, 4, ("pomegranate",)
    ),
    "dark-chocolate-cake": MenuRecipe(
        "chocolate", "raspberry", "ganache", "milk_chocolate", 11, 4, ("cherries", "gold_leaf")
    ),
    "lemon-cake": MenuRecipe("lemon", "lemon_curd", "buttercream", "lemon", 10.5, 3, ("lemon", "meringue")),
    "mango-cardamom-cake": MenuRecipe("vanilla", "fresh_cream", "buttercream", "white", 10, 3),
    "fig-mascarpone-cake": MenuRecipe("walnut", "cream_cheese", "naked", "ivory", 11, 3, ("figs",)),
    "vegan-chocolate-cake": MenuRecipe("chocolate", "raspberry", "ganache", "chocolate", 10, 3, ("berries",)),
    "strawberry-heart-cake": MenuRecipe(
        "vanilla", "fresh_cream", "buttercream", "rose", 8, 2, ("strawberries",), shape="heart"
    ),
    "nowruz-haft-mewa-cake": MenuRecipe(
        "cardamom_honey", "fresh_cream", "glaze", "caramel", 9, 2, ("pistachio", "walnuts")
    ),
}
