"""Footprints of cakes: their area, and their outline around (0, 0). Lengths in cm, y downwards as on paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

Point = tuple[float, float]
Outline = tuple[Point, ...]


class Shape(StrEnum):
    ROUND = "round"
    SQUARE = "square"
    RECTANGLE = "rectangle"
    HEART = "heart"
    HEXAGON = "hexagon"
    PETAL = "petal"


@dataclass(frozen=True, slots=True)
class Footprint:
    """A shape and its size: `length_cm` is the diameter (hexagon: corner to corner; heart, petal: the widest).

    `width_cm` is for a rectangle alone. Refuses sizes that are not finite and above 0.
    """

    shape: Shape
    length_cm: float
    width_cm: float | None = None

    def __post_init__(self) -> None:
        if (self.width_cm is not None) != (self.shape is Shape.RECTANGLE):
            raise ValueError("a rectangle has a width, and nothing else has one")
        for size in (self.length_cm, self.across_cm):
            if not math.isfinite(size) or size <= 0:
                raise ValueError(f"no cake is {size} cm wide")

    @property
    def across_cm(self) -> float:
        """The other side of a rectangle; everything else is as deep as it is wide."""
        return self.length_cm if self.width_cm is None else self.width_cm

    @property
    def area_cm2(self) -> float:
        return _SHARE[self.shape] * self.length_cm * self.across_cm


def outline(footprint: Footprint) -> Outline:
    """The edge as a closed polygon, clockwise on paper, starting at the top. Its area is the footprint's."""
    if footprint.shape in (Shape.SQUARE, Shape.RECTANGLE):
        x, y = footprint.length_cm / 2, footprint.across_cm / 2
        return ((-x, -y), (x, -y), (x, y), (-x, y))
    points = _unit(footprint.shape)
    return tuple((x * footprint.length_cm, y * footprint.length_cm) for x, y in points)


def polygon_area(points: Outline) -> float:
    """The area of a closed polygon; positive when clockwise on paper."""
    pairs = zip(points, (*points[1:], points[0]), strict=True)
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairs) / 2


PETALS = 8
# A pan's heart is fuller than a playing card's: 73 % of the square around its width. Chosen so that the
# count follows the chart's hearts (docs/servings.md); the outline below is stretched to have just this area.
_HEART_SHARE = 0.73
# Lobes are half circles whose centres stand on a ring and which touch where they meet.
_LOBE = math.sin(math.pi / PETALS) / (1 + math.sin(math.pi / PETALS)) / 2
_LOBE_RING = 0.5 - _LOBE
_PETAL_SHARE = PETALS * (
    _LOBE_RING**2 * math.sin(2 * math.pi / PETALS) / 2 + _LOBE**2 / 2 * (math.pi + 2 * math.pi / PETALS)
)
_SHARE = {
    Shape.ROUND: math.pi / 4,
    Shape.SQUARE: 1.0,
    Shape.RECTANGLE: 1.0,
    Shape.HEART: _HEART_SHARE,
    Shape.HEXAGON: 3 * math.sqrt(3) / 8,
    Shape.PETAL: _PETAL_SHARE,
}


@lru_cache(maxsize=len(Shape))
def _unit(shape: Shape) -> Outline:
    """The outline of a cake 1 cm wide, grown a hair where a curve of short lines would lose area."""
    points = {Shape.ROUND: _round, Shape.HEART: _heart, Shape.HEXAGON: _hexagon, Shape.PETAL: _petal}[shape]()
    if shape is Shape.HEART:
        grow = _HEART_SHARE / polygon_area(points)
        return tuple((x, y * grow) for x, y in points)
    grow = math.sqrt(_SHARE[shape] / polygon_area(points))
    return tuple((x * grow, y * grow) for x, y in points)


def _polar(radius: float, turn: float) -> Point:
    """A point at a share of a turn, clockwise from the top."""
    return (radius * math.sin(2 * math.pi * turn), -radius * math.cos(2 * math.pi * turn))


def _round() -> Outline:
    return tuple(_polar(0.5, i / 144) for i in range(144))


def _hexagon() -> Outline:
    return tuple(_polar(0.5, i / 6) for i in range(6))


def _petal() -> Outline:
    # From where two lobes touch, round the lobe, to where it touches the next: half a turn and a bit.
    reach, steps = 0.5 + 1 / PETALS, 24
    points = []
    for lobe in range(PETALS):
        middle = (lobe + 0.5) / PETALS
        cx, cy = _polar(_LOBE_RING, middle)
        for step in range(steps):
            x, y = _polar(_LOBE, middle + reach * (step / steps - 0.5))
            points.append((cx + x, cy + y))
    return tuple(points)


def _heart() -> Outline:
    # The right half as three curves from the notch over the shoulder to the tip; the left is its mirror.
    curves = (
        ((0.0, 0.15), (0.03, 0.05), (0.13, 0.0), (0.25, 0.0)),
        ((0.25, 0.0), (0.4, 0.0), (0.5, 0.13), (0.5, 0.31)),
        ((0.5, 0.31), (0.5, 0.56), (0.27, 0.76), (0.0, 0.95)),
    )
    right = [_bezier(curve, step / 16) for curve in curves for step in range(16)] + [(0.0, 0.95)]
    left = [(-x, y) for x, y in reversed(right[1:-1])]
    return tuple((x, y - 0.46) for x, y in (*right, *left))


def _bezier(curve: tuple[Point, ...], t: float) -> Point:
    shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (
        sum(share * x for share, (x, _) in zip(shares, curve, strict=True)),
        sum(share * y for share, (_, y) in zip(shares, curve, strict=True)),
    )
