"""Single things that lie on cakes and plates, each drawn once around (0, 0) about 60 units wide."""

from __future__ import annotations

import math
from collections.abc import Callable

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.fruits import (
    ball,
    blueberry,
    cherry,
    citrus,
    fig,
    mango,
    raspberry,
    seed,
    strawberry,
)
from bakery.catalog.illustration.palette import COLOURS, shade


def _blob(c: Canvas, rx: float, ry: float, rough: float, points: int = 12) -> list[Point]:
    rng = c.rng
    return [
        (
            rx * (1 + rng.uniform(-rough, rough)) * math.cos(a),
            ry * (1 + rng.uniform(-rough, rough)) * math.sin(a),
        )
        for a in (2 * math.pi * i / points for i in range(points))
    ]


def walnut(c: Canvas) -> None:
    """Half a candied walnut: two lobes with folds and a sugar shine."""
    base = "#b9793f"
    c.shadow(3, 7, 29, 21, 0.35, 3)
    left = [(-2, -22), (-15, -21), (-27, -10), (-28, 4), (-20, 17), (-8, 21), (-2, 18)]
    right = [(2, -22), (15, -20), (27, -9), (28, 5), (19, 18), (8, 21), (2, 18)]
    for lobe, tint in ((left, shade(base, 0.06)), (right, shade(base, -0.14))):
        c.path(smooth(lobe, True), ball(c, tint))
    for fold in (
        [(-22, -8), (-14, -12), (-9, -5)],
        [(-24, 3), (-15, 0), (-8, 6)],
        [(-17, 13), (-12, 8), (-6, 13)],
        [(22, -7), (14, -12), (8, -6)],
        [(24, 5), (16, 0), (8, 6)],
        [(16, 14), (12, 9), (6, 14)],
    ):
        c.stroke(smooth(fold), shade(base, -0.55), 2.6, opacity=0.65)
        c.stroke(smooth([(x - 1, y - 2.6) for x, y in fold]), shade(base, 0.6), 1.8, opacity=0.7)
    c.stroke("M0 -20Q-2 0 0 18", shade(base, -0.65), 3, opacity=0.6)
    c.ellipse(-13, -13, 6, 3, "#fff3d8", opacity=0.6, transform="rotate(-28 -13 -13)")


def almond(c: Canvas) -> None:
    c.shadow(2, 4, 24, 9, 0.3, 2.5)
    c.path(
        "M-26 2C-16 -14 8 -15 26 0C10 13 -14 14 -26 2Z",
        c.linear([(0, "#fdf0d5"), (0.6, "#f0d5a2"), (1, "#cf9f5f")]),
    )
    c.stroke("M-24 1C-14 -12 8 -13 24 0", "#b57b3d", 1.6, opacity=0.7)


def petal(c: Canvas, base: str = "#d9607c") -> None:
    c.shadow(3, 5, 25, 18, 0.28, 4)
    c.path(
        "M-24 6C-20 -18 6 -26 25 -12C30 4 12 22 -8 20C-18 19 -24 14 -24 6Z",
        c.linear([(0, shade(base, 0.6)), (0.5, shade(base, 0.12)), (1, shade(base, -0.3))], (0.9, 0, 0.1, 1)),
    )
    c.stroke("M-20 6C-8 -4 6 -8 20 -8", shade(base, -0.35), 1.2, opacity=0.4)
    c.stroke("M-20 9C-8 4 4 6 12 6", shade(base, -0.35), 1, opacity=0.3)
    c.stroke("M-18 -4C-8 -18 10 -20 22 -12", shade(base, 0.85), 2.4, opacity=0.6)


def honeycomb(c: Canvas) -> None:
    base = COLOURS["honey"]
    c.shadow(4, 8, 28, 20, 0.32, 4)
    c.path(
        "M-28 8L-20 -18L14 -22L30 -2L16 20L-16 22Z",
        c.linear([(0, shade(base, 0.45)), (0.5, base), (1, shade(base, -0.3))], (0, 0, 1, 1)),
    )
    rng = c.rng
    for _ in range(26):
        c.ellipse(
            rng.uniform(-20, 22),
            rng.uniform(-15, 16),
            rng.uniform(1.4, 3.6),
            rng.uniform(1.2, 3),
            shade(base, rng.choice((-0.35, -0.2, 0.6))),
            opacity=0.7,
        )


def shard(c: Canvas) -> None:
    """A chocolate curl."""
    base = COLOURS["chocolate"]
    c.shadow(2, 7, 28, 8, 0.4, 3)
    c.path(
        "M-28 2C-26 -10 22 -14 28 -4C30 6 -24 12 -28 2Z",
        c.linear([(0, shade(base, 0.35)), (0.4, shade(base, 0.05)), (1, shade(base, -0.4))]),
    )
    c.stroke("M-22 -3C-8 -8 12 -9 22 -6", "#e8b990", 2, opacity=0.55)
    c.ellipse(27, -1, 3.5, 5, shade(base, -0.4))


