"""Cookies, stacked and leaning on a plate."""

from __future__ import annotations

import math
from collections.abc import Callable

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import LYING, Pose, lump, oval, sprinkle
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.scenes import plate
from bakery.catalog.illustration.specs import CookieSpec
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs

#: Where they lie: a fan round the plate, back to front, then a stack on top.
_SPOTS = ((-175, -88), (10, -118), (190, -84), (-265, 2), (262, 4), (-150, 92), (40, 118), (215, 84))


def draw_cookies(c: Canvas, spec: CookieSpec) -> None:
    plate(c, 640, 650, 450, "#f7f1e4")
    cookie = KINDS[spec.kind]
    spots = sorted(_SPOTS[: max(3, spec.count)], key=lambda p: p[1])
    for x, y in spots:
        cookie(c, Pose(640 + x, 640 + y, 1, c.rng.uniform(0, 60)))
    for i in range(4):
        cookie(c, Pose(640 + c.rng.uniform(-9, 9), 622 - 36 * i, 1.06, 25 * i))


def _round(c: Canvas, pose: Pose, r: float, base: str, rough: float = 0.012) -> None:
    lump(c, pose.lay(oval(r, r, rough, c)), 24 * pose.size, base)


def _cardamom(c: Canvas, pose: Pose) -> None:
    """Pressed with a carved stamp: two rings and an eight-petalled flower."""
    base = "#eccd8f"
    _round(c, pose, 104, base)
    for r in (84, 76):
        c.stroke(smooth(pose.lay(oval(r, r)), True), shade(base, -0.30), 2.6, opacity=0.65)
    for k in range(8):
        a = math.pi * k / 4
        leaf = [
            (18 * math.cos(a), 18 * math.sin(a)),
            (44 * math.cos(a - 0.3), 44 * math.sin(a - 0.3)),
            (68 * math.cos(a), 68 * math.sin(a)),
            (44 * math.cos(a + 0.3), 44 * math.sin(a + 0.3)),
        ]
        d = smooth(pose.lay(leaf), True)
        c.path(d, shade(base, -0.16), opacity=0.55)
        c.stroke(d, shade(base, -0.36), 2, opacity=0.6)
    spots = [pose.at(c.rng.gauss(0, 15), c.rng.gauss(0, 15)) for _ in range(26)]
    crumbs(c, spots, 4.2, NUTS_GREEN)


def _roht(c: Canvas, pose: Pose) -> None:
    base = "#d59846"
    _round(c, pose, 112, base)
    for k in range(5):
        a = math.pi * 2 * k / 5
        x, y = pose.at(58 * math.cos(a), 58 * math.sin(a))
        c.ellipse(x, y, 7, 4, shade(base, -0.5), opacity=0.6)
    c.stroke(smooth(pose.lay(oval(88, 88)), True), shade(base, -0.3), 4, opacity=0.4)
    sprinkle(c, pose, (88, 88), 40, "nigella")
    sprinkle(c, pose, (92, 92), 40, "sesame")


def _rice(c: Canvas, pose: Pose) -> None:
    """White, crackled, a pinch of poppy seed."""
    base = "#f6ead2"
    _round(c, pose, 96, base, 0.03)
    for _ in range(7):
        a = c.rng.uniform(0, 6.28)
        line = [
            (r * math.cos(a + c.rng.uniform(-0.25, 0.25)), r * math.sin(a + c.rng.uniform(-0.25, 0.25)))
            for r in (22, 50, 76, 92)
        ]
        c.stroke(smooth(pose.lay(line)), "#c9a870", 2.4, opacity=0.7)
    sprinkle(c, pose, (30, 30), 26, "poppy")


def _clover(r: float) -> list[Point]:
    return [
        (
            r * (0.78 + 0.22 * abs(math.cos(2 * a))) * math.cos(a),
            r * (0.78 + 0.22 * abs(math.cos(2 * a))) * math.sin(a),
        )
        for a in (2 * math.pi * i / 48 for i in range(48))
    ]


def _chickpea(c: Canvas, pose: Pose) -> None:
    base = "#eecb78"
    lump(c, pose.lay(_clover(92)), 36 * pose.size, base)
    for _ in range(3):
        line = [pose.at(c.rng.uniform(-60, 60), c.rng.uniform(-60, 60)) for _ in range(3)]
        c.stroke(smooth(line), shade(base, -0.2), 1.6, opacity=0.5)
    crumbs(c, [pose.at(c.rng.gauss(0, 9), c.rng.gauss(0, 9)) for _ in range(22)], 4.4, NUTS_GREEN)


def _walnut(c: Canvas, pose: Pose) -> None:
    base = "#e3bd7c"
    _round(c, pose, 104, base, 0.03)
    x, y = pose.at(0, 0)
    place(c, "walnut", x, y - 7, 1.22 * pose.size, pose.turn, 0.66)


def _tahini(c: Canvas, pose: Pose) -> None:
    base = "#cf9a58"
    _round(c, pose, 114, base, 0.035)
    for _ in range(9):
        x, y = pose.at(c.rng.uniform(-72, 72), c.rng.uniform(-72, 72))
        chip = [
            (x + px, y + py * LYING)
            for px, py in oval(c.rng.uniform(9, 17), c.rng.uniform(9, 15), 0.25, c, 7)
        ]
        c.path(smooth(chip, True), "#47230f")
        c.soft(x - 3, y - 3, 7, 4, "#c08a62", 0.8)
    sprinkle(c, pose, (95, 95), 60, "sesame")
    sprinkle(c, pose, (60, 60), 8, "sugar")


KINDS: dict[str, Callable[[Canvas, Pose], None]] = {
    "cardamom": _cardamom,
    "roht": _roht,
    "rice": _rice,
    "chickpea": _chickpea,
    "walnut": _walnut,
    "tahini": _tahini,
}
