"""Fruit for the tops of cakes, each drawn once around (0, 0) about 60 units wide."""

from __future__ import annotations

import math

from bakery.catalog.illustration.canvas import Canvas, smooth
from bakery.catalog.illustration.palette import COLOURS, shade


def ball(c: Canvas, base: str) -> str:
    """A gradient for anything round that is lit from the upper left."""
    return c.radial(
        [
            (0, shade(base, 0.55)),
            (0.35, shade(base, 0.12)),
            (0.75, shade(base, -0.18)),
            (1, shade(base, -0.5)),
        ],
        (0.36, 0.3, 0.72),
    )


def raspberry(c: Canvas) -> None:
    base = COLOURS["raspberry"]
    c.shadow(4, 12, 24, 18, 0.4, 4)
    c.ellipse(0, 0, 23, 24, shade(base, -0.35))
    spots = sorted(
        (
            (r * math.cos(a), r * math.sin(a))
            for r, n in ((19, 12), (11, 8), (3, 3))
            for a in (2 * math.pi * i / n + r for i in range(n))
        ),
        key=lambda p: -math.hypot(*p),
    )
    for x, y in spots:
        c.ellipse(x, y, 6.4, 6.4, ball(c, base))
        c.ellipse(x - 2, y - 2.4, 1.5, 1.1, "#ffe9ec", opacity=0.8)


def blueberry(c: Canvas) -> None:
    c.shadow(4, 9, 19, 15, 0.4, 4)
    c.ellipse(0, 0, 19, 19, ball(c, "#4c5687"))
    c.path(
        smooth(
            [
                (5, -11),
                (8, -7),
                (13, -8),
                (10, -3),
                (13, 1),
                (7, 1),
                (4, 5),
                (2, 0),
                (-3, -1),
                (1, -5),
                (0, -10),
            ],
            True,
        ),
        "#262c52",
        opacity=0.85,
    )
    c.ellipse(-8, -7, 5, 3.4, "#eef0ff", opacity=0.55, transform="rotate(-35 -8 -7)")


def strawberry(c: Canvas) -> None:
    """Half a strawberry, cut side up."""
    red = "#cf2f35"
    c.shadow(4, 10, 24, 22, 0.35, 4)
    outer = [(0, 32), (-17, 16), (-25, -4), (-18, -20), (0, -24), (18, -20), (25, -4), (17, 16)]
    c.path(smooth(outer, True), c.linear([(0, shade(red, 0.1)), (1, shade(red, -0.25))]))
    c.path(
        smooth([(x * 0.84, y * 0.84) for x, y in outer], True),
        c.radial([(0, "#fff1e6"), (0.35, "#f7b9a6"), (0.8, "#e55b52"), (1, "#d43c3d")], (0.5, 0.4, 0.6)),
    )
    c.path("M0 -16C5 -8 4 6 0 16C-4 6 -5 -8 0 -16Z", "#fff6ee", opacity=0.85)
    for a in range(-60, 241, 30):
        x, y = math.cos(math.radians(a)), math.sin(math.radians(a))
        c.stroke(f"M{x * 7:.1f} {y * 9:.1f}L{x * 15:.1f} {y * 19:.1f}", "#fff1ea", 1.2, opacity=0.6)
    for turn in (-50, -15, 20, 55):
        c.path(
            "M0 0C6 -6 6 -14 0 -20C-6 -14 -6 -6 0 0Z", "#6f963f", transform=f"translate(0 -20) rotate({turn})"
        )


def cherry(c: Canvas) -> None:
    c.shadow(4, 14, 20, 13, 0.4, 4)
    c.stroke("M2 -14C4 -34 14 -46 24 -52", "#6d7b33", 2.8)
    c.ellipse(0, 2, 20, 19, ball(c, "#9b1b2f"))
    c.stroke("M-6 -13Q2 -8 9 -14", "#4d0d1b", 2, opacity=0.6)
    c.ellipse(-8, -4, 4.5, 6.5, "#ffe3e3", opacity=0.7, transform="rotate(28 -8 -4)")


def fig(c: Canvas) -> None:
    """A quarter of a ripe fig, flesh up."""
    skin = COLOURS["fig"]
    c.shadow(4, 11, 26, 20, 0.4, 4)
    drop = [(0, -34), (9, -22), (22, -4), (24, 12), (12, 24), (-12, 24), (-24, 12), (-22, -4), (-9, -22)]
    c.path(smooth(drop, True), c.linear([(0, shade(skin, 0.15)), (1, shade(skin, -0.4))], (0, 0, 1, 1)))
    c.path(smooth([(x * 0.86, y * 0.86 + 1) for x, y in drop], True), "#f3e3c2")
    c.path(
        smooth([(x * 0.68, y * 0.66 + 3) for x, y in drop], True),
        c.radial([(0, "#f2b28d"), (0.3, "#d9685d"), (0.8, "#a82f45"), (1, "#c7605c")], (0.5, 0.55, 0.55)),
    )
    rng = c.rng
    for _ in range(40):
        a, r = rng.uniform(0, 6.28), rng.uniform(2, 13)
        c.ellipse(
            r * math.cos(a) * 0.9,
            4 + r * math.sin(a),
            1.2,
            1.2,
            rng.choice(("#f7dca6", "#f2c178")),
            opacity=0.9,
        )
    c.stroke("M0 -30C-8 -18 -18 -6 -19 8", "#fff5e0", 2, opacity=0.5)


def citrus(c: Canvas, peel: str, flesh: str) -> None:
    c.shadow(3, 6, 30, 30, 0.3, 4)
    c.ellipse(0, 0, 30, 30, c.linear([(0, shade(peel, 0.25)), (1, shade(peel, -0.2))], (0, 0, 1, 1)))
    c.ellipse(0, 0, 27, 27, "#fdf4d8")
    for i in range(9):
        with c.group(transform=f"rotate({i * 40 + 6})"):
            c.path(
                "M0 -3C6 -9 8.5 -17 7 -22C3 -25 -3 -25 -7 -22C-8.5 -17 -6 -9 0 -3Z",
                c.linear([(0, shade(flesh, -0.05)), (0.5, shade(flesh, 0.25)), (1, shade(flesh, 0.5))]),
            )
            c.stroke("M-2 -20L-1 -12", "#fffbe8", 1.3, opacity=0.7)
    c.ellipse(-8, -10, 9, 5, "#ffffff", opacity=0.28, transform="rotate(-35 -8 -10)")


def mango(c: Canvas) -> None:
    """A curl of mango."""
    base = COLOURS["mango"]
    c.shadow(3, 9, 26, 14, 0.3, 4)
    for i, r in enumerate((25, 19, 13, 7)):
        tint = shade(base, -0.14 + i * 0.10)
        c.path(
            f"M{-r} 4C{-r} {-r * 1.1:.0f} {r} {-r * 1.1:.0f} {r} 4C{r} {r * 0.9:.0f} {-r} {r * 0.9:.0f} {-r} 4Z",
            c.linear([(0, shade(tint, 0.4)), (0.6, tint), (1, shade(tint, -0.2))], (0, 0, 1, 1)),
        )


def seed(c: Canvas, base: str = COLOURS["pomegranate"]) -> None:
    """A pomegranate seed."""
    c.shadow(2, 5, 15, 10, 0.35, 2.5)
    c.path("M-15 2C-14 -9 0 -14 11 -7C19 -2 14 11 2 12C-8 12 -15 9 -15 2Z", ball(c, shade(base, 0.12)))
    c.ellipse(-5, -4, 4, 2.4, "#ffe3e6", opacity=0.85, transform="rotate(-30 -5 -4)")
