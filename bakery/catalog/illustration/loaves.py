"""Breads: from the tandoor and from the deck oven."""

from __future__ import annotations

import math

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.dough import LYING, Pose, blisters, lump, oval, sprinkle
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.scenes import board
from bakery.catalog.illustration.specs import LoafSpec


def draw_loaf(c: Canvas, spec: LoafSpec) -> None:
    board(c, 640, 690, 520, 190)
    _DRAW[spec.kind](c, spec)


def _long(c: Canvas, length: float, wide: float, waist: float) -> list[Point]:
    """A long bread's outline, rounder at one end, with `waist` 1 for an even oval."""
    points = []
    for i in range(40):
        a = 2 * math.pi * i / 40
        x = math.cos(a)
        half = wide * (waist + (1 - waist) * (0.5 + 0.5 * x)) * (1 + c.rng.uniform(-0.018, 0.018))
        points.append(
            (
                length * math.copysign(abs(x) ** 0.8, x),
                half * math.copysign(abs(math.sin(a)) ** 0.8, math.sin(a)),
            )
        )
    return points


def _furrow(c: Canvas, pose: Pose, line: list[Point], base: str, wide: float = 13) -> None:
    d = smooth(pose.lay(line))
    c.stroke(d, shade(base, -0.42), wide, opacity=0.55)
    c.stroke(d, shade(base, -0.22), wide * 0.55, opacity=0.7)
    c.stroke(
        smooth([(x, y + wide * 0.55) for x, y in pose.lay(line)]),
        shade(base, 0.75),
        wide * 0.24,
        opacity=0.45,
    )


def _naan(c: Canvas, spec: LoafSpec) -> None:
    base = "#e0a850"
    for i in range(spec.count):
        pose = Pose(640 - 26 + 26 * i, 700 - 46 * i, 1.0, (-9, 7, -3)[i % 3])
        lump(c, pose.lay(_long(c, 430, 195, 0.78)), 19, base)
        x, y = pose.at(0, 0)
        c.soft(x, y, 420, 96, "#ad5f17", 0.55)
        blisters(c, pose, (390, 165), 60, "#8a4716")
        for row in (-82, 0, 82):
            _furrow(
                c,
                pose,
                [(-330 + 60 * k, row * (0.86 + 0.02 * k) + c.rng.uniform(-4, 4)) for k in range(11)],
                base,
            )
        blisters(c, pose, (390, 165), 26, "#4e260c")
        sprinkle(c, pose, (340, 140), 70, "nigella")
        sprinkle(c, pose, (350, 150), 60, "sesame")


def _barbari(c: Canvas, spec: LoafSpec) -> None:
    base = "#d3933f"
    for i in range(spec.count):
        pose = Pose(640, 715 - 66 * i, 1.0, (-5, 6)[i % 2])
        lump(c, pose.lay(_long(c, 470, 175, 0.97)), 42, base)
        for row in (-112, -56, 0, 56, 112):
            reach = 400 * math.sqrt(1 - (row / 185) ** 2) + 20
            _furrow(c, pose, [(-reach + reach * 2 * k / 12, row) for k in range(13)], base, 17)
        blisters(c, pose, (400, 130), 12, "#8a4716")
        sprinkle(c, pose, (410, 140), 300, "sesame")
        sprinkle(c, pose, (400, 135), 110, "nigella")


def _lavash(c: Canvas, spec: LoafSpec) -> None:
    base = "#ecd2a0"
    for i in range(6):
        pose = Pose(640 + c.rng.uniform(-22, 22), 735 - 26 * i, 1.0, c.rng.uniform(-9, 9))
        wave = [(x + c.rng.uniform(-9, 9), y + c.rng.uniform(-9, 9)) for x, y in _long(c, 400, 230, 1.0)]
        lump(c, pose.lay(wave), 12, base, shadow=i == 0)
        if i > 3:
            blisters(c, pose, (360, 190), 60, "#8f5523")
    pose = Pose(690, 545, 0.9, -24)
    fold = [(-330, -60), (-120, -105), (140, -90), (330, -40), (340, 40), (120, 95), (-150, 90), (-340, 50)]
    lump(c, pose.lay(fold), 20, base)
    blisters(c, pose, (290, 70), 34, "#8f5523")
    _furrow(c, pose, [(-300, 30), (-100, 48), (120, 46), (310, 8)], base, 7)


def _bolani(c: Canvas, spec: LoafSpec) -> None:
    base = "#dba653"
    for i in range(4):
        pose = Pose(560 + 34 * i, 735 - 44 * i, 1.0, -14 + 11 * i)
        half = [(330 * math.cos(a), -250 * math.sin(a) + 110) for a in (math.pi * k / 18 for k in range(19))]
        lump(c, pose.lay([*half, (-170, 118), (0, 120), (170, 118)]), 22, base)
        _furrow(
            c,
            pose,
            [(290 * math.cos(a), -212 * math.sin(a) + 104) for a in (math.pi * k / 14 for k in range(15))],
            base,
            7,
        )
        blisters(c, pose, (230, 110), 26, "#7b3f12")
        for _ in range(12):
            x, y = pose.at(c.rng.uniform(-200, 200), c.rng.uniform(-90, 90))
            c.soft(x, y, 18, 9, "#5f7d35", 0.45)
    _bowl(c, 985, 720, 112, "#fbf7ec", "#7d9a4d")


