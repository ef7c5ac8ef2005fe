"""Pastries: leaves of filo, laminated dough, fried sheets and little tarts."""

from __future__ import annotations

import math
from collections.abc import Callable

from bakery.catalog.illustration.canvas import Canvas, polyline, smooth
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import Pose, blisters, dusting, lump, oval, sprinkle
from bakery.catalog.illustration.laminated import almond_croissant, cream_roll, croissant
from bakery.catalog.illustration.palette import colour, shade
from bakery.catalog.illustration.scenes import board, plate
from bakery.catalog.illustration.specs import PastrySpec
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs


def draw_pastry(c: Canvas, spec: PastrySpec) -> None:
    carrier, spots = _LAYOUT[spec.kind]
    if carrier == "board":
        board(c, 640, 680, 520, 190)
    else:
        plate(c, 640, 655, 480, "#f8f2e6")
    for x, y, size, turn in sorted(spots[: max(1, spec.count)], key=lambda s: s[1]):
        KINDS[spec.kind](c, Pose(640 + x, 640 + y, size, turn))


def baklava(c: Canvas, pose: Pose) -> None:
    """One diamond: leaf over leaf on its sides, nuts in the middle, syrup on top."""
    long, wide, tall, s = 118, 74, 66, pose.size
    top = [pose.at(*p) for p in ((-long, 0), (0, wide), (long, 0), (0, -wide))]
    top = [(x, y - tall * s) for x, y in top]
    order = sorted(top, key=lambda p: p[0])
    left, right = order[0], order[-1]
    low = max(order[1:3], key=lambda p: p[1])
    c.shadow(pose.x + 14, pose.y + 8, long * s * 0.95, wide * s * 0.62, 0.45, 12)
    for a, b, tone in ((left, low, 0.06), (low, right, -0.22)):
        face = [a, b, (b[0], b[1] + tall * s), (a[0], a[1] + tall * s)]
        c.polygon(face, shade("#d79a45", tone))
        for k in range(1, 15):
            t = k / 15
            nuts = 0.40 < t < 0.62
            lift = c.rng.uniform(-1.6, 1.6)
            line = [
                (a[0], a[1] + tall * s * t + lift),
                ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 + tall * s * t - lift),
                (b[0], b[1] + tall * s * t + lift),
            ]
            tint = shade("#8a9a46", tone) if nuts else shade("#f0cd86" if k % 2 else "#a8641f", tone)
            c.stroke(smooth(line), tint, tall * s * (0.075 if nuts else 0.028), opacity=0.9)
        nut_line = [
            (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t + tall * s * c.rng.uniform(0.43, 0.6))
            for t in (c.rng.random() for _ in range(26))
        ]
        crumbs(c, nut_line, 3.6 * s, NUTS_GREEN)
    d = polyline(top, True)
    c.path(d, c.linear([(0, "#f6d58d"), (0.45, "#e0a23f"), (1, "#c07a26")], (0, 0, 1, 1)))
    for share in (0.3, 0.6):
        line = [
            (order[0][0] + (low[0] - order[0][0]) * share, order[0][1] + (low[1] - order[0][1]) * share),
            (
                min(order[1:3], key=lambda p: p[1])[0]
                + (right[0] - min(order[1:3], key=lambda p: p[1])[0]) * share,
                min(order[1:3], key=lambda p: p[1])[1]
                + (right[1] - min(order[1:3], key=lambda p: p[1])[1]) * share,
            ),
        ]
        c.stroke(polyline(line), "#a7621c", 1.6 * s, opacity=0.45)
    c.stroke(d, "#fff0c4", 2.6 * s, opacity=0.75)
    x, y = pose.x, pose.y - tall * s
    c.soft(x - 34 * s, y - 6 * s, 46 * s, 14 * s, "#fffbe6", 0.75)
    crumbs(
        c, [(x + c.rng.gauss(0, 17) * s, y + c.rng.gauss(-2, 7) * s) for _ in range(48)], 5.2 * s, NUTS_GREEN
    )


