"""Drinks in glass and cup, and what is served cold in a bowl."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bakery.catalog.illustration.canvas import Canvas, smooth
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import LYING, oval, steam
from bakery.catalog.illustration.palette import mix, shade
from bakery.catalog.illustration.scenes import plate
from bakery.catalog.illustration.specs import DrinkSpec
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs


@dataclass(frozen=True, slots=True)
class Vessel:
    """A glass or a cup: middle of its foot, height, radius above and below."""

    x: float
    y: float
    tall: float
    top: float
    foot: float


def draw_drink(c: Canvas, spec: DrinkSpec) -> None:
    _DRAW[spec.kind](c)


def _body(v: Vessel, low: float, high: float, inset: float = 0) -> str:
    """The vessel's silhouette between two shares of its height."""

    def r(share: float) -> float:
        return v.foot + (v.top - v.foot) * share**0.8 - inset

    a, b = v.y - v.tall * low, v.y - v.tall * high
    ra, rb = r(low), r(high)
    bend = r((low + high) / 2)
    mid = (a + b) / 2
    return (
        f"M{v.x - ra:.1f} {a:.1f}Q{v.x - bend:.1f} {mid:.1f} {v.x - rb:.1f} {b:.1f}"
        f"A{rb:.1f} {rb * 0.3:.1f} 0 0 0 {v.x + rb:.1f} {b:.1f}"
        f"Q{v.x + bend:.1f} {mid:.1f} {v.x + ra:.1f} {a:.1f}A{ra:.1f} {ra * 0.3:.1f} 0 0 1 {v.x - ra:.1f} {a:.1f}Z"
    )


def _surface(c: Canvas, v: Vessel, level: float, tint: str, inset: float = 5) -> tuple[float, float]:
    """The top of the liquid; answers where it is and how wide."""
    r = v.foot + (v.top - v.foot) * level**0.8 - inset
    y = v.y - v.tall * level
    c.ellipse(
        v.x,
        y,
        r,
        r * 0.3,
        c.linear([(0, shade(tint, -0.22)), (0.5, tint), (1, shade(tint, 0.4))], (0, 0, 0.6, 1)),
    )
    return y, r


def _glass(c: Canvas, v: Vessel, tint: str, level: float = 0.84, clear: bool = False) -> tuple[float, float]:
    """A glass with something in it: back, liquid, surface, then light on the front."""
    c.shadow(v.x + v.top * 0.32, v.y + 4, v.foot * 1.35, v.foot * 0.46, 0.42, 12)
    c.soft(v.x + v.top * 0.9, v.y + 8, v.top * 1.1, v.foot * 0.4, tint, 0.5)
    c.path(_body(v, 0, 1), "#ffffff", opacity=0.32)
    deep = shade(tint, -0.38)
    edge = 0.80 if clear else 1
    c.path(
        _body(v, 0.035, level, 5),
        c.linear(
            [
                (0, deep, edge),
                (0.18, tint, edge),
                (0.42, shade(tint, 0.26), edge),
                (0.75, tint, edge),
                (1, deep, edge),
            ],
            (0, 0, 1, 0),
        ),
    )
    c.path(
        _body(v, 0.035, level, 5), c.linear([(0, "#ffffff", 0.16), (0.6, "#ffffff", 0), (1, "#5a2410", 0.28)])
    )
    spot = _surface(c, v, level, shade(tint, 0.14))
    return spot


def _shine(c: Canvas, v: Vessel) -> None:
    rim = v.y - v.tall
    c.ellipse(v.x, rim, v.top, v.top * 0.3, stroke="#ffffff", stroke_width=5, opacity=0.75)
    c.ellipse(v.x, rim + 1.5, v.top, v.top * 0.3, stroke="#b9a58a", stroke_width=1.4, opacity=0.6)
    for share, width, opacity in ((-0.68, 15, 0.5), (-0.5, 5, 0.4), (0.74, 8, 0.3)):
        top, foot = v.x + v.top * share, v.x + v.foot * share
        bend = v.x + (v.top * 0.6 + v.foot * 0.4) * share
        d = f"M{top:.1f} {rim + v.tall * 0.12:.1f}Q{bend:.1f} {v.y - v.tall * 0.5:.1f} {foot:.1f} {v.y - v.tall * 0.08:.1f}"
        c.stroke(d, "#ffffff", width, opacity=opacity)
    c.path(
        f"M{v.x - v.foot:.1f} {v.y - 6:.1f}A{v.foot:.1f} {v.foot * 0.3:.1f} 0 0 0 {v.x + v.foot:.1f} {v.y - 6:.1f}",
        stroke="#ffffff",
        stroke_width=7.0,
        opacity=0.55,
    )