def _bowl(c: Canvas, x: float, y: float, r: float, inside: str, fleck: str) -> None:
    """A small bowl of yoghurt with herbs."""
    c.shadow(x + 24, y + r * 0.62, r * 0.95, r * 0.42, 0.4, 14)
    c.path(
        f"M{x - r} {y}C{x - r} {y + r * 0.7} {x - r * 0.4} {y + r * 0.85} {x} {y + r * 0.85}"
        f"C{x + r * 0.4} {y + r * 0.85} {x + r} {y + r * 0.7} {x + r} {y}Z",
        c.linear([(0, "#6c9aa3"), (0.3, "#a7cdd0"), (1, "#3f6b75")], (0, 0, 1, 0)),
    )
    c.ellipse(x, y, r, r * LYING, "#dfeae6")
    c.ellipse(x, y + 4, r * 0.9, r * 0.9 * LYING, c.linear([(0, shade(inside, -0.14)), (1, inside)]))
    c.stroke(f"M{x - r * 0.5} {y}q{r * 0.5} {-r * 0.34} {r} 0", "#ffffff", 7, opacity=0.8)
    for _ in range(26):
        a, k = c.rng.uniform(0, 6.28), math.sqrt(c.rng.random()) * 0.8
        c.ellipse(x + r * k * math.cos(a), y + 4 + r * k * LYING * math.sin(a), 3.4, 2, fleck, opacity=0.9)


def _roghani(c: Canvas, spec: LoafSpec) -> None:
    base = "#d99a45"
    for i in range(3):
        pose = Pose(640 + (-16, 22, 0)[i], 730 - 62 * i, 1.0, 18 * i)
        lump(c, pose.lay(oval(330, 330, 0.01, c, 36)), 40, base)
        c.stroke(smooth(pose.lay(oval(268, 268)), True), shade(base, -0.35), 12, opacity=0.5)
        c.stroke(smooth(pose.lay(oval(262, 262)), True), shade(base, 0.6), 5, opacity=0.6)
        for k in (-150, -75, 0, 75, 150):
            reach = math.sqrt(248**2 - k * k)
            _furrow(c, pose, [(-reach, k), (0, k + 2), (reach, k)], base, 9)
            _furrow(c, pose, [(k, -reach), (k + 2, 0), (k, reach)], base, 9)
        sprinkle(c, pose, (240, 240), 160, "nigella")
        sprinkle(c, pose, (300, 300), 130, "sesame")


def _rolls(c: Canvas, spec: LoafSpec) -> None:
    spots = [(x, y) for y in (600, 680, 760) for x in (430, 640, 850)]
    for x, y in spots:
        _bun(c, x + c.rng.uniform(-6, 6) + (y - 680) * 0.12, y, 116)


def _bun(c: Canvas, x: float, y: float, r: float) -> None:
    base = "#cd8a3a"
    c.shadow(x + 16, y + r * 0.42, r, r * 0.5, 0.4, 12)
    c.path(
        f"M{x - r} {y + r * 0.2}C{x - r} {y - r * 0.95} {x + r} {y - r * 0.95} {x + r} {y + r * 0.2}"
        f"C{x + r} {y + r * 0.7} {x - r} {y + r * 0.7} {x - r} {y + r * 0.2}Z",
        c.radial(
            [(0, shade(base, 0.5)), (0.35, base), (0.8, shade(base, -0.32)), (1, "#efcf94")],
            (0.38, 0.3, 0.75),
        ),
    )
    c.soft(x - r * 0.3, y - r * 0.3, r * 0.42, r * 0.2, "#fff5da", 0.75)
    sprinkle(c, Pose(x, y - r * 0.2, 1), (r * 0.5, r * 0.5), 34, "nigella")


