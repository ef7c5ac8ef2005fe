"""Where the knife goes: every slice of a cut as a polygon, all of one cut with the same area."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import accumulate

from models_ml.servings.count import RINGS, Cut
from models_ml.servings.shapes import Footprint, Outline, Point, Shape, outline, polygon_area

# Halvings when a cut is looked for: a metre to a thousandth of a millimetre.
STEPS = 22


def pieces(footprint: Footprint, cut: Cut) -> list[list[Outline]]:
    """The slices of one level, ring by ring from the edge or row by row; around (0, 0), in cm."""
    if footprint.shape in RINGS:
        return _rings(outline(footprint), cut.rings)
    if footprint.shape is Shape.HEART:
        return _heart(footprint, cut)
    return _rows(footprint, cut)


def rows_of(footprint: Footprint, cut: Cut) -> list[int]:
    """Slices of each row of a square or rectangle, near edge last."""
    rows = min(cut.per_level, max(1, round(footprint.across_cm / cut.slice.depth_cm)))
    few, more = divmod(cut.per_level, rows)
    return [few + 1] * more + [few] * (rows - more)


def ring_shares(rings: tuple[int, ...]) -> list[float]:
    """How far from the middle each ring begins, as a share of the way to the edge; the edge (1.0) first."""
    left = [sum(rings), *(sum(rings) - done for done in accumulate(rings))]
    return [math.sqrt(n / sum(rings)) for n in left]


def _rows(footprint: Footprint, cut: Cut) -> list[list[Outline]]:
    x, y, found = -footprint.length_cm / 2, -footprint.across_cm / 2, []
    for count in rows_of(footprint, cut):
        deep, wide = footprint.across_cm * count / cut.per_level, footprint.length_cm / count
        found.append([_box(x + wide * i, y, wide, deep) for i in range(count)])
        y += deep
    return found


def _box(x: float, y: float, wide: float, deep: float) -> Outline:
    return ((x, y), (x + wide, y), (x + wide, y + deep), (x, y + deep))


def _rings(edge: Outline, rings: tuple[int, ...]) -> list[list[Outline]]:
    around, shares = _Around(edge), ring_shares(rings)
    return [
        [around.piece(i / count, (i + 1) / count, outer, inner) for i in range(count)]
        for count, outer, inner in zip(rings, shares, shares[1:], strict=False)
    ]


class _Around:
    """An outline seen from the middle: the point where a given share of the area has been passed."""

    def __init__(self, edge: Outline) -> None:
        self._edge = edge
        triangles = [
            polygon_area(((0.0, 0.0), a, b)) for a, b in zip(edge, (*edge[1:], edge[0]), strict=True)
        ]
        total = sum(triangles)
        self._passed = [0.0, *(done / total for done in accumulate(triangles))]

    def piece(self, start: float, end: float, outer: float, inner: float) -> Outline:
        """The part between two shares of a turn and between two rings; the whole core when it is one slice."""
        line = list(self._edge) if end - start >= 1 else self._line(start, end)
        out = [(x * outer, y * outer) for x, y in line]
        if end - start >= 1:
            return tuple(out)
        back = [(x * inner, y * inner) for x, y in reversed(line)] if inner > 0 else [(0.0, 0.0)]
        return (*out, *back)

    def _line(self, start: float, end: float) -> list[Point]:
        first, last = bisect_right(self._passed, start + 1e-9), bisect_right(self._passed, end - 1e-9)
        return [self._at(start, first - 1), *self._edge[first:last], self._at(end, last - 1)]

    def _at(self, share: float, corner: int) -> Point:
        (ax, ay), (bx, by) = self._edge[corner], self._edge[(corner + 1) % len(self._edge)]
        begins, ends = self._passed[corner], self._passed[corner + 1]
        t = (share - begins) / (ends - begins)
        return (ax + (bx - ax) * t, ay + (by - ay) * t)


def _heart(footprint: Footprint, cut: Cut) -> list[list[Outline]]:
    """Down the middle first, then each half in columns, each column across."""
    if cut.per_level == 1:
        return [[outline(footprint)]]
    half, count = _keep(outline(footprint), 0, 0.0, above=True), cut.per_level // 2
    columns = []
    for many in _columns(half, footprint.length_cm / 2, cut):
        whole = polygon_area(half) / count
        column, half = _take(half, 0, whole * many)
        count -= many
        slices = []
        for _ in range(many - 1):
            slice_, column = _take(column, 1, whole)
            slices.append(slice_)
        columns.append([*slices, column])
    mirrored = [[tuple((-x, y) for x, y in reversed(slice_)) for slice_ in column] for column in columns]
    return [*reversed(mirrored), *columns]


def _columns(half: Outline, wide: float, cut: Cut) -> list[int]:
    """Slices of each column of a half heart: by its area, the remainders to the largest."""
    count = cut.per_level // 2
    columns = min(count, max(1, round(wide / cut.slice.depth_cm)))
    below = [polygon_area(_keep(half, 0, wide * i / columns, above=False)) for i in range(1, columns)]
    edges = [0.0, *below, polygon_area(half)]
    wanted = [(b - a) / edges[-1] * count for a, b in zip(edges, edges[1:], strict=False)]
    given = [max(1, math.floor(n)) for n in wanted]
    while sum(given) != count:
        step = 1 if sum(given) < count else -1
        worst = max(range(columns), key=lambda i: (given[i] + step > 0, (wanted[i] - given[i]) * step))
        given[worst] += step
    return given


def _take(shape: Outline, axis: int, area: float) -> tuple[Outline, Outline]:
    """The first part of a polygon along an axis that has the area, and the rest."""
    low, high = min(p[axis] for p in shape), max(p[axis] for p in shape)
    for _ in range(STEPS):
        middle = (low + high) / 2
        if polygon_area(_keep(shape, axis, middle, above=False)) < area:
            low = middle
        else:
            high = middle
    return _keep(shape, axis, high, above=False), _keep(shape, axis, high, above=True)


def _keep(shape: Outline, axis: int, bound: float, *, above: bool) -> Outline:
    """The part of a polygon on one side of a line across an axis."""
    kept: list[Point] = []
    sign = 1 if above else -1
    for a, b in zip(shape, (*shape[1:], shape[0]), strict=True):
        here, there = (a[axis] - bound) * sign, (b[axis] - bound) * sign
        if here >= 0:
            kept.append(a)
        if here * there < 0:
            t = here / (here - there)
            kept.append((a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t))
    return tuple(kept)
