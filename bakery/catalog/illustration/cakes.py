"""Cakes: tiers stacked to scale, covered, dripped, bordered, written on, and cut when asked."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bakery.catalog.illustration import crumb, toppings
from bakery.catalog.illustration.canvas import Canvas, Point, polyline, smooth
from bakery.catalog.illustration.geometry import RISE, TILT, View, even, footprint, front, notched, wedge
from bakery.catalog.illustration.inscription import write_on_top
from bakery.catalog.illustration.palette import colour, luminance, mix, shade, sponge
from bakery.catalog.illustration.scenes import board, plate, stand
from bakery.catalog.illustration.specs import Border, CakeSpec, Covering, Shape, Stand, Tier, Topping

#: Never drawn larger than this many pixels a centimetre: a cupcake stays a small cake.
MAX_SCALE = 34.0


def draw_cake(c: Canvas, spec: CakeSpec, box: tuple[float, float, float, float]) -> None:
    """A whole cake with what carries it, inside (left, top, right, bottom)."""
    left, top, right, bottom = box
    wide = max(tier.diameter_cm for tier in spec.tiers)
    tall = sum(tier.height_cm for tier in spec.tiers)
    carrier = 1.28 if spec.stand is not Stand.NONE else 1.0
    foot = wide * 0.36 if spec.stand is Stand.STAND else 0.8
    crown = 5.5 if Topping.CANDLES in spec.toppings else 2.2
    height = tall * RISE + wide * TILT * (0.5 + 0.5 * carrier) + foot + crown
    scale = min((right - left) / (wide * carrier), (bottom - top) / height, MAX_SCALE)
    below = wide * TILT * 0.5 * (0.46 if spec.stand is Stand.STAND else 1) * carrier + foot
    rise = (bottom - top - height * scale) * 0.5 * (1 if spec.stand is Stand.NONE else 0.4)
    x, y = (left + right) / 2, bottom - below * scale - rise
    radius = wide / 2 * carrier * scale
    if spec.stand is Stand.STAND:
        stand(c, x, y, radius, foot * scale)
    elif spec.stand is Stand.PLATE:
        plate(c, x, y + 0.2 * scale, radius * 1.06)
    elif spec.stand is Stand.BOARD:
        board(c, x, y, radius * 1.05, radius * TILT * 1.05)
    view = View(x, y, scale)
    z = 0.0
    for index, tier in enumerate(spec.tiers):
        _contact(c, view, tier, z)
        _tier(c, view, tier, z, spec, last=index == len(spec.tiers) - 1)
        z += tier.height_cm


def draw_slice(c: Canvas, spec: CakeSpec, at: Point, scale: float) -> None:
    """One slice of the cake, lying on whatever is already drawn at the point."""
    tier = spec.tiers[0]
    view = View(at[0], at[1], scale)
    outline, runs, faces = wedge(tier.diameter_cm / 2)
    c.polygon([view.at(px, py, 0) for px, py in outline], "#3a1c0c", opacity=0.25, transform="translate(9 6)")
    _walls(c, view, (runs, faces), tier, 0, spec)
    _top(c, view, outline, tier.height_cm, spec)
    toppings.scatter_few(c, view, outline, tier.height_cm, spec)


def _contact(c: Canvas, view: View, tier: Tier, z: float) -> None:
    x, y = view.at(0, 0, z)
    r = tier.diameter_cm / 2 * view.scale
    c.shadow(x + r * 0.08, y + r * 0.05, r * 1.05, r * TILT * 1.05, 0.34, 9)


def _tier(c: Canvas, view: View, tier: Tier, z: float, spec: CakeSpec, last: bool) -> None:
    cut = spec.cut and tier.shape is Shape.ROUND and len(spec.tiers) == 1
    if cut:
        outline, runs, faces = notched(tier.diameter_cm / 2)
    else:
        outline = footprint(tier)
        runs, faces = [front(outline)], []
    _walls(c, view, (runs, faces), tier, z, spec)
    top = z + tier.height_cm
    _base_border(c, view, runs, z, spec)
    _top(c, view, outline, top, spec)
    if spec.drip or spec.covering is Covering.GLAZE:
        _drips(c, view, runs, (z, top), spec)
        if spec.drip:
            _pool(c, view, outline, top, colour(spec.drip))
    _top_border(c, view, outline, top, spec)
    if last:
        if spec.inscription:
            write_on_top(c, view, tier, top, spec)
        toppings.dress(c, view, outline, top, spec)
    else:
        toppings.ledge(c, view, outline, top, spec)


def _walls(
    c: Canvas,
    view: View,
    walls: tuple[Sequence[crumb.Run], Sequence[crumb.Run]],
    tier: Tier,
    z: float,
    spec: CakeSpec,
) -> None:
    runs, faces = walls
    for face in faces:
        crumb.cut_face(c, view, face, tier, z, spec)
    for run in runs:
        crumb.side(c, view, run, tier, z, spec)


def _top(c: Canvas, view: View, outline: Sequence[Point], z: float, spec: CakeSpec) -> None:
    base = colour(spec.drip) if spec.covering is Covering.GLAZE and spec.drip else colour(spec.colour)
    if spec.covering is Covering.GLAZE and not spec.drip:
        base = mix(sponge(spec.sponge), "#8a4a1c", 0.35)
    points = [view.at(x, y, z) for x, y in outline]
    d = polyline(points, close=True)
    glossy = spec.covering in {Covering.GANACHE, Covering.GLAZE}
    light = 0.55 if luminance(base) > 0.45 else 0.28
    c.path(
        d,
        c.linear(
            [(0, shade(base, light)), (0.5, shade(base, light * 0.35)), (1, shade(base, -0.10))],
            (0.05, 0.1, 0.95, 0.9),
        ),
    )
    with c.group(clip_path=c.clip(d)):
        if spec.covering in {Covering.BUTTERCREAM, Covering.NAKED}:
            _swirl(c, view, outline, z, base)
        if glossy:
            x, y = view.at(0, 0, z)
            r = max(abs(px) for px, _ in outline) * view.scale
            c.soft(x - r * 0.34, y - r * TILT * 0.42, r * 0.55, r * TILT * 0.36, shade(base, 0.9), 0.5)
        # the rolled edge: light along the left and the back, shade inside the right
        c.soft_stroke(d, shade(base, 0.85), 0.6 * view.scale, 0.55)
    c.stroke(d, shade(base, -0.28), 0.05 * view.scale, opacity=0.35)


def _swirl(c: Canvas, view: View, outline: Sequence[Point], z: float, base: str) -> None:
    """Rings left by the spatula on a turning table."""
    rng = c.rng
    for i in range(11):
        share = 0.95 - i * 0.085
        start = rng.randrange(len(outline))
        count = rng.randint(len(outline) // 4, len(outline) // 2)
        part = [outline[(start + j) % len(outline)] for j in range(count)]
        line = [
            view.at(x * (share - j * 0.0007), y * (share - j * 0.0007), z) for j, (x, y) in enumerate(part)
        ]
        dark = i % 2 == 0
        c.stroke(
            smooth(line[::4]),
            shade(base, -0.25 if dark else 0.9),
            rng.uniform(0.12, 0.3) * view.scale,
            opacity=0.14 if dark else 0.4,
        )


def _drips(
    c: Canvas, view: View, runs: Sequence[crumb.Run], heights: tuple[float, float], spec: CakeSpec
) -> None:
    """Glaze running over the edge, each drip with its own length, a bead at its end and a shine."""
    low, high = heights
    base = colour(spec.drip or spec.filling)
    for run in runs:
        if math.dist(run[0], run[-1]) < 1:
            continue
        points, beads = _drip_edge(c, run, (low, high))
        upper = [view.at(x, y, high + 0.02) for x, y in reversed(run)]
        d = smooth([view.at(x, y, z) for x, y, z in points]) + "L" + polyline(upper)[1:] + "Z"
        for away in (0.10, 0.20):
            shift = f"translate({away * view.scale:.1f} {away * view.scale:.1f})"
            c.path(d, "#3a1c0c", opacity=0.13, transform=shift)
        span = (upper[-1][0], 0, upper[0][0], 0)
        c.path(
            d,
            c.linear(
                [(0, shade(base, 0.12)), (0.3, shade(base, 0.2)), (0.6, base), (1, shade(base, -0.28))],
                span,
                user=True,
            ),
        )
        for x, y, z in beads:
            px, py = view.at(x, y, z)
            c.stroke(
                f"M{px - 0.12 * view.scale:.1f} {py - 0.9 * view.scale:.1f}v{0.75 * view.scale:.1f}",
                shade(base, 0.85),
                0.13 * view.scale,
                opacity=0.6,
            )


def _drip_edge(
    c: Canvas, run: crumb.Run, heights: tuple[float, float]
) -> tuple[list[tuple[float, float, float]], list[tuple[float, float, float]]]:
    """The lower edge of the glaze along a wall: flat, down, round, up again."""
    rng, (low, high) = c.rng, heights
    lengths = [0.0]
    for a, b in zip(run, run[1:], strict=False):
        lengths.append(lengths[-1] + math.dist(a, b))

    def spot(distance: float) -> Point:
        for i in range(1, len(run)):
            if lengths[i] >= distance:
                t = (distance - lengths[i - 1]) / ((lengths[i] - lengths[i - 1]) or 1)
                return (
                    run[i - 1][0] + (run[i][0] - run[i - 1][0]) * t,
                    run[i - 1][1] + (run[i][1] - run[i - 1][1]) * t,
                )
        return run[-1]

    edge: list[tuple[float, float, float]] = [(*run[0], high - 0.5)]
    beads = []
    at = rng.uniform(0.3, 0.9)
    while at < lengths[-1] - 0.9:
        down = min((high - low) * 0.72, rng.choice((1.2, 1.8, 2.6, 3.6, 4.4)) * rng.uniform(0.8, 1.15))
        half = rng.uniform(0.38, 0.52)
        for offset, depth in (
            (-half * 1.5, 0.55),
            (-half, down * 0.6 + 0.3),
            (-half * 0.85, down),
            (0, down + half),
            (half * 0.85, down),
            (half, down * 0.6 + 0.3),
            (half * 1.5, 0.55),
        ):
            edge.append((*spot(max(0, at + offset)), high - depth))
        beads.append((*spot(at), high - down))
        at += half * 2 + rng.uniform(0.7, 1.7)
    edge.append((*run[-1], high - 0.5))
    return edge, beads


def _pool(c: Canvas, view: View, outline: Sequence[Point], z: float, base: str) -> None:
    """The drip's own colour flooding the top."""
    points = [view.at(x, y, z + 0.02) for x, y in outline]
    d = polyline(points, close=True)
    light = 0.5 if luminance(base) > 0.45 else 0.22
    c.path(d, c.linear([(0, shade(base, light)), (0.5, base), (1, shade(base, -0.12))], (0.1, 0, 0.9, 1)))
    with c.group(clip_path=c.clip(d)):
        x, y = view.at(0, 0, z)
        r = max(abs(px) for px, _ in outline) * view.scale
        c.soft(x - r * 0.32, y - r * TILT * 0.45, r * 0.62, r * TILT * 0.34, shade(base, 0.95), 0.42)
        c.soft_stroke(d, shade(base, 0.6), 0.45 * view.scale, 0.4)


