"""What the shop offers for a cake of one's own: plain data in one place, with what each choice brings in.

Minutes are a baker's; `make_minutes` counts once a tier for sponges and fillings, once a cake for coverings
and toppings. Lead hours are how long before collection a cake with this choice has to be asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bakery.catalog.illustration.specs import Covering, Shape, Topping
from bakery.catalog.models import Allergen, Tag

_A = Allergen


class Decoration(StrEnum):
    """How much a decorator does: from a clean edge to a day's piping."""

    SIMPLE = "simple"
    MEDIUM = "medium"
    ELABORATE = "elaborate"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. `declared`: somebody has checked all fourteen allergens of it.

    What is not declared stays unknown for every allergen that is not named here.
    """

    name: str
    contains: frozenset[Allergen] = frozenset()
    may_contain: frozenset[Allergen] = frozenset()
    declared: bool = True
    lead_hours: int = 0
    make_minutes: int = 0
    decorate_minutes: int = 0
    # How the illustrator paints it: a palette name; empty where it is no colour.
    paint: str = ""


_SPONGE = frozenset({_A.GLUTEN, _A.EGGS, _A.MILK})
_NUTTY = _SPONGE | {_A.NUTS}
_MILK = frozenset({_A.MILK})

FLAVOURS: dict[str, Choice] = {
    "vanilla": Choice("Vanilla", _SPONGE, lead_hours=48, make_minutes=40, paint="vanilla"),
    "walnut": Choice("Walnut", _NUTTY, lead_hours=48, make_minutes=45, paint="walnut"),
    "red_velvet": Choice("Red velvet", _SPONGE, lead_hours=48, make_minutes=45, paint="red_velvet"),
    "pistachio_rose": Choice("Pistachio and rose", _NUTTY, lead_hours=48, make_minutes=50, paint="pistachio"),
    "cardamom_honey": Choice("Cardamom and honey", _SPONGE, lead_hours=48, make_minutes=45, paint="honey"),
    "chocolate": Choice(
        "Chocolate", _SPONGE | {_A.SOYA}, lead_hours=48, make_minutes=45, paint="chocolate_sponge"
    ),
    "lemon": Choice("Lemon", _SPONGE, lead_hours=48, make_minutes=40, paint="lemon"),
    "carrot": Choice("Carrot", _NUTTY, lead_hours=48, make_minutes=50, paint="carrot"),
    "date": Choice("Date", _SPONGE, lead_hours=48, make_minutes=50, paint="date"),
}

FILLINGS: dict[str, Choice] = {
    "buttercream": Choice("Vanilla buttercream", _MILK, make_minutes=15, paint="cream"),
    "cream_cheese": Choice("Cream cheese", _MILK, make_minutes=15, paint="ivory"),
    "ganache": Choice("Chocolate ganache", _MILK | {_A.SOYA}, make_minutes=20, paint="chocolate"),
    "raspberry": Choice("Raspberry jam", make_minutes=15, paint="raspberry"),
    "lemon_curd": Choice("Lemon curd", frozenset({_A.EGGS, _A.MILK}), make_minutes=25, paint="lemon"),
    "date_caramel": Choice("Date caramel", _MILK, make_minutes=25, paint="caramel"),
    "pistachio_cream": Choice(
        "Pistachio cream", frozenset({_A.NUTS, _A.MILK}), make_minutes=20, paint="pistachio"
    ),
    "fresh_cream": Choice("Cream and rosewater", _MILK, make_minutes=15, paint="white"),
}

COVERINGS: dict[Covering, Choice] = {
    Covering.BUTTERCREAM: Choice("Buttercream", _MILK, make_minutes=25),
    Covering.NAKED: Choice("Naked, a scrape of buttercream", _MILK, make_minutes=15),
    Covering.GANACHE: Choice("Chocolate ganache", _MILK | {_A.SOYA}, make_minutes=30),
    Covering.FONDANT: Choice(
        "Fondant",
        may_contain=frozenset({_A.SOYA, _A.SULPHITES}),
        lead_hours=72,
        make_minutes=50,
    ),
    Covering.GLAZE: Choice("Mirror glaze", _MILK, make_minutes=30),
}

TOPPINGS: dict[Topping, Choice] = {
    Topping.WALNUTS: Choice("Candied walnuts", frozenset({_A.NUTS}), decorate_minutes=10),
    Topping.PISTACHIO: Choice("Chopped pistachios", frozenset({_A.NUTS}), decorate_minutes=5),
    Topping.ALMONDS: Choice("Toasted almonds", frozenset({_A.NUTS}), decorate_minutes=5),
    Topping.ROSE_PETALS: Choice("Dried rose petals", decorate_minutes=5),
    Topping.BERRIES: Choice("Berries", decorate_minutes=15),
    Topping.STRAWBERRIES: Choice("Strawberries", decorate_minutes=15),
    Topping.CHERRIES: Choice("Cherries", decorate_minutes=10),
    Topping.FIGS: Choice("Figs", decorate_minutes=15),
    Topping.LEMON: Choice("Candied lemon", frozenset({_A.SULPHITES}), decorate_minutes=10),
    Topping.POMEGRANATE: Choice("Pomegranate seeds", decorate_minutes=10),
    Topping.HONEYCOMB: Choice("Honeycomb", decorate_minutes=15),
    Topping.CHOCOLATE: Choice("Chocolate shards", _MILK | {_A.SOYA}, decorate_minutes=20),
    Topping.GOLD_LEAF: Choice("Gold leaf", decorate_minutes=15),
    Topping.MERINGUE: Choice("Meringue kisses", frozenset({_A.EGGS}), decorate_minutes=25, lead_hours=72),
    Topping.CANDLES: Choice("Candles", decorate_minutes=2),
    # From the florist's, different each week: nobody has declared what they were grown and kept with.
    Topping.FLOWERS: Choice("Fresh flowers", declared=False, decorate_minutes=30, lead_hours=96),
}

DECORATIONS: dict[Decoration, Choice] = {
    Decoration.SIMPLE: Choice("Simple: a clean edge", decorate_minutes=15),
    Decoration.MEDIUM: Choice("Medium: piped borders", decorate_minutes=60),
    Decoration.ELABORATE: Choice(
        "Elaborate: rosettes and fine piping",
        may_contain=frozenset({_A.SOYA}),
        decorate_minutes=180,
        lead_hours=96,
    ),
}

# One kitchen, one mixer: what is in the air of it.
KITCHEN_MAY_CONTAIN = frozenset({_A.GLUTEN, _A.EGGS, _A.MILK, _A.NUTS, _A.SESAME, _A.SOYA})

SHAPES: dict[Shape, str] = {
    Shape.ROUND: "Round",
    Shape.SQUARE: "Square",
    Shape.RECTANGLE: "Rectangle",
    Shape.HEART: "Heart",
    Shape.HEXAGON: "Hexagon",
    Shape.PETAL: "Petal",
}

OCCASIONS: dict[str, str] = {
    "birthday": "Birthday",
    "wedding": "Wedding",
    "engagement": "Engagement",
    "anniversary": "Anniversary",
    "baby": "New baby",
    "graduation": "Graduation",
    "eid": "Eid",
    "nowruz": "Nowruz",
    "work": "Work",
    "other": "Something else",
}

COLOURS: dict[str, str] = {
    "white": "White",
    "ivory": "Ivory",
    "cream": "Cream",
    "blush": "Blush",
    "rose": "Rose",
    "raspberry": "Raspberry",
    "pomegranate": "Pomegranate",
    "apricot": "Apricot",
    "mango": "Mango",
    "saffron": "Saffron",
    "lemon": "Lemon",
    "pistachio": "Pistachio",
    "mint": "Mint",
    "sky": "Sky",
    "lavender": "Lavender",
    "fig": "Fig",
    "caramel": "Caramel",
    "milk_chocolate": "Milk chocolate",
    "chocolate": "Chocolate",
    "gold": "Gold",
}

# Which allergens a diet has nothing to do with; halal and vegetarian hang on no allergen.
DIET_AVOIDS: dict[Tag, frozenset[Allergen]] = {
    Tag.VEGAN: frozenset({_A.MILK, _A.EGGS, _A.FISH, _A.CRUSTACEANS, _A.MOLLUSCS}),
    Tag.EGGLESS: frozenset({_A.EGGS}),
    Tag.GLUTEN_FREE: frozenset({_A.GLUTEN}),
    # Whoever avoids nuts is seldom asked whether a peanut is one.
    Tag.NUT_FREE: frozenset({_A.NUTS, _A.PEANUTS}),
}