def kulcha(c: Canvas, pose: Pose) -> None:
    """A round glazed sweet bun-cookie, pistachio pressed in its middle."""
    base = "#cf8f3d"
    lump(c, pose.lay(oval(112, 112, 0.01, c)), 40 * pose.size, base)
    x, y = pose.at(0, 0)
    c.soft(x - 26, y - 22, 70, 28, "#fff0c6", 0.7)
    for k in range(12):
        a = math.pi * k / 6
        c.stroke(
            polyline(
                [pose.at(58 * math.cos(a), 58 * math.sin(a)), pose.at(92 * math.cos(a), 92 * math.sin(a))]
            ),
            shade(base, -0.35),
            4,
            opacity=0.5,
        )
    crumbs(c, [pose.at(c.rng.gauss(0, 17), c.rng.gauss(0, 17)) for _ in range(50)], 5, NUTS_GREEN)
    sprinkle(c, pose, (90, 90), 12, "poppy")


def _elephant_ear(c: Canvas, pose: Pose) -> None:
    """Gosh-e-fil: a fried sheet pinched on one side, ruffled on the other."""
    base = "#e4b566"
    outline = []
    for i in range(40):
        a = 2 * math.pi * i / 40
        ruffle = 1 + 0.09 * math.sin(9 * a) * (1 if math.cos(a) > -0.4 else 0.2) + c.rng.uniform(-0.02, 0.02)
        outline.append(
            (175 * math.cos(a) * ruffle, 128 * math.sin(a) * ruffle * (0.55 + 0.45 * math.cos(a / 2) ** 2))
        )
    lump(c, pose.lay(outline), 12 * pose.size, base)
    for k in range(-3, 4):
        fold = [(-150, k * 4), (-30, k * 17), (130, k * 34)]
        c.soft_stroke(smooth(pose.lay(fold)), shade(base, -0.35 if k % 2 else 0.7), 14 * pose.size, 0.35)
    blisters(c, pose, (140, 80), 18, "#8f4f1a")
    dusting(c, pose, (120, 80), 13)
    crumbs(c, [pose.at(c.rng.gauss(30, 60), c.rng.gauss(0, 36)) for _ in range(90)], 4.4, NUTS_GREEN)


def _sambosa(c: Canvas, pose: Pose) -> None:
    base = "#d69a48"
    outline = [
        pose.at(*p) for p in ((-125, 82), (-60, 92), (60, 92), (125, 82), (70, -20), (0, -118), (-70, -20))
    ]
    lump(c, outline, 46 * pose.size, base)
    x, y = pose.at(0, 30)
    c.soft(x - 20, y - 14, 60, 30, "#fff0c8", 0.65)
    edge = smooth([pose.at(*p) for p in ((-112, 74), (0, 82), (112, 74))])
    c.stroke(edge, shade(base, -0.4), 3, opacity=0.5)
    for k in range(-5, 6):
        px, py = pose.at(k * 21, 86)
        c.stroke(f"M{px:.1f} {py - 8:.1f}v16", shade(base, -0.35), 4, opacity=0.55)
    blisters(c, pose, (70, 50), 12, "#8a4a15")
    sprinkle(c, pose, (60, 55), 16, "nigella")


def _tart(c: Canvas, pose: Pose) -> None:
    """A fluted shell, pistachio frangipane, raspberries and a petal."""
    r, s = 118, pose.size
    rim = [
        (r * (1 + 0.035 * math.cos(18 * a)) * math.cos(a), r * (1 + 0.035 * math.cos(18 * a)) * math.sin(a))
        for a in (2 * math.pi * i / 72 for i in range(72))
    ]
    lump(c, pose.lay(rim), 44 * s, "#dca556")
    fill = colour("pistachio")
    c.path(
        smooth(pose.lay(oval(98, 98)), True),
        c.linear([(0, shade(fill, -0.2)), (0.4, fill), (1, shade(fill, 0.3))]),
    )
    crumbs(c, [pose.at(c.rng.uniform(-66, 66), c.rng.uniform(-66, 66)) for _ in range(60)], 4, NUTS_GREEN)
    for a in (200, 250, 300, 350, 60, 120):
        x, y = pose.at(56 * math.cos(math.radians(a)), 56 * math.sin(math.radians(a)))
        place(c, "raspberry", x, y - 10, 0.78 * s, a, 0.95)
    place(c, "petal", pose.x + 6, pose.y - 6, 0.8 * s, 30, 0.8)