def _cup(c: Canvas, x: float, y: float, r: float, glaze: str, drink: str) -> tuple[float, float]:
    """A wide cup on its saucer; answers the middle of the drink and how wide it is."""
    plate(c, x, y + r * 0.72, r * 1.75, glaze)
    c.shadow(x + 12, y + r * 0.86, r * 0.56, r * 0.17, 0.5, 10)
    c.path(
        f"M{x + r * 0.9} {y + r * 0.1}C{x + r * 1.62} {y - r * 0.02} {x + r * 1.6} {y + r * 0.72} {x + r * 0.66} {y + r * 0.60}",
        stroke=shade(glaze, -0.16),
        stroke_width=r * 0.17,
        stroke_linecap="round",
    )
    c.path(
        f"M{x + r * 0.9} {y + r * 0.07}C{x + r * 1.58} {y - r * 0.05} {x + r * 1.55} {y + r * 0.68} {x + r * 0.66} {y + r * 0.57}",
        stroke=shade(glaze, 0.5),
        stroke_width=r * 0.06,
        stroke_linecap="round",
    )
    c.path(
        f"M{x - r} {y}C{x - r} {y + r * 0.72} {x - r * 0.5} {y + r * 0.9} {x} {y + r * 0.9}"
        f"C{x + r * 0.5} {y + r * 0.9} {x + r} {y + r * 0.72} {x + r} {y}Z",
        c.linear(
            [
                (0, shade(glaze, -0.12)),
                (0.28, shade(glaze, 0.6)),
                (0.65, shade(glaze, -0.06)),
                (1, shade(glaze, -0.34)),
            ],
            (0, 0, 1, 0),
        ),
    )
    c.ellipse(x, y, r, r * 0.40, shade(glaze, 0.5))
    c.ellipse(x, y + 3, r * 0.95, r * 0.37, shade(glaze, -0.28))
    c.ellipse(
        x,
        y + r * 0.05,
        r * 0.91,
        r * 0.335,
        c.linear([(0, shade(drink, -0.3)), (0.5, drink), (1, shade(drink, 0.3))], (0, 0, 0.7, 1)),
    )
    return y + r * 0.05, r * 0.91


def _pods(c: Canvas, spots: tuple[tuple[float, float, float], ...]) -> None:
    for x, y, turn in spots:
        c.shadow(x + 4, y + 6, 26, 10, 0.35, 5)
        with c.group(transform=f"translate({x} {y}) rotate({turn})"):
            c.path(
                "M-28 0C-14 -13 14 -13 28 0C14 13 -14 13 -28 0Z", c.linear([(0, "#c3cc92"), (1, "#77864a")])
            )
            c.stroke("M-24 0H24M-20 -4Q0 -9 20 -4", "#5f6d38", 1.3, opacity=0.6)


def _milk_tea(c: Canvas) -> None:
    plate(c, 640, 790, 250, "#f4ead8")
    v = Vessel(640, 790, 470, 152, 104)
    y, r = _glass(c, v, "#dd9a93", 0.86)
    c.ellipse(v.x, y, r, r * 0.3, c.radial([(0, "#fbe6df"), (0.7, "#f2cdc5"), (1, "#dc9e97")]))
    for _ in range(44):
        a, k = c.rng.uniform(0, 6.28), math.sqrt(c.rng.random()) * 0.93
        c.ellipse(
            v.x + r * k * math.cos(a),
            y + r * 0.3 * k * math.sin(a),
            c.rng.uniform(2, 7),
            c.rng.uniform(1, 3),
            "#fff6f1",
            opacity=0.75,
        )
    crumbs(c, [(v.x + c.rng.gauss(0, 32), y + c.rng.gauss(0, 8)) for _ in range(40)], 3.6, NUTS_GREEN)
    _shine(c, v)
    _pods(c, ((905, 838, 20), (958, 815, -25), (925, 880, -8)))
    place(c, "pale_petal", 380, 850, 0.9, 30, 0.6)
    place(c, "petal", 330, 812, 0.8, 120, 0.6)
    steam(c, 640, 350, 250)