def leaf_of_gold(c: Canvas) -> None:
    shape = _blob(c, 16, 11, 0.35, 9)
    c.path(
        smooth(shape, True),
        c.linear([(0, "#fff1b8"), (0.4, "#e3b544"), (0.7, "#b5832a"), (1, "#f6dc88")], (0, 0, 1, 1)),
    )


def rose(c: Canvas, base: str = "#f0b8b4") -> None:
    """An open garden rose with two leaves."""
    for turn in (150, 20):
        with c.group(transform=f"rotate({turn}) translate(26 0)"):
            c.path("M-8 0C0 -14 18 -14 28 0C18 12 0 12 -8 0Z", c.linear([(0, "#a3b778"), (1, "#56743c")]))
            c.stroke("M-6 0H24", "#dbe4b8", 1.2, opacity=0.6)
    c.shadow(4, 8, 28, 26, 0.32, 4)
    for ring, (r, n, size) in enumerate(((19, 7, 14), (13, 6, 12), (7, 5, 9))):
        for i in range(n):
            a = 2 * math.pi * (i + ring * 0.5) / n
            tint = shade(base, 0.30 - ring * 0.17)
            c.ellipse(
                r * math.cos(a),
                r * math.sin(a),
                size,
                size * 0.86,
                c.radial([(0, shade(tint, -0.14)), (0.6, tint), (1, shade(tint, 0.5))]),
            )
    c.ellipse(0, 0, 8, 7, shade(base, -0.30))
    c.stroke("M-5 1C-4 -6 5 -6 5 0C5 5 -2 5 -2 1", shade(base, 0.4), 2.2)


def threads(c: Canvas) -> None:
    for bend in ([(-20, 6), (-6, -6), (8, 2), (20, -8)], [(-10, -10), (0, 2), (14, 8)]):
        c.stroke(smooth(bend), "#b5321b", 2.6)
        c.stroke(smooth([(x, y - 0.8) for x, y in bend]), "#ef8a3a", 0.9)


def meringue(c: Canvas) -> None:
    c.shadow(4, 14, 24, 11, 0.3, 4)
    for y, r in ((8, 24), (0, 19), (-8, 13), (-16, 7)):
        c.ellipse(
            0, y, r, r * 0.6, c.linear([(0, "#fffdf6"), (0.6, "#fbf0dc"), (1, "#d9a868")], (0, 0, 1, 1))
        )
    c.path("M-5 -18C-2 -26 2 -30 6 -34C4 -26 6 -22 5 -17Z", "#f3d9ac")


def candle(c: Canvas, base: str = "#f0c65c") -> None:
    """A thin twisted candle, lit; it stands at (0, 0)."""
    c.ellipse(1, 0, 7, 3, "#3a1c0c", opacity=0.4)
    c.rect(
        -4.5,
        -86,
        9,
        87,
        c.linear([(0, shade(base, 0.55)), (0.4, base), (1, shade(base, -0.3))], (0, 0, 1, 0)),
        rx=3,
    )
    for y in range(-80, 0, 13):
        c.stroke(f"M-4.5 {y + 6}L4.5 {y}", "#fffaf0", 3, opacity=0.75)
    c.stroke("M0 -86V-93", "#4b2b16", 1.8)
    c.ellipse(0, -104, 34, 34, c.radial([(0, "#ffdf8a", 0.85), (0.4, "#ffc864", 0.3), (1, "#ffc864", 0)]))
    c.path(
        "M0 -122C8 -110 9 -100 0 -93C-9 -100 -8 -110 0 -122Z",
        c.linear([(0, "#fff3b0"), (0.6, "#ffb637"), (1, "#f08a2a")]),
    )
    c.path("M0 -110C3 -104 3 -99 0 -95C-3 -99 -3 -104 0 -110Z", "#fffbe6")


SYMBOLS: dict[str, Callable[[Canvas], None]] = {
    "walnut": walnut,
    "almond": almond,
    "petal": petal,
    "raspberry": raspberry,
    "blueberry": blueberry,
    "strawberry": strawberry,
    "cherry": cherry,
    "fig": fig,
    "mango": mango,
    "seed": seed,
    "honeycomb": honeycomb,
    "shard": shard,
    "gold": leaf_of_gold,
    "rose": rose,
    "threads": threads,
    "meringue": meringue,
    "candle": candle,
    "lemon": lambda c: citrus(c, "#f3c92f", "#f7dc5f"),
    "orange": lambda c: citrus(c, "#e58a25", "#f5a23c"),
    "pale_petal": lambda c: petal(c, "#eaa3a8"),
    "white_rose": lambda c: rose(c, "#f7ead8"),
}


def place(c: Canvas, key: str, x: float, y: float, size: float, turn: float = 0, squash: float = 1) -> None:  # noqa: PLR0913  -- position, size and turn of one thing
    """Put a thing from SYMBOLS at a point; it is drawn the first time it is asked for."""
    if not c.has(key):
        with c.symbol(key):
            SYMBOLS[key](c)
    c.use(key, x, y, size, turn, squash)