def _boule(c: Canvas, x: float, y: float, r: float, base: str) -> None:
    """A round loaf: floured rings from the basket, one long opened ear, a sheaf of small cuts."""
    c.shadow(x + r * 0.12, y + r * 0.38, r * 1.0, r * 0.30, 0.5, 18)
    body = (
        f"M{x - r:.0f} {y + r * 0.18:.0f}C{x - r * 1.02:.0f} {y - r * 0.78:.0f} {x + r * 1.02:.0f} {y - r * 0.78:.0f} "
        f"{x + r:.0f} {y + r * 0.18:.0f}C{x + r * 0.98:.0f} {y + r * 0.66:.0f} {x - r * 0.98:.0f} {y + r * 0.66:.0f} "
        f"{x - r:.0f} {y + r * 0.18:.0f}Z"
    )
    c.path(
        body,
        c.radial(
            [(0, shade(base, 0.35)), (0.4, base), (0.8, shade(base, -0.42)), (1, shade(base, -0.6))],
            (0.36, 0.26, 0.82),
        ),
    )
    with c.group(clip_path=c.clip(body)):
        for k in range(4):
            share = 0.95 - k * 0.21
            ring = [
                (
                    x + r * share * math.cos(a),
                    y - r * 0.05 + r * 0.52 * share * math.sin(a) - r * 0.10 * (1 - share),
                )
                for a in (math.pi * 2 * i / 30 for i in range(30))
            ]
            c.soft_stroke(smooth(ring, True), "#fff3dc", r * 0.062, 0.26)
        blisters(c, Pose(x, y, r / 300), (260, 330), 46, "#552a0d")
    ear = [
        (x - r * 0.66, y + r * 0.10),
        (x - r * 0.30, y - r * 0.26),
        (x + r * 0.16, y - r * 0.40),
        (x + r * 0.62, y - r * 0.30),
    ]
    low = [
        (x + r * 0.60, y - r * 0.20),
        (x + r * 0.22, y - r * 0.14),
        (x - r * 0.18, y + r * 0.03),
        (x - r * 0.66, y + r * 0.10),
    ]
    c.path(smooth(ear + low, True), c.linear([(0, "#c98b4b"), (0.35, "#f2d8a4"), (1, "#dcae68")]))
    for _ in range(26):
        t = c.rng.random()
        px, py = x - r * 0.55 + r * 1.05 * t, y + r * (0.05 - 0.32 * t) + c.rng.uniform(-8, 10)
        c.ellipse(px, py, c.rng.uniform(2, 8), c.rng.uniform(1.5, 4), "#b97b3c", opacity=0.4)
    c.stroke(smooth(ear), "#5d2c0c", r * 0.042, opacity=0.85)
    c.stroke(smooth([(px, py - r * 0.022) for px, py in ear]), "#e6b36a", r * 0.014, opacity=0.8)
    for k in range(5):
        bx, by = x + r * (0.02 + 0.11 * k), y + r * (0.26 - 0.055 * k)
        for side in (-1, 1):
            c.path(
                f"M{bx:.0f} {by:.0f}q{r * 0.03:.0f} {side * r * 0.07:.0f} {r * 0.12:.0f} {side * r * 0.085:.0f}"
                f"q{-r * 0.02:.0f} {-side * r * 0.07:.0f} {-r * 0.12:.0f} {-side * r * 0.085:.0f}Z",
                "#efcd94",
                opacity=0.9,
            )


def _slice(c: Canvas, x: float, y: float, r: float, lean: float) -> None:
    """A slice standing against the loaf: crust round an open crumb."""
    outline = [
        (-1, 0.42),
        (-0.98, -0.05),
        (-0.62, -0.44),
        (0, -0.56),
        (0.62, -0.44),
        (0.98, -0.05),
        (1, 0.42),
        (0, 0.50),
    ]
    shape = [(x + px * r + py * lean, y + py * r * 0.92) for px, py in outline]
    c.shadow(x + 14, y + r * 0.46, r, r * 0.16, 0.45, 12)
    c.path(smooth([(px + 14, py + 3) for px, py in shape], True), "#8a4c1d")
    c.path(smooth(shape, True), "#b9742f")
    crumb = [(x + (px - x) * 0.93, y + (py - y) * 0.92) for px, py in shape]
    d = smooth(crumb, True)
    c.path(d, c.linear([(0, "#f8e8c6"), (1, "#ecd2a0")], (0, 0, 1, 1)))
    with c.group(clip_path=c.clip(d)):
        for _ in range(60):
            px, py = x + c.rng.uniform(-0.9, 0.9) * r, y + c.rng.uniform(-0.5, 0.42) * r
            size = c.rng.uniform(2, 13)
            turn = f"rotate({c.rng.uniform(0, 180):.0f} {px:.0f} {py:.0f})"
            c.ellipse(px, py, size * 1.4, size * 0.8, "#cfa468", opacity=0.75, transform=turn)
            c.ellipse(px + 1, py + size * 0.3, size, size * 0.4, "#fff6e0", opacity=0.8, transform=turn)


def _sourdough(c: Canvas, spec: LoafSpec) -> None:
    _boule(c, 560, 590, 340, "#b56f2e")
    _slice(c, 905, 700, 170, -24)
    _slice(c, 985, 742, 170, -10)


def _seeded(c: Canvas, spec: LoafSpec) -> None:
    _boule(c, 560, 590, 335, "#8d5326")
    sprinkle(c, Pose(560, 570, 1), (270, 300), 380, "sesame")
    sprinkle(c, Pose(560, 570, 1), (270, 300), 180, "poppy")
    _slice(c, 920, 715, 175, -20)


_DRAW = {
    "naan": _naan,
    "barbari": _barbari,
    "lavash": _lavash,
    "bolani": _bolani,
    "roghani": _roghani,
    "rolls": _rolls,
    "sourdough": _sourdough,
    "seeded": _seeded,
}
