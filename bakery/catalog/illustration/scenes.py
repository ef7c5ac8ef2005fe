"""Where things stand: wall, table, light, and what carries the food."""

from __future__ import annotations

import math

from bakery.catalog.illustration.canvas import Canvas, smooth
from bakery.catalog.illustration.palette import COLOURS, colour, mix, shade
from bakery.catalog.illustration.specs import Backdrop, Scene

_CLOTHS = {"rose": "#f0d9cf", "pistachio": "#dfe3c6", "saffron": "#f3e2c0", "night": "#d8cdb9"}


def wall_colour(tone: str) -> str:
    """A tone as a wall wears it: the palette's colour under a coat of limewash."""
    return mix(colour(tone), "#f6ead6", 0.50 if tone not in {"night", "plum"} else 0.12)


def draw_scene(c: Canvas, scene: Scene, horizon: float = 0.56) -> None:
    """Wall, table and window light over the whole canvas."""
    w, h = c.width, c.height
    # one wall is one wall: what stands before it does not change its plaster
    c.rng.seed(f"{scene.backdrop} {scene.tone}")
    wall = wall_colour(scene.tone)
    c.rect(
        0, 0, w, h, c.linear([(0, shade(wall, 0.30)), (0.6, wall), (1, shade(wall, -0.16))], (0, 0, 1, 0.7))
    )
    _PATTERNS[scene.backdrop](c, wall, h * horizon)
    # light from a window on the left, a soft fall-off to the right
    c.rect(0, 0, w, h * horizon, c.radial([(0, "#fff6df", 0.75), (1, "#fff6df", 0.0)], (0.22, 0.1, 0.75)))
    _table(c, scene, h * horizon)


def _plaster(c: Canvas, wall: str, floor: float) -> None:
    rng = c.rng
    for _ in range(18):
        tint = shade(wall, rng.choice((0.45, 0.35, -0.12, -0.08)))
        c.soft(
            rng.uniform(0, c.width),
            rng.uniform(-20, floor),
            rng.uniform(120, 330),
            rng.uniform(40, 130),
            tint,
            0.30,
        )


def _linen(c: Canvas, wall: str, floor: float) -> None:
    """A hanging cloth: wide soft folds."""
    rng, x = c.rng, -40.0
    while x < c.width + 40:
        width = rng.uniform(60, 150)
        tint = shade(wall, -0.20) if rng.random() < 0.5 else shade(wall, 0.5)
        fold = c.linear([(0, tint, 0), (rng.uniform(0.3, 0.7), tint, 0.42), (1, tint, 0)], (0, 0, 1, 0.08))
        c.polygon([(x, 0), (x + width, 0), (x + width * 1.1, floor), (x - width * 0.1, floor)], fill=fold)
        x += width * 0.62


def _tile(c: Canvas, wall: str, floor: float) -> None:
    """Hand-made tiles, each a little off its neighbour, with a thin gloss on the upper edge."""
    rng, size = c.rng, c.width / 11
    rows = math.ceil(floor / size)
    for row in range(rows):
        y = floor - (row + 1) * size
        for column in range(-1, 12):
            x = column * size + (size / 2 if row % 2 else 0)
            tint = shade(wall, rng.uniform(-0.05, 0.16))
            c.rect(
                x + 2,
                y + 2,
                size - 4,
                size - 4,
                c.linear([(0, shade(tint, 0.14)), (1, shade(tint, -0.05))]),
                rx=5,
            )
            c.stroke(f"M{x + 9:.0f} {y + 8:.0f}h{size - 26:.0f}", "#ffffff", 2.2, opacity=0.35)
    c.rect(0, 0, c.width, floor, c.linear([(0, wall, 0.35), (0.5, wall, 0.1), (1, shade(wall, -0.2), 0.25)]))


def _arch(c: Canvas, wall: str, floor: float) -> None:
    """A niche with a pointed arch, as in the old houses of Herat."""
    cx, half, top = c.width / 2, min(c.width * 0.30, c.height * 0.42), floor * 0.08
    spring = floor * 0.55
    d = (
        f"M{cx - half:.0f} {floor:.0f}V{spring:.0f}C{cx - half:.0f} {floor * 0.25:.0f} {cx - half * 0.35:.0f} "
        f"{floor * 0.2:.0f} {cx:.0f} {top:.0f}C{cx + half * 0.35:.0f} {floor * 0.2:.0f} {cx + half:.0f} "
        f"{floor * 0.25:.0f} {cx + half:.0f} {spring:.0f}V{floor:.0f}Z"
    )
    c.path(
        d,
        c.linear(
            [(0, shade(wall, -0.20)), (0.35, shade(wall, -0.07)), (1, shade(wall, 0.28))], (0, 0, 1, 0.4)
        ),
    )
    with c.group(clip_path=c.clip(d)):
        c.soft_stroke(d, shade(wall, -0.5), 30, 0.22)
    c.stroke(d, shade(wall, 0.5), 5, opacity=0.8)


