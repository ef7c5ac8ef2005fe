"""Drinks in glass and cup, and what is served cold in a bowl."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bakery.catalog.illustration.bowls import firni, sheer_yakh
from bakery.catalog.illustration.canvas import Canvas
from bakery.catalog.illustration.cups import coffee, qaimaq
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import oval, steam
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
        return v.foot + (v.top - v.foot) * float(share**0.8) - inset

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
        high, low, mid = rim + v.tall * 0.12, v.y - v.tall * 0.08, v.y - v.tall * 0.5
        d = f"M{top:.1f} {high:.1f}Q{bend:.1f} {mid:.1f} {foot:.1f} {low:.1f}"
        c.stroke(d, "#ffffff", width, opacity=opacity)
    c.path(
        f"M{v.x - v.foot:.1f} {v.y - 6:.1f}A{v.foot:.1f} {v.foot * 0.3:.1f} 0 0 0 {v.x + v.foot:.1f} {v.y - 6:.1f}",
        stroke="#ffffff",
        stroke_width=7.0,
        opacity=0.55,
    )


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


_DRAW = {
    "milk_tea": _milk_tea,
    "saffron_tea": _saffron_tea,
    "green_tea": _green_tea,
    "coffee": coffee,
    "qaimaq": qaimaq,
    "sherbet": _sherbet,
    "doogh": _doogh,
    "sheer_yakh": sheer_yakh,
    "firni": firni,
}