def _piped(c: Canvas, view: View, spots: Sequence[tuple[Point, float]], base: str, kind: Border) -> None:
    key = f"piped-{kind.value}-{base[1:]}"
    if not c.has(key):
        with c.symbol(key):
            toppings.piped(c, base, kind)
    size = {Border.SHELL: 1.5, Border.PEARLS: 0.85, Border.ROSETTES: 2.6}[kind] / 40 * view.scale
    for (x, y), z in sorted(spots, key=lambda item: item[0][1]):
        px, py = view.at(x, y, z)
        c.use(key, px, py, size)


def _spacing(kind: Border) -> float:
    return {Border.SHELL: 1.25, Border.PEARLS: 0.85, Border.ROSETTES: 2.5}[kind]


def _base_border(c: Canvas, view: View, runs: Sequence[crumb.Run], z: float, spec: CakeSpec) -> None:
    if spec.border in {Border.NONE, Border.ROSETTES} or spec.covering is Covering.NAKED:
        return
    for run in runs:
        length = sum(math.dist(a, b) for a, b in zip(run, run[1:], strict=False))
        count = max(2, round(length / _spacing(spec.border)))
        spots = [(spot, z + 0.25) for spot in even(run, count)]
        _piped(c, view, spots, colour(spec.colour), spec.border)


def _top_border(c: Canvas, view: View, outline: Sequence[Point], z: float, spec: CakeSpec) -> None:
    if spec.border is Border.NONE:
        return
    spots = toppings.ring(
        outline, _spacing(spec.border), 0.93 if spec.border is not Border.ROSETTES else 0.84
    )
    _piped(c, view, [(spot, z + 0.1) for spot in spots], colour(spec.colour), spec.border)