_PATTERNS = {Backdrop.PLASTER: _plaster, Backdrop.LINEN: _linen, Backdrop.TILE: _tile, Backdrop.ARCH: _arch}


def _table(c: Canvas, scene: Scene, floor: float) -> None:
    w, h, rng = c.width, c.height, c.rng
    if scene.backdrop in {Backdrop.TILE, Backdrop.ARCH}:
        _stone(c, floor)
    elif scene.backdrop is Backdrop.LINEN:
        _wood(c, floor)
    else:
        base = _CLOTHS.get(scene.tone, "#f1e4cb")
        c.rect(
            0, floor, w, h - floor, c.linear([(0, shade(base, -0.07)), (0.3, base), (1, shade(base, 0.2))])
        )
        for _ in range(6):
            x, y = rng.uniform(-50, w), rng.uniform(floor + 20, h)
            bend = [(x, y), (x + 130, y + rng.uniform(-12, 12)), (x + 280, y + rng.uniform(6, 40))]
            c.soft_stroke(smooth(bend), shade(base, rng.choice((-0.15, 0.5))), rng.uniform(8, 18), 0.22)
        for y in range(int(floor) + 5, h, 5):
            c.stroke(f"M0 {y}H{w}", shade(base, -0.25), 0.8, opacity=0.13)
    c.rect(0, floor - 2, w, 34, c.linear([(0, "#5a3216", 0.20), (1, "#5a3216", 0.0)]))
    c.rect(0, floor, w, h - floor, c.radial([(0, "#fff8e6", 0.5), (1, "#fff8e6", 0.0)], (0.25, 0.35, 0.6)))
    c.rect(0, floor, w, h - floor, c.linear([(0, "#5a2c10", 0), (1, "#5a2c10", 0.16)], (0.3, 0, 1, 0.9)))


def _stone(c: Canvas, floor: float) -> None:
    w, h, rng = c.width, c.height, c.rng
    c.rect(0, floor, w, h - floor, c.linear([(0, "#e6dccb"), (0.25, "#f3ebdd"), (1, "#faf4e8")]))
    for _ in range(5):
        x, y = rng.uniform(-100, w), rng.uniform(floor, h)
        vein = [(x + i * 60, y + rng.uniform(-22, 22) + i * rng.uniform(2, 14)) for i in range(6)]
        c.stroke(smooth(vein), "#b9a68c", rng.uniform(1.2, 3.4), opacity=0.22)


def _wood(c: Canvas, floor: float) -> None:
    w, h, rng = c.width, c.height, c.rng
    c.rect(0, floor, w, h - floor, c.linear([(0, "#b98652"), (0.3, "#cd9b63"), (1, "#dcb07a")]))
    y = floor
    while y < h:
        depth = 26 + (y - floor) * 0.32
        c.stroke(f"M0 {y:.0f}H{w}", "#7d4f27", 2.2, opacity=0.45)
        for _ in range(9):
            gx, gy = rng.uniform(-60, w), y + rng.uniform(3, depth - 3)
            length = rng.uniform(90, 330)
            grain = [(gx, gy), (gx + length / 2, gy + rng.uniform(-3, 3)), (gx + length, gy)]
            c.stroke(smooth(grain), rng.choice(("#8f5f33", "#e8c592")), rng.uniform(0.8, 2.2), opacity=0.35)
        y += depth


def ground_shadow(c: Canvas, x: float, y: float, rx: float, ry: float) -> None:
    """A dark line where the thing touches, and a long soft fall to the right, away from the window."""
    c.shadow(x + rx * 0.30, y + ry * 0.22, rx * 1.05, ry * 0.95, 0.30, 22)
    c.shadow(x + rx * 0.04, y + ry * 0.06, rx * 1.0, ry * 0.98, 0.38, 7)


def plate(c: Canvas, x: float, y: float, rx: float, tone: str = "#fbf6ec", tilt: float = 0.46) -> None:
    """A glazed plate with a lip and a thin saffron line."""
    ry = rx * tilt
    ground_shadow(c, x, y + rx * 0.05, rx * 0.95, ry * 0.95)
    c.ellipse(x, y + rx * 0.045, rx, ry, shade(tone, -0.22))
    c.ellipse(
        x, y, rx, ry, c.linear([(0, shade(tone, -0.06)), (0.5, tone), (1, shade(tone, 0.6))], (0, 0, 1, 1))
    )
    c.ellipse(x, y, rx * 0.965, ry * 0.965, stroke=COLOURS["saffron"], stroke_width=2.4, opacity=0.65)
    c.ellipse(
        x,
        y + ry * 0.02,
        rx * 0.74,
        ry * 0.74,
        c.linear([(0, shade(tone, -0.15)), (0.35, shade(tone, -0.03)), (1, shade(tone, 0.5))]),
    )