def _amber(c: Canvas, tint: str) -> Vessel:
    plate(c, 640, 790, 250, "#f4ead8")
    v = Vessel(640, 790, 430, 132, 96)
    _glass(c, v, tint, 0.84, clear=True)
    return v


def _saffron_tea(c: Canvas) -> None:
    v = _amber(c, "#e29a22")
    for _ in range(9):
        place(
            c,
            "threads",
            v.x + c.rng.uniform(-70, 70),
            v.y - c.rng.uniform(90, 350),
            c.rng.uniform(0.6, 1),
            c.rng.uniform(0, 360),
        )
    _shine(c, v)
    for _ in range(3):
        place(
            c,
            "threads",
            920 + c.rng.uniform(-30, 30),
            830 + c.rng.uniform(-16, 16),
            1.1,
            c.rng.uniform(0, 360),
            0.6,
        )
    _sugar(c, 350, 835)
    steam(c, 640, 330, 230)


def _sugar(c: Canvas, x: float, y: float) -> None:
    """Rock sugar, as it comes with tea."""
    for dx, dy, r in ((-34, 0, 30), (16, 12, 26), (4, -24, 28), (48, -8, 20)):
        shape = [(x + dx + px, y + dy + py * 0.8) for px, py in oval(r, r, 0.22, c, 7)]
        c.shadow(x + dx + 6, y + dy + r * 0.6, r, r * 0.4, 0.3, 6)
        c.polygon(
            shape,
            c.linear([(0, "#fffdf6"), (0.5, "#fbe9c3"), (1, "#e9c886")], (0, 0, 1, 1)),
            stroke="#fffaf0",
            stroke_width=1.6,
        )


def _green_tea(c: Canvas) -> None:
    v = _amber(c, "#c9bd5c")
    _shine(c, v)
    _pods(c, ((905, 838, 20), (958, 815, -25), (925, 880, -8), (340, 850, 14)))
    _sugar(c, 345, 815)
    steam(c, 640, 330, 230)


def _coffee(c: Canvas) -> None:
    y, r = _cup(c, 640, 560, 220, "#f1e6d2", "#8a4f27")
    x = 640.0
    c.ellipse(x, y, r * 0.86, r * 0.31, "#c98d57", opacity=0.85)
    for k in range(5):
        w, lift = r * (0.52 - k * 0.09), y + r * (0.12 - k * 0.085)
        c.path(
            f"M{x - w:.1f} {lift:.1f}Q{x:.1f} {lift + r * 0.19:.1f} {x + w:.1f} {lift:.1f}"
            f"Q{x:.1f} {lift + r * 0.075:.1f} {x - w:.1f} {lift:.1f}Z",
            "#fbeed7",
        )
    c.path(
        f"M{x} {y - r * 0.28:.1f}q{r * 0.12:.1f} {r * 0.05:.1f} 0 {r * 0.12:.1f}q{-r * 0.12:.1f} {-r * 0.07:.1f} 0 {-r * 0.12:.1f}Z",
        "#fbeed7",
    )
    steam(c, 640, 500, 260)


