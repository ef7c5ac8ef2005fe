"""Gift boxes: open, lid behind, every compartment filled."""

from __future__ import annotations

from dataclasses import dataclass

from bakery.catalog.illustration.canvas import Canvas, Point, smooth
from bakery.catalog.illustration.cookies import KINDS as COOKIES
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import Pose
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.pastries import KINDS as PASTRIES
from bakery.catalog.illustration.specs import BoxSpec


@dataclass(frozen=True, slots=True)
class Look:
    paper: str
    ribbon: str
    inside: tuple[str, ...]


LOOKS: dict[str, Look] = {
    "sweets": Look("#c8644f", "#f0cf8a", ("baklava", "cardamom", "kulcha", "rice", "baklava", "walnut")),
    "eid": Look("#2f6b66", "#e2b54f", ("baklava", "kulcha", "cardamom", "roht", "baklava", "chickpea")),
    "nowruz": Look("#8fa45c", "#f6e3b0", ("nuts", "chickpea", "figs", "rice", "nuts", "kulcha")),
    "tea": Look("#b98a9c", "#f4e6d2", ("cardamom", "rice", "walnut", "tahini", "chickpea", "roht")),
}
_LEFT, _RIGHT, _BACK, _FRONT, _DEEP = 250.0, 1030.0, 545.0, 800.0, 74.0
_LEAN = 60.0


def draw_box(c: Canvas, spec: BoxSpec) -> None:
    look = LOOKS[spec.kind]
    _lid(c, look)
    _tray(c, look)
    for i, kind in enumerate(look.inside):
        row, column = divmod(i, 3)
        _fill(c, kind, row, column)
        if row == 0 and column == 2:
            _divider(c)
    _front(c, look)


def _corner(column: float, row: float) -> Point:
    """A spot in the tray: 0..3 across, 0..2 towards the viewer."""
    t = row / 2
    y = _BACK + (_FRONT - _BACK) * t
    left, right = _LEFT + _LEAN * (1 - t), _RIGHT - _LEAN * (1 - t)
    return (left + (right - left) * column / 3, y)


def _lid(c: Canvas, look: Look) -> None:
    x0, x1 = _LEFT + _LEAN - 6, _RIGHT - _LEAN + 6
    d = f"M{x0} {_BACK - 4}L{x0 - 26} 250Q640 222 {x1 + 26} 250L{x1} {_BACK - 4}Z"
    c.path(
        d,
        c.linear(
            [(0, shade(look.paper, 0.22)), (0.6, look.paper), (1, shade(look.paper, -0.35))], (0, 0, 0.6, 1)
        ),
    )
    c.path(
        f"M{x0 + 20} {_BACK - 8}L{x0 - 2} 278Q640 252 {x1 + 2} 278L{x1 - 20} {_BACK - 8}Z",
        stroke=look.ribbon,
        stroke_width=3.0,
        opacity=0.8,
    )
    for k in range(8):
        with c.group(transform=f"translate(640 398) rotate({k * 45})"):
            c.path("M0 -22C16 -44 16 -66 0 -88C-16 -66 -16 -44 0 -22Z", look.ribbon, opacity=0.85)
    c.ellipse(640, 398, 15, 15, look.ribbon)
    c.words(640, 520, "Saffron & Crumb", 34, look.ribbon, text_anchor="middle", font_family="Fraunces, serif")


def _tray(c: Canvas, look: Look) -> None:
    c.shadow(670, _FRONT + _DEEP, 430, 46, 0.5, 26)
    corners = [_corner(0, 0), _corner(3, 0), _corner(3, 2), _corner(0, 2)]
    c.polygon(corners, c.linear([(0, "#cdb48a"), (0.3, "#e9d7b4"), (1, "#f6ead0")]))
    for column in (1, 2):
        (ax, ay), (bx, by) = _corner(column, 0), _corner(column, 2)
        c.stroke(f"M{ax:.0f} {ay + 4:.0f}L{bx:.0f} {by - 12:.0f}", "#f9f0dc", 9)
        c.stroke(f"M{ax + 6:.0f} {ay + 8:.0f}L{bx + 6:.0f} {by - 6:.0f}", "#b79a6c", 3, opacity=0.5)


