"""Walls of a cake: covered sides, naked sides, and the cut faces that show the layers."""

from __future__ import annotations

from collections.abc import Sequence

from bakery.catalog.illustration.canvas import Canvas, Point, polyline, smooth
from bakery.catalog.illustration.geometry import View, lit
from bakery.catalog.illustration.palette import colour, luminance, mix, shade, sponge
from bakery.catalog.illustration.specs import CakeSpec, Covering, Tier

Run = Sequence[Point]


def band(view: View, run: Run, low: float, high: float) -> str:
    """The strip of a wall between two heights."""
    bottom = [view.at(x, y, low) for x, y in run]
    top = [view.at(x, y, high) for x, y in reversed(run)]
    return polyline(bottom + top, close=True)


def _paint(c: Canvas, view: View, run: Run, base: str, strength: float = 1.0) -> str:
    x0, x1 = view.at(*run[0], 0)[0], view.at(*run[-1], 0)[0]
    return c.linear(lit(run, base, view, strength), (x0, 0, x1, 0), user=True)


def layer_heights(tier: Tier, bottom: float) -> list[tuple[float, float]]:
    """Where each sponge starts and ends."""
    filling = min(0.8, tier.height_cm / tier.layers * 0.2)
    each = (tier.height_cm - filling * (tier.layers - 1)) / tier.layers
    return [(bottom + i * (each + filling), bottom + i * (each + filling) + each) for i in range(tier.layers)]


def side(c: Canvas, view: View, run: Run, tier: Tier, bottom: float, spec: CakeSpec) -> None:
    """One covered wall."""
    top = bottom + tier.height_cm
    if spec.covering in {Covering.NAKED, Covering.GLAZE}:
        _naked(c, view, run, tier, bottom, spec)
    else:
        base = colour(spec.colour)
        gloss = 1.5 if spec.covering is Covering.GANACHE else 1.0
        c.path(band(view, run, bottom, top), _paint(c, view, run, base, gloss))
        _FINISH[spec.covering](c, view, run, (bottom, top), base)
    # the wall darkens towards the plate
    x, y0 = view.at(0, 0, bottom)
    c.path(
        band(view, run, bottom, top),
        c.linear([(0, "#5a2c10", 0.0), (0.55, "#5a2c10", 0.0), (1, "#5a2c10", 0.20)]),
    )