def _qaimaq(c: Canvas) -> None:
    y, r = _cup(c, 640, 560, 220, "#9fbfb9", "#dd9a93")
    blob = [(640 + px, y + 2 + py * 0.3) for px, py in oval(r * 0.58, r * 0.6, 0.16, c, 11)]
    c.path(smooth([(px, py + 5) for px, py in blob], True), "#cf8f86", opacity=0.6)
    c.path(smooth(blob, True), c.linear([(0, "#fffdf5"), (1, "#f3e0bb")]))
    for k in (-0.3, 0.05, 0.3):
        c.stroke(
            f"M{640 - r * 0.3:.0f} {y + r * k * 0.3:.0f}q{r * 0.3:.0f} {-r * 0.08:.0f} {r * 0.55:.0f} 0",
            "#e4c998",
            3,
            opacity=0.7,
        )
    crumbs(c, [(640 + c.rng.gauss(0, 34), y + c.rng.gauss(0, 9)) for _ in range(40)], 4, NUTS_GREEN)
    steam(c, 640, 500, 240)


def _ice(c: Canvas, v: Vessel, tint: str) -> None:
    for dx, dy, turn in ((-44, 330, 12), (40, 350, -16), (-8, 262, 30), (56, 252, 8), (-56, 232, -10)):
        with c.group(transform=f"translate({v.x + dx:.0f} {v.y - dy:.0f}) rotate({turn})"):
            c.rect(
                -34,
                -34,
                68,
                68,
                c.linear([(0, "#ffffff", 0.75), (1, mix(tint, "#ffffff", 0.6), 0.3)], (0, 0, 1, 1)),
                rx=12,
                stroke="#ffffff",
                stroke_width=2.2,
                stroke_opacity=0.7,
            )


def _sherbet(c: Canvas) -> None:
    v = Vessel(640, 830, 560, 138, 108)
    y, r = _glass(c, v, "#d9536d", 0.86, clear=True)
    _ice(c, v, "#d9536d")
    _shine(c, v)
    for i, (dx, dy) in enumerate(((-54, 4), (10, -8), (58, 6), (-8, 16))):
        place(c, "petal" if i % 2 else "pale_petal", v.x + dx, y + dy, 0.85, i * 80, 0.5)
    place(c, "lemon", v.x + v.top - 6, v.y - v.tall + 6, 1.9, 20, 1.0)
    place(c, "petal", 380, 868, 0.9, 20, 0.6)
    place(c, "pale_petal", 905, 880, 0.9, 200, 0.6)
    place(c, "petal", 950, 846, 0.7, 90, 0.6)


def _doogh(c: Canvas) -> None:
    v = Vessel(640, 830, 560, 138, 108)
    y, r = _glass(c, v, "#f6efe0", 0.88)
    for _ in range(34):
        a, k = c.rng.uniform(0, 6.28), math.sqrt(c.rng.random()) * 0.85
        c.ellipse(
            v.x + r * k * math.cos(a),
            y + r * 0.3 * k * math.sin(a),
            4.5,
            2.2,
            c.rng.choice(("#6d8a4a", "#4f6b38")),
        )
    _shine(c, v)
    for turn in (-58, -20, 24):
        with c.group(transform=f"translate({v.x + 46:.0f} {y:.0f}) rotate({turn}) scale(2.1)"):
            c.path(
                "M0 0C-16 -12 -14 -34 0 -48C14 -34 16 -12 0 0Z",
                c.linear([(0, "#9dbb72"), (1, "#4f7a3c")], (0, 0, 1, 1)),
            )
            c.stroke("M0 -4V-40M0 -14L8 -22M0 -14L-8 -22M0 -25L7 -32M0 -25L-7 -32", "#dbe8b9", 1, opacity=0.7)


def _bowl(c: Canvas, x: float, y: float, r: float, glaze: str) -> None:
    c.shadow(x + 18, y + r * 0.82, r * 0.52, r * 0.14, 0.5, 14)
    c.path(
        f"M{x - r} {y}C{x - r} {y + r * 0.6} {x - r * 0.42} {y + r * 0.86} {x} {y + r * 0.86}"
        f"C{x + r * 0.42} {y + r * 0.86} {x + r} {y + r * 0.6} {x + r} {y}Z",
        c.linear(
            [(0, shade(glaze, -0.1)), (0.28, shade(glaze, 0.55)), (1, shade(glaze, -0.4))], (0, 0, 1, 0)
        ),
    )
    c.ellipse(x, y, r, r * LYING * 0.82, shade(glaze, 0.45))
    c.ellipse(x, y + 4, r * 0.94, r * LYING * 0.76, shade(glaze, -0.25))


