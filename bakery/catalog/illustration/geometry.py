"""Footprints of cakes and how they are seen: from the front, a little above, light from the left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bakery.catalog.illustration.canvas import Point, Stop
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.specs import Shape, Tier

TILT, RISE = 0.46, 0.885
#: The slice that is missing from a cut cake, in degrees; 90 points at the viewer.
NOTCH = (30.0, 104.0)


@dataclass(frozen=True, slots=True)
class View:
    """Centimetres to pixels: x to the right, y towards the viewer, z up from the table."""

    cx: float
    base: float
    scale: float

    def at(self, x: float, y: float, z: float) -> Point:
        return (self.cx + x * self.scale, self.base + (y * TILT - z * RISE) * self.scale)


def _polar(radius: float, degrees: float) -> Point:
    a = math.radians(degrees)
    return (radius * math.cos(a), radius * math.sin(a))


def _rounded(corners: Sequence[Point], share: float) -> list[Point]:
    """A polygon with its corners cut by short curves, `share` of each edge long."""
    out: list[Point] = []
    for i, (x, y) in enumerate(corners):
        (ax, ay), (bx, by) = corners[i - 1], corners[(i + 1) % len(corners)]
        start = (x + (ax - x) * share, y + (ay - y) * share)
        end = (x + (bx - x) * share, y + (by - y) * share)
        for step in range(7):
            t = step / 6
            out.append(
                tuple(  # type: ignore[arg-type]
                    (1 - t) ** 2 * s + 2 * t * (1 - t) * m + t * t * e
                    for s, m, e in zip(start, (x, y), end, strict=True)
                )
            )
    return out


def _turn(points: Sequence[Point], degrees: float) -> list[Point]:
    a = math.radians(degrees)
    return [(x * math.cos(a) - y * math.sin(a), x * math.sin(a) + y * math.cos(a)) for x, y in points]


def _heart(radius: float) -> list[Point]:
    points = []
    for i in range(96):
        t = 2 * math.pi * i / 96
        x = 16 * math.sin(t) ** 3
        y = -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t))
        points.append((x / 16 * radius, (y - 1.5) / 15.5 * radius))
    return points


def even(run: Sequence[Point], count: int) -> list[Point]:
    """`count` + 1 points at equal distances along an open line, both ends included."""
    lengths = [math.dist(a, b) for a, b in zip(run, run[1:], strict=False)]
    total, index, walked, points = sum(lengths), 0, 0.0, []
    for i in range(count + 1):
        position = total * i / count
        while index < len(lengths) - 1 and walked + lengths[index] < position:
            walked += lengths[index]
            index += 1
        t = (position - walked) / (lengths[index] or 1)
        (ax, ay), (bx, by) = run[index], run[index + 1]
        points.append((ax + (bx - ax) * t, ay + (by - ay) * t))
    return points


def footprint(tier: Tier) -> list[Point]:
    """The closed outline of a tier around (0, 0), in centimetres, its points evenly spaced."""
    outline = _outline(tier)
    return even([*outline, outline[0]], 144)[:-1]


def _outline(tier: Tier) -> list[Point]:
    r = tier.diameter_cm / 2
    if tier.shape is Shape.HEART:
        return _turn(_heart(r), 24)
    if tier.shape is Shape.HEXAGON:
        return _rounded([_polar(r, 60 * i + 14) for i in range(6)], 0.12)
    if tier.shape is Shape.PETAL:
        return [
            _polar(r * (0.93 + 0.07 * abs(math.cos(math.radians(a) * 4)) ** 0.5), a) for a in range(0, 360, 3)
        ]
    if tier.shape in {Shape.SQUARE, Shape.RECTANGLE}:
        half = r * (0.92 if tier.shape is Shape.SQUARE else 1)
        deep = half if tier.shape is Shape.SQUARE or not tier.width_cm else tier.width_cm / 2
        box = [(-half, -deep), (half, -deep), (half, deep), (-half, deep)]
        return _turn(_rounded(box, 0.07), -24 if tier.shape is Shape.SQUARE else -14)
    return [_polar(r, i * 3) for i in range(120)]


def front(outline: Sequence[Point]) -> list[Point]:
    """The part of the outline that faces the viewer, from left to right."""
    count = len(outline)
    left = min(range(count), key=lambda i: outline[i][0])
    right = max(range(count), key=lambda i: outline[i][0])
    runs = []
    for step in (1, -1):
        run, i = [outline[left]], left
        while i != right:
            i = (i + step) % count
            run.append(outline[i])
        runs.append(run)
    return max(runs, key=lambda run: sum(y for _, y in run) / len(run))


def notched(radius: float) -> tuple[list[Point], list[list[Point]], list[list[Point]]]:
    """A round with a slice taken out: its outline, the curved runs left of it, and the two cut faces."""
    low, high = NOTCH
    arc = [_polar(radius, a) for a in _degrees(high, 360 + low)]
    heart = (0.0, 0.0)
    runs = [[_polar(radius, a) for a in _degrees(180, high)], [_polar(radius, a) for a in _degrees(low, 0)]]
    return [*arc, heart], runs, [[_polar(radius, high), heart], [heart, _polar(radius, low)]]


def wedge(radius: float, degrees: float = 40) -> tuple[list[Point], list[list[Point]], list[list[Point]]]:
    """A slice lying on its own, its point to the left: outline, outer run, the cut face in front."""
    tip = (-radius * 0.5, -radius * 0.12)
    arc = [
        (tip[0] + x, tip[1] + y)
        for x, y in (_polar(radius, a) for a in _degrees(degrees * 0.75, -degrees / 4))
    ]
    return [tip, *arc], [arc], [[tip, arc[0]]]


def _degrees(start: float, end: float) -> list[float]:
    steps = max(2, round(abs(end - start) / 4))
    return [start + (end - start) * i / steps for i in range(steps + 1)]


def inside(outline: Sequence[Point], x: float, y: float) -> bool:
    """Whether a point lies within the outline."""
    hit, j = False, len(outline) - 1
    for i, (xi, yi) in enumerate(outline):
        xj, yj = outline[j]
        if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / (yj - yi) + xi:
            hit = not hit
        j = i
    return hit


def along(outline: Sequence[Point], count: int, inset: float) -> list[Point]:
    """`count` points at equal distances around the closed outline, drawn in towards the middle."""
    return [(x * inset, y * inset) for x, y in even([*outline, outline[0]], count)[:-1]]


def lit(run: Sequence[Point], base: str, view: View, strength: float = 1.0) -> list[Stop]:
    """Gradient stops from left to right: how bright each part of a wall is, by where it faces."""
    x0, x1 = run[0][0], run[-1][0]
    stops: list[Stop] = []
    step = max(1, len(run) // 16)
    for i in range(0, len(run) - 1, step):
        (ax, ay), (bx, by) = run[i], run[i + 1]
        length = math.dist((ax, ay), (bx, by)) or 1
        nx, ny = (by - ay) / -length, (bx - ax) / length
        value = nx * -0.72 * -1 if ny < 0 else -0.66 * nx + 0.5 * ny
        amount = (value - 0.30) * 0.62 if value > 0.30 else (value - 0.30) * 0.40
        stops.append((max(0.0, min(1.0, (ax - x0) / (x1 - x0 or 1))), shade(base, amount * strength)))
    return stops