def _jalebi(c: Canvas, pose: Pose) -> None:
    """A spiral of batter, fried and soaked until it glows."""
    spiral = [((22 + 5.4 * i) * math.cos(i * 0.52), (22 + 5.4 * i) * math.sin(i * 0.52)) for i in range(19)]
    loop = [(118 * math.cos(a), 118 * math.sin(a)) for a in (2.9 + i * 0.3 for i in range(15))]
    c.shadow(pose.x + 10, pose.y + 22, 128 * pose.size, 70 * pose.size, 0.35, 12)
    for drop, tint, width in (
        (12, "#a9480c", 26),
        (6, "#cf6412", 25),
        (0, "#ee8b1f", 23),
        (-3, "#f9ae45", 14),
        (-6, "#ffe0a0", 4),
    ):
        line = smooth([(x, y + drop) for x, y in pose.lay([*spiral, *loop])])
        c.stroke(line, tint, width * pose.size, opacity=0.85 if drop < -4 else 1)
    crumbs(c, [pose.at(c.rng.gauss(0, 46), c.rng.gauss(0, 46)) for _ in range(24)], 4, NUTS_GREEN)


Spot = tuple[float, float, float, float]
_FAN: tuple[Spot, ...] = (
    (0, -86, 1, 10),
    (-190, -50, 1, -8),
    (196, -52, 1, 14),
    (-262, 34, 1, 6),
    (262, 36, 1, -10),
    (-92, 96, 1, 0),
    (110, 102, 1, 12),
    (0, 6, 1.05, 20),
)
_LAYOUT: dict[str, tuple[str, tuple[Spot, ...]]] = {
    "baklava": (
        "plate",
        tuple(
            (x * 212 + (y % 2) * 106 - 106, y * 62 - 100, 0.92, 0)
            for y in range(5)
            for x in ((-1, 0, 1, 2) if y % 2 == 0 else (-1, 0, 1))
            if abs(x * 212 + (y % 2) * 106 - 106) + abs(y * 62 - 100) * 1.6 < 400
        ),
    ),
    "croissant": ("board", ((-120, -70, 1.0, 6), (190, 20, 1.18, -8), (-190, 92, 1.1, 4))),
    "almond_croissant": ("board", ((-120, -70, 1.0, 6), (190, 20, 1.18, -8), (-190, 92, 1.1, 4))),
    "kulcha": ("plate", _FAN),
    "cream_roll": (
        "board",
        ((-130, -76, 1.0, -8), (150, -10, 1.05, 6), (-170, 64, 1.1, -4), (140, 128, 1.1, 5)),
    ),
    "elephant_ear": (
        "plate",
        (
            (-150, -84, 1.0, 20),
            (170, -70, 1.0, -16),
            (-180, 70, 1.05, -8),
            (150, 84, 1.1, 14),
            (-10, 0, 1.1, 0),
        ),
    ),
    "sambosa": (
        "board",
        (
            (-230, -70, 1.0, -12),
            (20, -92, 1.0, 6),
            (250, -56, 1.0, 16),
            (-120, 60, 1.1, 4),
            (160, 78, 1.1, -8),
        ),
    ),
    "tart": (
        "plate",
        (
            (-160, -86, 1.0, 0),
            (150, -92, 1.0, 20),
            (-268, 44, 1.05, 10),
            (10, 30, 1.15, 30),
            (270, 42, 1.05, 5),
            (-90, 120, 1.0, 0),
        )[:5],
    ),
    "jalebi": (
        "plate",
        (
            (-170, -76, 1.0, 0),
            (60, -96, 1.0, 60),
            (240, -20, 1.0, 20),
            (-230, 66, 1.05, 40),
            (20, 92, 1.1, 10),
            (0, -6, 1.1, 80),
        ),
    ),
}
KINDS: dict[str, Callable[[Canvas, Pose], None]] = {
    "baklava": baklava,
    "croissant": croissant,
    "almond_croissant": almond_croissant,
    "kulcha": kulcha,
    "cream_roll": cream_roll,
    "elephant_ear": _elephant_ear,
    "sambosa": _sambosa,
    "tart": _tart,
    "jalebi": _jalebi,
}