def _sheer_yakh(c: Canvas) -> None:
    x, y, r = 640.0, 610.0, 270.0
    _bowl(c, x, y, r, "#7fa9b3")
    for dx, dy, size in ((-100, -46, 132), (104, -50, 130), (4, 10, 150)):
        rough = [(x + dx + px, y + dy + py * 0.86) for px, py in oval(size, size, 0.035, c, 22)]
        c.path(
            smooth(rough, True),
            c.radial(
                [(0, "#fffdf4"), (0.45, "#fbeed2"), (0.85, "#e6cfa2"), (1, "#c7a878")], (0.36, 0.3, 0.75)
            ),
        )
        for _ in range(16):
            a, k = c.rng.uniform(0, 6.28), math.sqrt(c.rng.random()) * 0.85
            c.ellipse(
                x + dx + size * k * math.cos(a),
                y + dy + size * 0.86 * k * math.sin(a),
                c.rng.uniform(3, 11),
                3,
                "#fffaf0",
                opacity=0.6,
            )
    front = (
        f"M{x - r} {y}C{x - r} {y + r * 0.6} {x - r * 0.42} {y + r * 0.86} {x} {y + r * 0.86}C{x + r * 0.42} {y + r * 0.86} "
        f"{x + r} {y + r * 0.6} {x + r} {y}A{r} {r * LYING * 0.82:.0f} 0 0 1 {x - r} {y}Z"
    )
    c.path(front, c.linear([(0, "#6f9aa5"), (0.28, "#b7d3d5"), (1, "#44707c")], (0, 0, 1, 0)))
    c.stroke(f"M{x - r} {y}A{r} {r * LYING * 0.82:.0f} 0 0 0 {x + r} {y}", "#e3f0ee", 6, opacity=0.9)
    crumbs(c, [(x + 4 + c.rng.gauss(0, 48), y - 40 + c.rng.gauss(0, 28)) for _ in range(90)], 6, NUTS_GREEN)
    crumbs(
        c, [(x - 100 + c.rng.gauss(0, 30), y - 110 + c.rng.gauss(0, 16)) for _ in range(40)], 5, NUTS_GREEN
    )
    for i, (dx, dy) in enumerate(((-60, -120), (70, -60), (-120, -40), (10, -20))):
        place(c, "petal" if i % 2 else "pale_petal", x + dx, y + dy, 1.0, i * 70, 0.8)


def _firni(c: Canvas) -> None:
    for x, y, r in ((440.0, 560.0, 190.0), (860.0, 575.0, 190.0), (640.0, 690.0, 235.0)):
        _bowl(c, x, y, r, "#d99a76")
        c.ellipse(x, y + 8, r * 0.88, r * 0.365, c.linear([(0, "#efdcb4"), (0.5, "#fbf1da"), (1, "#fffaf0")]))
        ring = [(a, c.rng.gauss(0.56, 0.035)) for a in (c.rng.uniform(0, 6.28) for _ in range(130))]
        dots = [(x + r * k * math.cos(a), y + 8 + r * 0.40 * k * math.sin(a)) for a, k in ring]
        dots += [(x + c.rng.gauss(0, r * 0.07), y + 8 + c.rng.gauss(0, r * 0.028)) for _ in range(40)]
        crumbs(c, dots, 4.6, NUTS_GREEN)
        place(c, "pale_petal", x - r * 0.26, y + r * 0.03, 0.9, 30, 0.6)
        place(c, "threads", x + r * 0.27, y + r * 0.07, 1.1, 10, 0.6)


_DRAW = {
    "milk_tea": _milk_tea,
    "saffron_tea": _saffron_tea,
    "green_tea": _green_tea,
    "coffee": _coffee,
    "qaimaq": _qaimaq,
    "sherbet": _sherbet,
    "doogh": _doogh,
    "sheer_yakh": _sheer_yakh,
    "firni": _firni,
}
