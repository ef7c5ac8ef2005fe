"""Where the decorations go: crowns, rims, crescents, scatters, and what falls on a lower ledge."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.geometry import View, along, inside
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.specs import Border, CakeSpec, Topping

NUTS_GREEN = ("#8da243", "#a9bb5b", "#6f8433", "#c3cf86", "#7d6a35")
CRUMB_BROWN = ("#8a5a32", "#b98350", "#5e3a1f", "#d9ae78")
# On a cake with words, as a share of its radius: nothing wider than this, or it lies on the words.
_BESIDE_WORDS = 0.3


@dataclass(frozen=True, slots=True)
class Style:
    """How one topping is laid: which symbols, how wide in centimetres, in what pattern."""

    keys: tuple[str, ...]
    size_cm: float
    layout: str
    flat: float = 0.72
    turns: bool = True


STYLES: dict[Topping, Style] = {
    Topping.WALNUTS: Style(("walnut",), 3.0, "crown"),
    Topping.ALMONDS: Style(("almond",), 2.6, "crown", 0.6),
    Topping.ROSE_PETALS: Style(("petal", "pale_petal", "petal"), 2.1, "scatter", 0.7),
    Topping.BERRIES: Style(("raspberry", "blueberry", "raspberry"), 2.5, "crescent", 0.92),
    Topping.STRAWBERRIES: Style(("strawberry",), 3.2, "crown", 0.85),
    Topping.CHERRIES: Style(("cherry",), 3.0, "crown", 1.0, False),
    Topping.FIGS: Style(("fig",), 4.0, "crescent", 0.8),
    Topping.LEMON: Style(("lemon",), 4.2, "crescent", 0.62),
    Topping.ORANGE: Style(("orange",), 4.6, "crescent", 0.62),
    Topping.MANGO: Style(("mango",), 3.6, "crescent", 0.85, False),
    Topping.POMEGRANATE: Style(("seed",), 1.3, "scatter", 0.85),
    Topping.HONEYCOMB: Style(("honeycomb",), 3.2, "crescent", 0.75),
    Topping.CHOCOLATE: Style(("shard",), 3.4, "pile", 0.8),
    Topping.GOLD_LEAF: Style(("gold",), 1.3, "scatter", 0.6),
    Topping.FLOWERS: Style(("rose", "white_rose", "rose"), 4.4, "crescent", 0.85),
    Topping.SAFFRON: Style(("threads",), 1.6, "scatter", 0.6),
    Topping.MERINGUE: Style(("meringue",), 2.9, "crown", 0.95, False),
}
_LOOSE = {Topping.PISTACHIO: NUTS_GREEN, Topping.CRUMBS: CRUMB_BROWN}


def ring(outline: Sequence[Point], spacing: float, inset: float) -> list[Point]:
    """Points around the rim at about `spacing` centimetres."""
    length = sum(math.dist(a, b) for a, b in zip(outline, outline[1:], strict=False))
    return along(outline, max(6, int(length * inset / spacing)), inset)


def dress(c: Canvas, view: View, outline: Sequence[Point], z: float, spec: CakeSpec) -> None:
    """Everything on the top of the last tier."""
    radius = max(abs(x) for x, _ in outline)
    written = bool(spec.inscription)
    for topping in spec.toppings:
        if topping in _LOOSE:
            _rim_of_crumbs(c, view, outline, z, _LOOSE[topping])
    items: list[tuple[Point, Style, str]] = []
    for index, topping in enumerate(spec.toppings):
        style = STYLES.get(topping)
        if style is None:
            continue
        style = _beside_words(style, radius) if written else style
        spots = _LAYOUTS[style.layout](c, outline, radius, style.size_cm, written)
        if index and style.layout == "crown":
            spots = spots[::2]
        items.extend((spot, style, style.keys[i % len(style.keys)]) for i, spot in enumerate(spots))
    for (x, y), style, key in sorted(items, key=lambda item: item[0][1]):
        _put(c, view, (x, y), z, style, key)
    if Topping.CANDLES in spec.toppings:
        _candles(c, view, radius, z)


def _beside_words(style: Style, radius: float) -> Style:
    return replace(style, size_cm=min(style.size_cm, radius * _BESIDE_WORDS))


def ledge(c: Canvas, view: View, outline: Sequence[Point], z: float, spec: CakeSpec) -> None:
    """A few of the same things where an upper tier leaves room."""
    for topping in spec.toppings:
        style = STYLES.get(topping)
        if style is None or style.layout not in {"crescent", "scatter"}:
            continue
        rim = along(outline, 40, 0.86)
        spots = [p for p in rim if p[1] > 0 and p[0] < -1][:: 2 if style.layout == "crescent" else 3]
        for i, spot in enumerate(sorted(spots, key=lambda p: p[1])):
            _put(c, view, spot, z, style, style.keys[i % len(style.keys)], 0.8)


def scatter_few(c: Canvas, view: View, outline: Sequence[Point], z: float, spec: CakeSpec) -> None:
    """One or two on a slice."""
    (tx, ty), mid = outline[0], outline[len(outline) // 2]
    for topping in spec.toppings:
        if topping in _LOOSE:
            spots = [
                (mid[0] - 0.6 + c.rng.uniform(-1.2, 0.4), c.rng.uniform(outline[-1][1], outline[1][1]) * 0.8)
                for _ in range(60)
            ]
            crumbs(c, [view.at(x, y, z) for x, y in spots], 0.16 * view.scale, _LOOSE[topping])
    for i, topping in enumerate(t for t in spec.toppings if t in STYLES):
        style = STYLES[topping]
        share = 0.80 - i * 0.28
        _put(c, view, (tx + (mid[0] - tx) * share, ty + (mid[1] - ty) * share), z, style, style.keys[0])


def _put(c: Canvas, view: View, spot: Point, z: float, style: Style, key: str, share: float = 1.0) -> None:  # noqa: PLR0913  -- position, size and turn of one thing
    rng = c.rng
    x, y = view.at(*spot, z + style.size_cm * 0.10)
    turn = rng.uniform(0, 360) if style.turns else rng.uniform(-8, 8)
    size = style.size_cm / 60 * view.scale * share * rng.uniform(0.9, 1.1)
    place(c, key, x, y, size, turn, style.flat)


def crumbs(c: Canvas, points: Sequence[Point], size: float, colours: Sequence[str]) -> None:
    """Chopped nuts: little uneven stones, one path a colour plus one for their shade."""
    rng = c.rng
    groups: dict[str, list[str]] = {tint: [] for tint in colours}
    shadows = []
    for x, y in points:
        r = size * rng.uniform(0.6, 1.5)
        corners = [
            (x + r * math.cos(a) * rng.uniform(0.7, 1.3), y + r * 0.75 * math.sin(a) * rng.uniform(0.7, 1.3))
            for a in (0.3, 1.6, 2.9, 4.1, 5.3)
        ]
        d = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in corners) + "Z"
        groups[rng.choice(list(colours))].append(d)
        shadows.append("M" + "L".join(f"{px + r * 0.35:.1f} {py + r * 0.5:.1f}" for px, py in corners) + "Z")
    c.path("".join(shadows), "#3a1c0c", opacity=0.28)
    for tint, parts in groups.items():
        c.path("".join(parts), tint, stroke=shade(tint, 0.35), stroke_width=max(0.5, size * 0.14))


def _rim_of_crumbs(c: Canvas, view: View, outline: Sequence[Point], z: float, colours: Sequence[str]) -> None:
    rng, spots = c.rng, []
    for _ in range(4):
        for x, y in along(outline, 110, 1.0):
            share = 0.97 - abs(rng.gauss(0, 0.075))
            if inside(outline, x * share, y * share):
                spots.append((x * share + rng.uniform(-0.2, 0.2), y * share + rng.uniform(-0.2, 0.2)))
    spots.sort(key=lambda p: p[1])
    crumbs(c, [view.at(x, y, z + 0.05) for x, y in spots], 0.19 * view.scale, colours)


# -- layouts: spots in centimetres


def _crown(c: Canvas, outline: Sequence[Point], radius: float, size: float, written: bool) -> list[Point]:
    rng = c.rng
    spots = [p for p in ring(outline, size * 1.12, 0.80) if not written or p[1] < -radius * 0.2]
    return [
        (x + rng.uniform(-0.15, 0.15), y + rng.uniform(-0.15, 0.15))
        for x, y in spots
        if inside(outline, x * 1.12, y * 1.12) and math.hypot(x, y) > radius * 0.35
    ]


def _crescent(c: Canvas, outline: Sequence[Point], radius: float, size: float, written: bool) -> list[Point]:
    """A heap along the back and the left, thick in the middle and thin at its ends."""
    rng, spots = c.rng, []
    step = math.degrees(size * 0.8 / (radius * 0.72))
    start, end = (210, 330) if written else (125, 320)
    degrees = float(start)
    while degrees < end:
        middle = 1 - abs((degrees - (start + end) / 2) / ((end - start) / 2))
        a = math.radians(degrees)
        # A second row would lie on the writing.
        for row in range(1 + (middle > 0.42 and not written)):
            r = radius * (0.76 - row * size / radius * 0.62) + rng.uniform(-0.25, 0.25)
            spots.append((r * math.cos(a + row * 0.2), r * math.sin(a + row * 0.2)))
        degrees += step * rng.uniform(0.9, 1.15)
    return [p for p in spots if inside(outline, p[0] * 1.08, p[1] * 1.08)]


def _scatter(c: Canvas, outline: Sequence[Point], radius: float, size: float, written: bool) -> list[Point]:
    rng, spots = c.rng, list[Point]()
    for _ in range(int(radius * 2.6)):
        a, r = rng.uniform(0, 2 * math.pi), radius * math.sqrt(rng.uniform(0.02, 0.72))
        spot = (r * math.cos(a), r * math.sin(a))
        clear = not written or abs(spot[1]) > radius * 0.6 or abs(spot[0]) > radius * 0.72
        far = all(math.dist(spot, other) > size * 0.75 for other in spots)
        if clear and far and inside(outline, spot[0] * 1.1, spot[1] * 1.1):
            spots.append(spot)
    return spots


def _pile(c: Canvas, outline: Sequence[Point], radius: float, size: float, written: bool) -> list[Point]:
    rng, y0 = c.rng, -radius * (0.62 if written else 0.12)
    spots = [(rng.gauss(0, radius * 0.24), y0 + rng.gauss(0, radius * 0.15)) for _ in range(17)]
    return [p for p in spots if inside(outline, p[0] * 1.15, p[1] * 1.15)]


_LAYOUTS = {"crown": _crown, "crescent": _crescent, "scatter": _scatter, "pile": _pile}


def _candles(c: Canvas, view: View, radius: float, z: float) -> None:
    for i, share in enumerate((-0.42, -0.14, 0.14, 0.42)):
        x, y = view.at(radius * share, -radius * (0.42 - (i % 2) * 0.06), z)
        place(c, "candle", x, y, 5.6 / 122 * view.scale)


def piped(c: Canvas, base: str, kind: Border) -> None:
    """One bead, shell or rosette of piped cream, about 40 units wide."""
    c.shadow(2, 6, 19, 13, 0.22, 3)
    if kind is Border.PEARLS:
        c.ellipse(
            0,
            0,
            19,
            18,
            c.radial([(0, shade(base, 0.9)), (0.5, base), (1, shade(base, -0.35))], (0.35, 0.3, 0.8)),
        )
        return
    for r, x, y in ((20, 0, 2), (15, -1, -2), (10, -1, -6), (5, 0, -10)):
        c.ellipse(
            x,
            y,
            r,
            r * 0.74,
            c.linear([(0, shade(base, 0.85)), (0.5, base), (1, shade(base, -0.30))], (0, 0, 1, 1)),
        )
        c.stroke(
            smooth([(x - r * 0.9, y + r * 0.1), (x, y + r * 0.66), (x + r * 0.9, y)]),
            shade(base, -0.32),
            1.1,
            opacity=0.35,
        )
