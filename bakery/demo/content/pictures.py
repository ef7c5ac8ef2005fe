"""What each product's picture shows: the subject and scene for the illustrator, and the words for those who cannot see."""

from __future__ import annotations

from bakery.catalog.illustration.specs import (
    Backdrop,
    BoxSpec,
    CookieSpec,
    DrinkSpec,
    LoafSpec,
    PastrySpec,
    Scene,
    Subject,
)
from bakery.demo.content.pictures_cakes import CAKES
from bakery.demo.content.types import Picture

P, L, T, A = Backdrop.PLASTER, Backdrop.LINEN, Backdrop.TILE, Backdrop.ARCH

#: slug: (subject, wall, tone, seed, words)
_SHELF: dict[str, tuple[Subject, Backdrop, str, int, str]] = {
    "naan-e-tandoori": (
        LoafSpec("naan", 3),
        T,
        "sand",
        13,
        "Three long Afghan naan with blistered, furrowed tops, stacked on a wooden board.",
    ),
    "barbari": (
        LoafSpec("barbari", 2),
        P,
        "terracotta",
        51,
        "Two long ridged barbari breads, golden, sprinkled with sesame and nigella.",
    ),
    "lavash": (
        LoafSpec("lavash"),
        T,
        "teal",
        52,
        "A pile of thin, blistered lavash sheets with one folded on top.",
    ),
    "nan-e-roghani": (
        LoafSpec("roghani"),
        A,
        "rose",
        53,
        "Three round milk breads scored in a lattice, with sesame and nigella seeds.",
    ),
    "sourdough-loaf": (
        LoafSpec("sourdough"),
        P,
        "sand",
        54,
        "A dark round sourdough loaf with a floured crust and one open ear, two slices leaning against it.",
    ),
    "seeded-rye-sourdough": (
        LoafSpec("seeded"),
        L,
        "sand",
        55,
        "A dark rye loaf covered in seeds, one slice in front.",
    ),
    "nigella-rolls": (
        LoafSpec("rolls"),
        T,
        "saffron",
        56,
        "Nine shiny round milk rolls sprinkled with black nigella seeds.",
    ),
    "pistachio-baklava": (
        PastrySpec("baklava", 14),
        L,
        "saffron",
        14,
        "Diamond-cut baklava, glossy with syrup and heaped with green pistachio, on a round platter.",
    ),
    "afghan-kulcha": (
        PastrySpec("kulcha", 8),
        A,
        "saffron",
        57,
        "Round golden kulcha, scored like suns, each with chopped pistachio in its middle.",
    ),
    "butter-croissant": (
        PastrySpec("croissant", 3),
        P,
        "sand",
        58,
        "Three deep-golden croissants on a wooden board.",
    ),
    "almond-croissant": (
        PastrySpec("almond_croissant", 3),
        P,
        "rose",
        59,
        "Three croissants covered in flaked almonds and icing sugar.",
    ),
    "qaimaq-cream-rolls": (
        PastrySpec("cream_roll", 4),
        T,
        "rose",
        60,
        "Four spiral pastry horns filled with cream, the ends dipped in pistachio.",
    ),
    "pistachio-rose-tart": (
        PastrySpec("tart", 5),
        A,
        "blush",
        61,
        "Five fluted tartlets with green pistachio filling, raspberries and a rose petal.",
    ),
    "gosh-e-fil": (
        PastrySpec("elephant_ear", 5),
        L,
        "rose",
        62,
        "Rippled fried pastries dusted with icing sugar and pistachio on a plate.",
    ),
    "jalebi": (
        PastrySpec("jalebi", 6),
        P,
        "teal",
        63,
        "Six bright orange jalebi spirals, shining with syrup, on a white plate.",
    ),
    "potato-leek-bolani": (
        LoafSpec("bolani"),
        L,
        "pistachio",
        64,
        "Half-moon bolani flatbreads fanned out on a board with a bowl of herbed yoghurt.",
    ),
    "lamb-sambosa": (
        PastrySpec("sambosa", 5),
        T,
        "terracotta",
        65,
        "Five golden triangular sambosa with nigella seeds on a wooden board.",
    ),
    "cardamom-shortbread": (
        CookieSpec("cardamom", 7),
        L,
        "pistachio",
        15,
        "Pale stamped butter cookies with pistachio dust, a stack in the middle of the plate.",
    ),
    "roht-cookies": (
        CookieSpec("roht", 7),
        P,
        "honey",
        66,
        "Thick golden roht cookies with sesame and nigella, stacked on a plate.",
    ),
    "rice-flour-kulcha": (
        CookieSpec("rice", 7),
        A,
        "teal",
        67,
        "White crackled rice-flour cookies with a pinch of poppy seeds.",
    ),
    "chickpea-cookies": (
        CookieSpec("chickpea", 7),
        T,
        "lavender",
        68,
        "Small yellow clover-shaped cookies with a dot of pistachio.",
    ),
    "walnut-kulcha": (
        CookieSpec("walnut", 7),
        P,
        "plum",
        69,
        "Pale butter cookies, each with half a walnut.",
    ),
    "tahini-chocolate-cookies": (
        CookieSpec("tahini", 7),
        L,
        "sand",
        70,
        "Brown cookies with pieces of dark chocolate and sesame seeds.",
    ),
    "sheer-chai": (
        DrinkSpec("milk_tea"),
        T,
        "rose",
        16,
        "A glass of rosy pink milk tea topped with foam and pistachio, steam rising, cardamom pods beside it.",
    ),
    "qaimaq-chai": (
        DrinkSpec("qaimaq"),
        A,
        "saffron",
        71,
        "A wide blue cup of pink tea with a raft of clotted cream and pistachio.",
    ),
    "saffron-tea": (
        DrinkSpec("saffron_tea"),
        L,
        "saffron",
        72,
        "A glass of amber saffron tea with threads drifting in it, rock sugar beside it.",
    ),
    "green-cardamom-tea": (
        DrinkSpec("green_tea"),
        T,
        "pistachio",
        73,
        "A glass of pale green tea with cardamom pods and rock sugar.",
    ),
    "flat-white": (
        DrinkSpec("coffee"),
        P,
        "terracotta",
        74,
        "A flat white with a leaf drawn in its foam, in a cream cup and saucer.",
    ),
    "rose-sherbet": (
        DrinkSpec("sherbet"),
        P,
        "teal",
        75,
        "A tall glass of rose-red sherbet with ice, petals and a slice of lemon.",
    ),
    "doogh": (
        DrinkSpec("doogh"),
        T,
        "mint",
        76,
        "A tall glass of white doogh with dried mint and a sprig of fresh mint.",
    ),
    "sheer-yakh": (
        DrinkSpec("sheer_yakh"),
        A,
        "rose",
        77,
        "Three scoops of cream-coloured ice cream in a blue bowl, with pistachio and rose petals.",
    ),
    "firni": (
        DrinkSpec("firni"),
        P,
        "pistachio",
        78,
        "Three clay bowls of white firni with a ring of pistachio and saffron.",
    ),
    "sweets-gift-box": (
        BoxSpec("sweets"),
        P,
        "saffron",
        79,
        "An open coral gift box with six compartments of baklava, kulcha and cookies.",
    ),
    "eid-sweets-box": (
        BoxSpec("eid"),
        A,
        "rose",
        80,
        "An open deep-green box with gold decoration, filled with baklava, kulcha and cookies.",
    ),
    "haft-mewa-box": (BoxSpec("nowruz"), T, "sand", 81, "An open green box of nuts, figs and pale cookies."),
    "afternoon-tea-box": (
        BoxSpec("tea"),
        L,
        "lavender",
        82,
        "An open lilac box with six kinds of cookie and a cream bow.",
    ),
}

PICTURES: dict[str, Picture] = CAKES | {
    slug: Picture(subject, Scene(wall, tone, seed), alt)
    for slug, (subject, wall, tone, seed, alt) in _SHELF.items()
}
