"""What the pictures of the celebration cakes show."""

from __future__ import annotations

from bakery.catalog.illustration.specs import (
    Backdrop,
    Border,
    CakeSpec,
    Covering,
    Scene,
    Shape,
    Stand,
    Tier,
    Topping,
)
from bakery.demo.content.types import Picture


def _round(diameter: float = 20.3, height: float = 10, layers: int = 3) -> tuple[Tier, ...]:
    return (Tier(Shape.ROUND, diameter, height, layers),)


CAKES: dict[str, Picture] = {
    "walnut-cake": Picture(
        CakeSpec(
            _round(height=11),
            colour="caramel_cream",
            sponge="walnut",
            filling="date",
            toppings=(Topping.WALNUTS,),
            border=Border.SHELL,
            cut=True,
        ),
        Scene(Backdrop.PLASTER, "saffron", 11),
        "A round walnut cake on a stand, cut open to show three brown sponge layers with date caramel, its top "
        "crowned with candied walnuts; one slice on a plate beside it.",
    ),
    "pistachio-rose-cake": Picture(
        CakeSpec(
            _round(),
            colour="ivory",
            sponge="pistachio",
            filling="raspberry",
            toppings=(Topping.PISTACHIO, Topping.ROSE_PETALS),
            cut=True,
        ),
        Scene(Backdrop.ARCH, "rose", 12),
        "A white-frosted cake with a slice taken out: green pistachio sponge, thin raspberry seams, chopped "
        "pistachios and rose petals on top.",
    ),
    "cardamom-honey-cake": Picture(
        CakeSpec(
            _round(height=10.5, layers=8),
            Covering.NAKED,
            "ivory",
            "honey",
            "cream",
            toppings=(Topping.HONEYCOMB, Topping.ALMONDS),
            cut=True,
        ),
        Scene(Backdrop.LINEN, "honey", 31),
        "A bare-sided honey cake of eight thin golden layers with cream between them, pieces of honeycomb and "
        "almonds on top, one slice cut.",
    ),
    "red-velvet-cake": Picture(
        CakeSpec(
            _round(height=11, layers=4),
            colour="white",
            sponge="red_velvet",
            filling="white",
            toppings=(Topping.POMEGRANATE,),
            border=Border.ROSETTES,
            cut=True,
        ),
        Scene(Backdrop.PLASTER, "plum", 32),
        "A white cake with a piped rim of rosettes and pomegranate seeds; the cut shows four deep red layers with "
        "white frosting.",
    ),
    "dark-chocolate-cake": Picture(
        CakeSpec(
            _round(height=11, layers=4),
            Covering.GANACHE,
            "milk_chocolate",
            "chocolate",
            "raspberry",
            drip="chocolate",
            toppings=(Topping.CHERRIES, Topping.GOLD_LEAF),
        ),
        Scene(Backdrop.LINEN, "terracotta", 33),
        "A glossy chocolate cake with a dark drip running down its sides, a ring of cherries and flecks of gold leaf.",
    ),
    "lemon-cake": Picture(
        CakeSpec(
            _round(height=10.5),
            colour="lemon",
            sponge="lemon",
            filling="lemon",
            toppings=(Topping.MERINGUE, Topping.LEMON),
            cut=True,
        ),
        Scene(Backdrop.TILE, "teal", 34),
        "A pale yellow cake with small meringues and lemon slices on top; the cut shows lemon sponge and curd.",
    ),
    "orange-almond-cake": Picture(
        CakeSpec(
            _round(22, 6.5, 1),
            Covering.GLAZE,
            "honey",
            "carrot",
            "apricot",
            drip="saffron",
            toppings=(Topping.ORANGE, Topping.ALMONDS),
            stand=Stand.PLATE,
        ),
        Scene(Backdrop.PLASTER, "terracotta", 35),
        "A low golden cake under an orange glaze that runs over the edge, with orange slices and almonds.",
    ),
    "mango-cardamom-cake": Picture(
        CakeSpec(
            _round(),
            colour="white",
            sponge="vanilla",
            filling="mango",
            toppings=(Topping.MANGO,),
            border=Border.SHELL,
            cut=True,
        ),
        Scene(Backdrop.TILE, "pistachio", 36),
        "A white cream cake with curls of ripe mango; the cut shows pale sponge and bright mango layers.",
    ),
    "fig-mascarpone-cake": Picture(
        CakeSpec(
            _round(height=11), Covering.NAKED, "ivory", "walnut", "ivory", toppings=(Topping.FIGS,), cut=True
        ),
        Scene(Backdrop.PLASTER, "lavender", 37),
        "A naked cake, its brown sponge showing through thin mascarpone, topped with quartered figs.",
    ),
    "vegan-chocolate-cake": Picture(
        CakeSpec(
            _round(),
            Covering.GANACHE,
            "chocolate",
            "chocolate",
            "raspberry",
            toppings=(Topping.BERRIES,),
            cut=True,
        ),
        Scene(Backdrop.PLASTER, "pistachio", 38),
        "A dark chocolate cake with raspberries and blueberries; the cut shows red jam between black-brown layers.",
    ),
    "saffron-milk-cake": Picture(
        CakeSpec(
            (Tier(Shape.SQUARE, 20, 6.5, 1),),
            Covering.NAKED,
            "white",
            "lemon",
            "cream",
            toppings=(Topping.PISTACHIO, Topping.ROSE_PETALS, Topping.SAFFRON),
            stand=Stand.BOARD,
        ),
        Scene(Backdrop.ARCH, "saffron", 39),
        "A square yellow sponge soaked with milk under white cream, with pistachio, rose petals and saffron threads.",
    ),
    "strawberry-heart-cake": Picture(
        CakeSpec(
            (Tier(Shape.HEART, 20.3, 8, 2),),
            colour="rose",
            toppings=(Topping.STRAWBERRIES,),
            border=Border.SHELL,
            inscription="Always you",
            ink="raspberry",
        ),
        Scene(Backdrop.PLASTER, "blush", 40),
        "A pink heart-shaped cake with shell piping and strawberries, with “Always you” written on it.",
    ),
    "white-rose-two-tier": Picture(
        CakeSpec(
            (Tier(Shape.ROUND, 25.4, 11, 3), Tier(Shape.ROUND, 17.8, 10, 3)),
            Covering.FONDANT,
            "white",
            toppings=(Topping.FLOWERS,),
            border=Border.PEARLS,
        ),
        Scene(Backdrop.ARCH, "pistachio", 41),
        "A white cake of two tiers with pearl borders and sugar roses in pink and cream.",
    ),
    "nowruz-haft-mewa-cake": Picture(
        CakeSpec(
            _round(height=9, layers=2),
            Covering.GLAZE,
            "honey",
            "honey",
            "cream",
            drip="ivory",
            toppings=(Topping.WALNUTS, Topping.POMEGRANATE, Topping.PISTACHIO),
        ),
        Scene(Backdrop.TILE, "saffron", 42),
        "A golden fruit cake with white icing running down, topped with walnuts, pistachios and pomegranate seeds.",
    ),
}