def _buttercream(c: Canvas, view: View, run: Run, heights: tuple[float, float], base: str) -> None:
    """Strokes of a palette knife, long and not quite level."""
    rng, (low, high) = c.rng, heights
    with c.group(clip_path=c.clip(band(view, run, low, high))):
        for i in range(26):
            z = low + (high - low) * (i + rng.random()) / 26
            start = rng.randrange(0, max(1, len(run) - 4))
            part = run[start : start + rng.randint(len(run) // 5 + 2, len(run) // 2 + 3)]
            drift = rng.uniform(-0.35, 0.35)
            line = [view.at(x, y, z + drift * j / len(part)) for j, (x, y) in enumerate(part)]
            if len(line) > 2:
                dark = rng.random() < 0.5
                c.stroke(
                    smooth(line[::3] + line[-1:]),
                    shade(base, -0.22 if dark else 0.75),
                    rng.uniform(0.06, 0.22) * view.scale,
                    opacity=0.16 if dark else 0.42,
                )


def _ganache(c: Canvas, view: View, run: Run, heights: tuple[float, float], base: str) -> None:
    """A wet shine down the left, and a thin one on the right."""
    low, high = heights
    with c.group(clip_path=c.clip(band(view, run, low, high))):
        for share, width, opacity in ((0.17, 1.1, 0.34), (0.25, 0.35, 0.3), (0.86, 0.6, 0.16)):
            x, y = run[int(len(run) * share)]
            c.soft_stroke(
                polyline([view.at(x, y, low + 0.9), view.at(x, y, high - 1.0)]),
                shade(base, 0.8),
                width * view.scale,
                opacity,
            )


def _fondant(c: Canvas, view: View, run: Run, heights: tuple[float, float], base: str) -> None:
    low, high = heights
    with c.group(clip_path=c.clip(band(view, run, low, high))):
        x, y = run[int(len(run) * 0.22)]
        c.soft_stroke(
            polyline([view.at(x, y, low), view.at(x, y, high)]), shade(base, 0.9), 2 * view.scale, 0.3
        )


_FINISH = {Covering.BUTTERCREAM: _buttercream, Covering.GANACHE: _ganache, Covering.FONDANT: _fondant}


def _naked(c: Canvas, view: View, run: Run, tier: Tier, bottom: float, spec: CakeSpec) -> None:
    """Sponge and filling, with a scrape of frosting that misses here and there."""
    rng, top = c.rng, bottom + tier.height_cm
    crumb, filling = sponge(tier.sponge or spec.sponge), colour(tier.filling or spec.filling)
    cream = colour(spec.colour)
    if spec.covering is Covering.GLAZE:
        crumb = mix(crumb, "#9a5a26", 0.35)
    c.path(band(view, run, bottom, top), _paint(c, view, run, filling))
    for low, high in layer_heights(tier, bottom):
        c.path(_wobbly(c, view, run, low, high), _paint(c, view, run, crumb, 1.1))
    with c.group(clip_path=c.clip(band(view, run, bottom, top))):
        _speckle(c, view, run, (bottom, top), crumb)
        if spec.covering is Covering.NAKED:
            for _ in range(46):
                start = rng.randrange(0, max(1, len(run) - 3))
                part = run[start : start + rng.randint(3, 9)]
                z = rng.uniform(bottom, top)
                line = [view.at(x, y, z + rng.uniform(-0.15, 0.15)) for x, y in part]
                if len(line) > 2:
                    c.stroke(
                        smooth(line),
                        shade(cream, 0.2),
                        rng.uniform(0.3, 1.1) * view.scale,
                        opacity=rng.uniform(0.12, 0.42),
                    )


def _wobbly(c: Canvas, view: View, run: Run, low: float, high: float) -> str:
    rng = c.rng
    every = run[:: max(1, len(run) // 26)]
    every = [*every, run[-1]] if every[-1] != run[-1] else every
    bottom = [view.at(x, y, low + rng.uniform(-0.1, 0.1)) for x, y in every]
    top = [view.at(x, y, high + rng.uniform(-0.1, 0.1)) for x, y in reversed(every)]
    return polyline(bottom + top, close=True)


def _speckle(c: Canvas, view: View, run: Run, heights: tuple[float, float], base: str) -> None:
    """The open crumb: small holes and lighter specks, in three paths for the whole wall."""
    rng = c.rng
    count = int(len(run) * 9)
    for amount, size, opacity in ((-0.35, 0.16, 0.5), (-0.2, 0.26, 0.4), (0.4, 0.15, 0.5)):
        d = []
        for _ in range(count // 2):
            i = rng.random() * (len(run) - 1)
            (ax, ay), (bx, by), t = run[int(i)], run[int(i) + 1], i % 1
            px, py = view.at(ax + (bx - ax) * t, ay + (by - ay) * t, rng.uniform(*heights))
            r = rng.uniform(0.5, 1.3) * size * view.scale
            # eight corners are round enough for a crumb, and drawn in half the time of an ellipse
            long, short, high, low = r * 0.62, r * 0.4, r * 0.27, r * 0.44
            d.append(
                f"M{px - r:.1f} {py + high:.1f}v{-2 * high:.1f}l{short:.1f} {-low:.1f}h{2 * long:.1f}"
                f"l{short:.1f} {low:.1f}v{2 * high:.1f}l{-short:.1f} {low:.1f}h{-2 * long:.1f}z"
            )
        c.path("".join(d), shade(base, amount), opacity=opacity)


def cut_face(c: Canvas, view: View, ends: Run, tier: Tier, bottom: float, spec: CakeSpec) -> None:
    """A straight cut: sponges, fillings, and the frosting along the top and the outer edge."""
    top = bottom + tier.height_cm
    (ax, ay), (bx, by) = ends
    run = [(ax + (bx - ax) * i / 40, ay + (by - ay) * i / 40) for i in range(41)]
    crumb, filling = sponge(tier.sponge or spec.sponge), colour(tier.filling or spec.filling)
    cream = colour(spec.colour)
    if spec.covering is Covering.GLAZE:
        cream = filling
    to_right = bx - ax
    towards = (-(by - ay) * -0.5 + abs(to_right) * 0.5) / tier.diameter_cm * 2
    tone = 0.10 if by > ay else -0.10
    tone += min(0.08, towards * 0.05)
    face = band(view, run, bottom, top)
    c.path(face, shade(filling, tone))
    with c.group(clip_path=c.clip(face)):
        for low, high in layer_heights(tier, bottom):
            base = shade(crumb, tone)
            c.path(
                _wobbly(c, view, run, low, high),
                c.linear(
                    [(0, shade(base, -0.18)), (0.15, base), (0.75, shade(base, 0.10)), (1, shade(base, -0.1))]
                ),
            )
            _speckle(c, view, run, (low + 0.15, high - 0.15), base)
            # a soft line of shadow under each filling, and a light one where it swells out
            under = [view.at(x, y, high) for x, y in run]
            c.stroke(polyline(under), shade(crumb, -0.5), 0.10 * view.scale, opacity=0.45)
            if high < top - 0.1:
                over = [view.at(x, y, high + 0.42) for x, y in run]
                lightness = 0.7 if luminance(filling) > 0.5 else 0.35
                c.stroke(polyline(over), shade(filling, lightness), 0.14 * view.scale, opacity=0.55)
        _frosting_edge(c, view, run, (bottom, top), shade(cream, tone))
    shadow = [(0, "#3b1a08", 0.26 if by <= ay else 0.05), (0.5, "#3b1a08", 0.05), (1, "#3b1a08", 0.12)]
    c.path(face, c.linear(shadow, (0, 0, 1, 0)))


def _frosting_edge(c: Canvas, view: View, run: Run, heights: tuple[float, float], cream: str) -> None:
    low, high = heights
    c.path(band(view, run, high - 0.62, high + 0.1), cream)
    outer = run[:3] if abs(run[0][0]) + abs(run[0][1]) > abs(run[-1][0]) + abs(run[-1][1]) else run[-3:]
    c.path(band(view, outer, low, high), cream)
    c.stroke(
        polyline([view.at(x, y, high - 0.66) for x, y in run]),
        shade(cream, -0.3),
        0.07 * view.scale,
        opacity=0.5,
    )