def stand(c: Canvas, x: float, y: float, rx: float, foot: float, tilt: float = 0.46) -> None:
    """A cake stand: plate centre at (x, y), its foot `foot` pixels below."""
    tone, ry = "#f7efe0", rx * tilt
    ground_shadow(c, x, y + foot, rx * 0.52, ry * 0.52)
    c.shadow(x + rx * 0.22, y + foot + ry * 0.2, rx * 0.85, ry * 0.55, 0.16, 20)
    base = rx * 0.46
    c.ellipse(x, y + foot + 5, base, base * tilt, shade(tone, -0.35))
    side = [
        (0, shade(tone, -0.10)),
        (0.3, shade(tone, 0.6)),
        (0.65, shade(tone, -0.14)),
        (1, shade(tone, -0.32)),
    ]
    c.ellipse(x, y + foot, base, base * tilt, c.linear(side, (0, 0, 1, 0)))
    neck = rx * 0.115
    d = (
        f"M{x - neck:.0f} {y:.0f}C{x - neck:.0f} {y + foot * 0.7:.0f} {x - neck * 1.2:.0f} {y + foot * 0.86:.0f} "
        f"{x - base * 0.72:.0f} {y + foot:.0f}Q{x:.0f} {y + foot + base * 0.3:.0f} {x + base * 0.72:.0f} "
        f"{y + foot:.0f}C{x + neck * 1.2:.0f} {y + foot * 0.86:.0f} {x + neck:.0f} {y + foot * 0.7:.0f} "
        f"{x + neck:.0f} {y:.0f}Z"
    )
    c.path(d, c.linear(side, (0, 0, 1, 0)))
    lip = rx * 0.05
    c.path(
        f"M{x - rx:.0f} {y:.0f}v{lip:.0f}A{rx:.0f} {ry:.0f} 0 0 0 {x + rx:.0f} {y + lip:.0f}v{-lip:.0f}Z",
        c.linear(side, (0, 0, 1, 0)),
    )
    c.ellipse(
        x, y, rx, ry, c.linear([(0, shade(tone, -0.10)), (0.5, tone), (1, shade(tone, 0.7))], (0, 0, 1, 1))
    )
    c.ellipse(x, y, rx * 0.97, ry * 0.965, stroke=COLOURS["saffron"], stroke_width=2.2, opacity=0.55)


def board(c: Canvas, x: float, y: float, rx: float, ry: float, turn: float = 0) -> None:
    """A round-cornered wooden board with grain, seen from a little above."""
    rng, thick = c.rng, 15
    c.shadow(x + 34, y + 30, rx * 1.02, ry * 0.98, 0.34, 18)
    shape = [
        (
            x + rx * math.copysign(abs(math.cos(a)) ** 0.35, math.cos(a)) + turn * math.sin(a) * 40,
            y + ry * math.copysign(abs(math.sin(a)) ** 0.45, math.sin(a)),
        )
        for a in (i * math.pi / 24 for i in range(48))
    ]
    d = smooth(shape, close=True)
    c.path(smooth([(px, py + thick) for px, py in shape], close=True), "#7c4a24")
    c.path(d, c.linear([(0, "#d3a066"), (0.45, "#bd8549"), (1, "#a36c36")], (0, 0, 1, 0.6)))
    for _ in range(26):
        gy = rng.uniform(y - ry, y + ry)
        gx = rng.uniform(x - rx, x + rx * 0.4)
        long = rng.uniform(rx * 0.4, rx * 1.3)
        bow, tint, width = (
            rng.uniform(-5, 5),
            rng.choice(("#7f4f26", "#e9c08b", "#8f5a2c")),
            rng.uniform(1, 3.2),
        )
        # ends at the rim: a clip path would cost as much as everything that lies on the board
        rise = math.copysign(abs((gy - y) / ry) ** (1 / 0.45), gy - y)
        half, middle = rx * (1 - rise * rise) ** 0.175 - width, x + turn * rise * 40
        start, end = max(gx, middle - half), min(gx + long, middle + half)
        if start < end:
            grain = [(start, gy), ((start + end) / 2, gy + bow), (end, gy + 2)]
            c.stroke(smooth(grain), tint, width, opacity=0.33)
    c.stroke(d, "#f1cf9e", 2.5, opacity=0.55)