def _divider(c: Canvas) -> None:
    (ax, ay), (bx, _) = _corner(0, 1), _corner(3, 1)
    c.rect(ax, ay - 22, bx - ax, 26, c.linear([(0, "#fffaf0"), (1, "#d9c195")]))


def _fill(c: Canvas, kind: str, row: int, column: int) -> None:
    cx, cy = _corner(column + 0.5, row + 0.55)
    if kind == "nuts":
        for _ in range(30):
            key = c.rng.choice(("walnut", "almond", "almond", "seed"))
            place(
                c,
                key,
                cx + c.rng.uniform(-86, 86),
                cy + c.rng.uniform(-48, 26),
                c.rng.uniform(0.6, 0.85),
                c.rng.uniform(0, 360),
                0.75,
            )
        return
    if kind == "figs":
        for dx, dy in ((-62, -30), (4, -38), (66, -28), (-36, 6), (36, 8)):
            place(c, "fig", cx + dx, cy + dy, 1.15, c.rng.uniform(-40, 40), 0.8)
        return
    draw = PASTRIES.get(kind) or COOKIES[kind]
    size = 0.56 if kind == "baklava" else 0.56
    spots = (
        ((-44, -24), (52, -26), (4, 14))
        if kind == "baklava"
        else ((-56, -26), (54, -28), (-48, 6), (58, 8), (2, -8))
    )
    for dx, dy in sorted(spots, key=lambda p: p[1]):
        draw(
            c,
            Pose(
                cx + dx,
                cy + dy + (14 if kind == "baklava" else 0),
                size,
                0 if kind == "baklava" else c.rng.uniform(0, 90),
            ),
        )


def _front(c: Canvas, look: Look) -> None:
    a, b = _corner(0, 2), _corner(3, 2)
    top = _FRONT - 26
    d = f"M{a[0] - 5:.0f} {top}H{b[0] + 5:.0f}L{b[0] - 8:.0f} {_FRONT + _DEEP}H{a[0] + 8:.0f}Z"
    c.path(
        d,
        c.linear(
            [(0, shade(look.paper, 0.30)), (0.35, look.paper), (1, shade(look.paper, -0.34))], (0, 0, 1, 0.5)
        ),
    )
    c.stroke(f"M{a[0] - 5:.0f} {top}H{b[0] + 5:.0f}", shade(look.paper, 0.6), 4, opacity=0.8)
    for left, column in ((True, 0), (False, 3)):
        (fx, _), (bx, by) = _corner(column, 2), _corner(column, 0)
        out = -5 if left else 5
        c.polygon(
            [(fx + out, top), (bx + out, by - 20), (bx, by), (fx, top + 22)],
            shade(look.paper, 0.2 if left else -0.3),
        )
    c.rect(
        618,
        top,
        44,
        _FRONT + _DEEP - top,
        c.linear(
            [(0, shade(look.ribbon, 0.3)), (0.6, look.ribbon), (1, shade(look.ribbon, -0.2))], (0, 0, 1, 0)
        ),
    )
    y = top + 46.0
    for side in (-1, 1):
        c.path(
            smooth(
                [(640, y), (640 + side * 60, y - 46), (640 + side * 108, y - 16), (640 + side * 70, y + 22)],
                True,
            ),
            c.linear([(0, shade(look.ribbon, 0.45)), (1, shade(look.ribbon, -0.2))], (0, 0, 1, 1)),
        )
        c.path(
            f"M640 {y}L{640 + side * 78} {y + 84}L{640 + side * 46} {y + 78}L{640 + side * 34} {y + 92}Z",
            shade(look.ribbon, -0.12),
        )
    c.ellipse(640, y, 20, 17, c.linear([(0, shade(look.ribbon, 0.5)), (1, shade(look.ribbon, -0.25))]))
