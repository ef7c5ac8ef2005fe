"""What is folded from butter and dough: croissants and cream rolls."""

from __future__ import annotations

import math

from bakery.catalog.illustration.canvas import Canvas, Point
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import LYING, Pose, dusting
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs


def _arc(k: float, spread: float, radius: float) -> Point:
    a = math.radians(-90 + (k - 0.5) * spread)
    return (radius * math.cos(a), radius * math.sin(a) + radius * 0.62)


def croissant(c: Canvas, pose: Pose) -> None:
    """Seven rolls of laminated dough along a bow, fat in the middle."""
    base, count = "#cf8937", 9
    c.shadow(pose.x + 10, pose.y + 12 * pose.size, 190 * pose.size, 52 * pose.size, 0.42, 14)
    parts = []
    for i in range(count):
        k = i / (count - 1)
        x, y = _arc(k, 116, 210)
        parts.append((abs(k - 0.5), k, x, y))
    for away, k, x, y in sorted(parts, reverse=True):
        px, py = pose.at(x, y)
        fat = (1 - (away * 2) ** 1.6 * 0.66) * 92 * pose.size
        turn = (k - 0.5) * 84 + pose.turn * LYING
        _segment(c, (px, py - fat * 0.3), fat, turn, base)


def _segment(c: Canvas, at: Point, fat: float, turn: float, base: str) -> None:
    with c.group(transform=f"translate({at[0]:.1f} {at[1]:.1f}) rotate({turn:.1f})"):
        w = fat * 0.60
        c.path(
            f"M{-w:.1f} {fat * 0.8:.1f}C{-w * 1.2:.1f} {-fat * 0.5:.1f} "
            f"{-w * 0.9:.1f} {-fat * 0.96:.1f} 0 {-fat * 0.96:.1f}"
            f"C{w * 0.9:.1f} {-fat * 0.96:.1f} {w * 1.2:.1f} {-fat * 0.5:.1f} {w:.1f} {fat * 0.8:.1f}"
            f"Q0 {fat * 1.02:.1f} {-w:.1f} {fat * 0.8:.1f}Z",
            c.linear(
                [
                    (0, shade(base, 0.05)),
                    (0.22, shade(base, 0.48)),
                    (0.5, base),
                    (0.8, shade(base, -0.32)),
                    (1, shade(base, -0.52)),
                ],
                (0.1, 0, 0.9, 0.75),
            ),
        )
        for i in range(5):
            x = -w * 0.72 + i * w * 0.34
            c.stroke(
                f"M{x:.1f} {fat * 0.72:.1f}C{x * 1.25:.1f} {-fat * 0.1:.1f} {x * 0.8:.1f} {-fat * 0.7:.1f} "
                f"{x * 0.35:.1f} {-fat * 0.92:.1f}",
                "#7c3d10" if i % 2 else "#f7d896",
                fat * 0.026,
                opacity=0.42,
            )
        c.stroke(
            f"M{-w * 1.02:.1f} {fat * 0.7:.1f}C{-w * 1.3:.1f} {-fat * 0.2:.1f} {-w * 0.75:.1f} {-fat * 0.95:.1f} "
            f"0 {-fat * 0.98:.1f}",
            "#5e2b0a",
            fat * 0.05,
            opacity=0.5,
        )
        c.soft(-w * 0.3, -fat * 0.52, w * 0.34, fat * 0.24, "#fff4d2", 0.7)


def almond_croissant(c: Canvas, pose: Pose) -> None:
    croissant(c, pose)
    for _ in range(26):
        k = c.rng.uniform(0.18, 0.82)
        x, y = pose.at(*_arc(k, 116, 210))
        place(
            c,
            "almond",
            x + c.rng.uniform(-26, 26),
            y - 46 * pose.size + c.rng.uniform(-30, 26),
            0.62 * pose.size,
            c.rng.uniform(0, 180),
            0.8,
        )
    dusting(c, Pose(pose.x, pose.y - 60 * pose.size, pose.size), (150, 70), 14)


def cream_roll(c: Canvas, pose: Pose) -> None:
    """A horn of puff pastry, its spiral showing, cream at the mouth."""
    s = pose.size
    c.shadow(pose.x + 10, pose.y + 48 * s, 160 * s, 26 * s, 0.45, 12)
    with c.group(transform=f"translate({pose.x:.1f} {pose.y:.1f}) rotate({pose.turn:.1f}) scale({s:.2f})"):
        c.ellipse(112, 0, 44, 64, "#f4e3bd")
        for k in range(8):
            x, r = -150 + k * 36, 34 + k * 4.6
            c.path(
                f"M{x - 20} {-r}Q{x + 14} {-r - 10} {x + 30} {-r - 2}Q{x + 52} 0 {x + 30} {r + 2}Q{x + 8} {r + 8} "
                f"{x - 20} {r}Q{x + 2} 0 {x - 20} {-r}Z",
                c.linear([(0, "#e8b562"), (0.25, "#f8dc98"), (0.6, "#cd8a36"), (1, "#8d4f18")]),
            )
            c.stroke(f"M{x - 20} {-r}Q{x + 2} 0 {x - 20} {r}", "#86480f", 3, opacity=0.55)
            c.stroke(f"M{x - 8} {-r}Q{x + 14} 0 {x - 8} {r}", "#fff0c8", 2, opacity=0.5)
        for y in (-34, -12, 12, 34):
            c.ellipse(
                132, y, 26, 24, c.radial([(0, "#ffffff"), (0.7, "#fdf5e4"), (1, "#dcc79f")], (0.4, 0.35, 0.7))
            )
        c.ellipse(
            146, 0, 28, 30, c.radial([(0, "#ffffff"), (0.7, "#fdf5e4"), (1, "#dcc79f")], (0.4, 0.35, 0.7))
        )
        crumbs(c, [(146 + c.rng.gauss(0, 13), c.rng.gauss(0, 22)) for _ in range(34)], 4.4, NUTS_GREEN)
    dusting(c, Pose(pose.x - 20 * s, pose.y - 22 * s, s, pose.turn), (120, 40), 9)
