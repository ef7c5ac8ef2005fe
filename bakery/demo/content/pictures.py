"""What each product's picture shows: the subject and scene for the illustrator, and the words for those who cannot see."""

from __future__ import annotations

from bakery.catalog.illustration.specs import (
    Backdrop,
    Border,
    CakeSpec,
    CookieSpec,
    DrinkSpec,
    LoafSpec,
    PastrySpec,
    Scene,
    Tier,
    Topping,
)
from bakery.demo.content.types import Picture

PICTURES: dict[str, Picture] = {
    "walnut-cake": Picture(
        CakeSpec(
            tiers=(Tier(diameter_cm=20.3, height_cm=11, layers=3),),
            colour="caramel_cream",
            sponge="walnut",
            filling="date",
            toppings=(Topping.WALNUTS,),
            border=Border.SHELL,
            cut=True,
        ),
        Scene(Backdrop.PLASTER, "saffron", 11),
        "A round walnut cake on a stand, cut open to show three brown sponge layers with date caramel, "
        "its top crowned with candied walnuts.",
    ),
    "pistachio-rose-cake": Picture(
        CakeSpec(
            tiers=(Tier(diameter_cm=20.3, height_cm=10, layers=3),),
            colour="ivory",
            sponge="pistachio",
            filling="raspberry",
            toppings=(Topping.PISTACHIO, Topping.ROSE_PETALS),
            cut=True,
        ),
        Scene(Backdrop.ARCH, "rose", 12),
        "A white-frosted cake with a slice taken out: green pistachio sponge, thin raspberry seams, "
        "chopped pistachios and rose petals on top.",
    ),
    "naan-e-tandoori": Picture(
        LoafSpec("naan", 3),
        Scene(Backdrop.TILE, "sand", 13),
        "Three long Afghan naan with blistered, furrowed tops, stacked on a wooden board.",
    ),
    "pistachio-baklava": Picture(
        PastrySpec("baklava", 9),
        Scene(Backdrop.LINEN, "saffron", 14),
        "Diamond-cut baklava, glossy with syrup and dusted with green pistachio, on a round platter.",
    ),
    "cardamom-shortbread": Picture(
        CookieSpec("cardamom", 8),
        Scene(Backdrop.LINEN, "pistachio", 15),
        "A stack of pale stamped butter cookies with pistachio dust, two of them leaning against the pile.",
    ),
    "sheer-chai": Picture(
        DrinkSpec("milk_tea"),
        Scene(Backdrop.TILE, "rose", 16),
        "A glass of rosy pink milk tea with a soft foam top, steam rising, cardamom pods beside it.",
    ),
}
