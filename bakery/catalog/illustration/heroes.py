"""Wide pictures for the home page and for links that are shared: several subjects on one table."""

from __future__ import annotations

from dataclasses import dataclass

from bakery.catalog.illustration.cakes import draw_cake
from bakery.catalog.illustration.canvas import Canvas
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.illustrate import draw_subject
from bakery.catalog.illustration.scenes import draw_scene
from bakery.catalog.illustration.specs import (
    Backdrop,
    Border,
    BoxSpec,
    CakeSpec,
    CookieSpec,
    Covering,
    DrinkSpec,
    LoafSpec,
    PastrySpec,
    Scene,
    Subject,
    Tier,
    Topping,
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A subject whose picture's middle is put at (x, y), scaled."""

    subject: Subject
    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Hero:
    """A wide picture; things are drawn in the order given, so the nearest come last."""

    width: int
    height: int
    scene: Scene
    horizon: float
    things: tuple[Placed, ...]
    alt: str
    petals: tuple[tuple[float, float], ...] = ()
    title: str = ""


WALNUT = CakeSpec(
    (Tier(diameter_cm=20, height_cm=11),),
    colour="caramel_cream",
    sponge="walnut",
    filling="date",
    toppings=(Topping.WALNUTS,),
    border=Border.SHELL,
)
PISTACHIO = CakeSpec(
    (Tier(diameter_cm=18, height_cm=10),),
    colour="ivory",
    sponge="pistachio",
    filling="raspberry",
    toppings=(Topping.PISTACHIO, Topping.ROSE_PETALS),
)
TWO_TIERS = CakeSpec(
    (Tier(diameter_cm=25, height_cm=11), Tier(diameter_cm=17, height_cm=10)),
    Covering.FONDANT,
    "white",
    border=Border.PEARLS,
    toppings=(Topping.FLOWERS,),
)
CHOCOLATE = CakeSpec(
    (Tier(diameter_cm=19, height_cm=11),),
    Covering.GANACHE,
    "milk_chocolate",
    "chocolate",
    drip="chocolate",
    toppings=(Topping.CHERRIES, Topping.GOLD_LEAF),
)

HEROES: dict[str, Hero] = {
    "home": Hero(
        1600,
        900,
        Scene(Backdrop.ARCH, "saffron", 21),
        0.54,
        (
            Placed(WALNUT, 880, 400, 0.80),
            Placed(DrinkSpec("milk_tea"), 1330, 500, 0.62),
            Placed(PastrySpec("baklava", 14), 1210, 740, 0.50),
            Placed(LoafSpec("naan", 3), 690, 780, 0.42),
        ),
        "A walnut cake crowned with walnuts on a stand, a glass of pink milk tea, a plate of pistachio baklava and "
        "fresh naan on a board, before a saffron-coloured arch.",
        ((1010, 850), (480, 700), (960, 800), (1480, 820)),
    ),
    "breads": Hero(
        1600,
        700,
        Scene(Backdrop.TILE, "pistachio", 22),
        0.42,
        (
            Placed(LoafSpec("sourdough"), 480, 330, 0.62),
            Placed(LoafSpec("rolls"), 1190, 320, 0.52),
            Placed(LoafSpec("barbari", 2), 900, 530, 0.56),
        ),
        "Sourdough, soft rolls with nigella seed and ridged barbari bread on wooden boards, before green tiles.",
    ),
    "tea": Hero(
        1600,
        700,
        Scene(Backdrop.PLASTER, "rose", 23),
        0.48,
        (
            Placed(DrinkSpec("milk_tea"), 420, 330, 0.62),
            Placed(DrinkSpec("saffron_tea"), 1210, 330, 0.58),
            Placed(CookieSpec("cardamom", 7), 800, 430, 0.50),
            Placed(PastrySpec("tart", 5), 1330, 560, 0.36),
        ),
        "Pink milk tea and golden saffron tea either side of a plate of cardamom shortbread, small tarts in front.",
        ((620, 640), (560, 600), (1050, 640)),
    ),
    "celebrations": Hero(
        1600,
        700,
        Scene(Backdrop.PLASTER, "blush", 24),
        0.55,
        (
            Placed(TWO_TIERS, 800, 320, 0.70),
            Placed(PISTACHIO, 350, 400, 0.56),
            Placed(CHOCOLATE, 1250, 400, 0.56),
        ),
        "Three celebration cakes: pistachio with rose petals, two white tiers with sugar roses, and dark chocolate "
        "with cherries.",
        ((560, 650), (1010, 660), (610, 610)),
    ),
    "gifts": Hero(
        1600,
        700,
        Scene(Backdrop.LINEN, "plum", 25),
        0.46,
        (
            Placed(BoxSpec("sweets"), 470, 330, 0.60),
            Placed(BoxSpec("eid"), 1130, 330, 0.60),
            Placed(PastrySpec("kulcha", 8), 800, 580, 0.34),
        ),
        "Two open gift boxes, coral and deep green, filled with baklava and cookies, a plate of kulcha between them.",
    ),
    "og": Hero(
        1200,
        630,
        Scene(Backdrop.PLASTER, "saffron", 26),
        0.58,
        (Placed(WALNUT, 860, 290, 0.62), Placed(PastrySpec("baklava", 14), 1010, 520, 0.34)),
        "Saffron & Crumb: a walnut cake on a stand and a plate of baklava.",
        ((640, 560), (690, 590)),
        "Saffron & Crumb",
    ),
}


def draw_hero(hero: Hero) -> str:
    """The wide picture as SVG; deterministic."""
    c = Canvas(hero.width, hero.height, hero.scene.seed, f"h{hero.scene.seed}-")
    draw_scene(c, hero.scene, hero.horizon)
    _things(c, hero)
    return c.svg(hero.alt)


def hero_layers(hero: Hero) -> tuple[str, str]:
    """Backdrop and things as two drawings, for a renderer that treats them apart."""
    back, front = (Canvas(hero.width, hero.height, hero.scene.seed, f"{key}-") for key in "bs")
    draw_scene(back, hero.scene, hero.horizon)
    _things(front, hero)
    return back.svg(), front.svg()


def _things(c: Canvas, hero: Hero) -> None:
    c.rng.seed(hero.scene.seed)
    for thing in hero.things:
        with c.group(transform=f"translate({thing.x} {thing.y}) scale({thing.size}) translate(-640 -520)"):
            if isinstance(thing.subject, CakeSpec):
                draw_cake(c, thing.subject, (120, 30, 1160, 920))
            else:
                draw_subject(c, thing.subject)
    for i, (x, y) in enumerate(hero.petals):
        place(c, "petal" if i % 2 else "pale_petal", x, y, 0.62, 70 * i + 20, 0.6)
    if hero.title:
        c.words(70, 250, "Saffron", 104, "#4a2616", font_family="Fraunces, serif")
        c.words(70, 356, "& Crumb", 104, "#4a2616", font_family="Fraunces, serif")
        c.stroke("M74 396H250", "#b97a16", 5)
        c.words(70, 452, "An Afghan-Australian bakery", 34, "#6b3f22", font_family="Fraunces, serif")
