"""What baked things share: laying a shape down, giving it thickness, browning it, sprinkling it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.palette import mix, shade

#: How flat things look that lie on the table.
LYING = 0.52
GOLD, BROWN, PALE = "#d9a04e", "#a8642a", "#f0d296"


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a lying thing is: its middle, its size, and how it is turned on the table (degrees)."""

    x: float
    y: float
    size: float = 1.0
    turn: float = 0.0

    def at(self, px: float, py: float) -> Point:
        a = math.radians(self.turn)
        rx = (px * math.cos(a) - py * math.sin(a)) * self.size
        ry = (px * math.sin(a) + py * math.cos(a)) * self.size
        return (self.x + rx, self.y + ry * LYING)

    def lay(self, points: Sequence[Point]) -> list[Point]:
        return [self.at(px, py) for px, py in points]


def oval(rx: float, ry: float, rough: float = 0.0, c: Canvas | None = None, count: int = 28) -> list[Point]:
    """An ellipse's outline, uneven by `rough` when a canvas lends its chance."""
    points = []
    for i in range(count):
        a = 2 * math.pi * i / count
        k = 1 + (c.rng.uniform(-rough, rough) if c else 0)
        points.append((rx * k * math.cos(a), ry * k * math.sin(a)))
    return points


def lump(c: Canvas, outline: Sequence[Point], thick: float, base: str, *, shadow: bool = True) -> str:
    """A lying piece of dough: shadow, side, lit top. Answers the path of its top."""
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    cx, cy = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    rx, ry = (max(xs) - min(xs)) / 2, (max(ys) - min(ys)) / 2
    if shadow:
        c.shadow(cx + rx * 0.06, cy + thick + ry * 0.03, rx * 0.99, ry * 0.98, 0.40, 8)
    for drop, dark in ((thick, -0.34), (thick * 0.55, -0.16)):
        c.path(smooth([(x, y + drop) for x, y in outline], True), shade(base, dark))
    d = smooth(outline, True)
    c.path(
        d,
        c.linear(
            [(0, shade(base, 0.42)), (0.45, shade(base, 0.08)), (1, shade(base, -0.16))], (0.1, 0, 0.8, 1)
        ),
    )
    c.stroke(smooth([(x, y + 1.5) for x, y in outline], True), shade(base, 0.6), 2.5, opacity=0.45)
    return d


def blisters(c: Canvas, pose: Pose, reach: tuple[float, float], count: int, dark: str = "#6f3a15") -> None:
    """Scorched bubbles: a dark patch each, a little light on its upper edge."""
    rng = c.rng
    for _ in range(count):
        a, r = rng.uniform(0, 6.28), math.sqrt(rng.random())
        x, y = pose.at(reach[0] * r * math.cos(a), reach[1] * r * math.sin(a))
        size = rng.uniform(6, 20) * pose.size
        c.soft(x, y, size * 1.2, size * 0.66, dark, rng.uniform(0.25, 0.6), 0.15)
        if size > 11 * pose.size:
            c.soft(x - size * 0.3, y - size * 0.3, size * 0.6, size * 0.24, "#ffedc4", 0.5)


def sprinkle(c: Canvas, pose: Pose, reach: tuple[float, float], count: int, kind: str) -> None:
    """Seeds: sesame, nigella, poppy or flour. One path a tint."""
    rng = c.rng
    tints, long, wide = {
        "sesame": (("#f7e6bf", "#e6c98f", "#fff3d6"), 6.2, 3.4),
        "nigella": (("#221c1a", "#3a302b"), 4.6, 2.8),
        "poppy": (("#2b2f3c", "#454a58"), 2.6, 2.2),
        "sugar": (("#ffffff", "#fff8ea"), 3.2, 2.2),
    }[kind]
    paths: dict[str, list[str]] = {tint: [] for tint in tints}
    for _ in range(count):
        a, r = rng.uniform(0, 6.28), math.sqrt(rng.random())
        x, y = pose.at(reach[0] * r * math.cos(a), reach[1] * r * math.sin(a))
        turn = rng.uniform(0, 180)
        dx, dy = long * math.cos(math.radians(turn)), long * math.sin(math.radians(turn)) * 0.6
        ox, oy = -dy * wide / long, dx * wide / long
        paths[rng.choice(tints)].append(
            f"M{x - dx:.1f} {y - dy:.1f}Q{x + ox:.1f} {y + oy:.1f} {x + dx:.1f} {y + dy:.1f}"
            f"Q{x - ox:.1f} {y - oy:.1f} {x - dx:.1f} {y - dy:.1f}Z"
        )
    c.path(
        "".join(d for parts in paths.values() for d in parts),
        "#3a1c0c",
        opacity=0.25,
        transform="translate(1.2 1.8)",
    )
    for tint, parts in paths.items():
        c.path("".join(parts), tint)


def dusting(c: Canvas, pose: Pose, reach: tuple[float, float], count: int) -> None:
    """Icing sugar or flour: soft white, thicker here than there."""
    rng = c.rng
    for _ in range(count):
        a, r = rng.uniform(0, 6.28), math.sqrt(rng.random())
        x, y = pose.at(reach[0] * r * math.cos(a), reach[1] * r * math.sin(a))
        size = rng.uniform(10, 34) * pose.size
        c.soft(x, y, size, size * 0.6, "#fffdf8", 0.55)
    sprinkle(c, pose, reach, count * 3, "sugar")


def steam(c: Canvas, x: float, y: float, height: float) -> None:
    """Three slow curls that widen and thin out as they rise."""
    for dx, share, phase in ((-34, 0.80, 0.0), (2, 1.0, 2.4), (38, 0.66, 4.4)):
        h = height * share
        curl = [
            (x + dx + math.sin(phase + t * 5.2) * (5 + 26 * t), y - h * t)
            for t in (i / 14 for i in range(15))
        ]
        fade = c.linear(
            [(0, "#ffffff", 0.0), (0.45, "#ffffff", 0.26), (0.9, "#ffffff", 0.16), (1, "#ffffff", 0)],
            (0, y - h, 0, y),
            user=True,
        )
        for width in (34, 24, 15, 7):
            c.stroke(smooth(curl), fade, width, opacity=0.42)


def crust(base: str, heat: float) -> str:
    """A dough's colour after so much oven."""
    return mix(base, "#7a3d14", heat)
