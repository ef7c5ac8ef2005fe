"""The shelves of the menu, in order."""

from __future__ import annotations

from bakery.demo.content.pictures import PICTURES
from bakery.demo.content.types import Category

CATEGORIES: tuple[Category, ...] = (
    Category(
        "celebration-cakes",
        "Celebration cakes",
        "Layered, frosted and written on by hand",
        "Cakes for birthdays, engagements, Nowruz and plain good news. Tell us the words and we pipe them.",
        1,
        PICTURES["walnut-cake"],
    ),
    Category(
        "breads",
        "Breads",
        "Out of the tandoor every forty minutes",
        "Naan, barbari and long-proved sourdough, baked in their own room from five in the morning.",
        2,
        PICTURES["naan-e-tandoori"],
    ),
    Category(
        "pastries",
        "Pastries",
        "Butter, patience and a good rolling pin",
        "Baklava and cream rolls beside croissants laminated over three days, and a few savoury things.",
        3,
        PICTURES["pistachio-baklava"],
    ),
    Category(
        "cookies",
        "Cookies",
        "For the tin, the train and the teapot",
        "Cardamom shortbread, roht, melting rice-flour kulcha: the small things that go with tea.",
        4,
        PICTURES["cardamom-shortbread"],
    ),
    Category(
        "drinks",
        "Tea, coffee and sherbet",
        "Poured when you arrive",
        "Sheer chai the pink of old roses, saffron tea, doogh, and coffee from a very shiny machine.",
        5,
        PICTURES["sheer-chai"],
    ),
    Category(
        "chilled-sweets",
        "Sheer yakh and firni",
        "Cold, milky, scented with rose",
        "Ice cream churned by hand in a copper pot, and milk pudding set in clay bowls.",
        6,
        PICTURES["sheer-yakh"],
    ),
    Category(
        "gift-boxes",
        "Gift boxes",
        "Tied with ribbon, opened in company",
        "Boxes of sweets and cookies for Eid, Nowruz, thank-yous and doorsteps.",
        7,
        PICTURES["sweets-gift-box"],
    ),
)
