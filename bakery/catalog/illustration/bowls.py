"""What is served cold in a bowl: sheer yakh and firni."""

from __future__ import annotations

import math

from bakery.catalog.illustration.canvas import Canvas, smooth
from bakery.catalog.illustration.decorations import place
from bakery.catalog.illustration.dough import LYING, oval
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs


def _bowl(c: Canvas, x: float, y: float, r: float, glaze: str) -> None:
    c.shadow(x + 18, y + r * 0.82, r * 0.52, r * 0.14, 0.5, 14)
    c.path(
        f"M{x - r} {y}C{x - r} {y + r * 0.6} {x - r * 0.42} {y + r * 0.86} {x} {y + r * 0.86}"
        f"C{x + r * 0.42} {y + r * 0.86} {x + r} {y + r * 0.6} {x + r} {y}Z",
        c.linear(
            [(0, shade(glaze, -0.1)), (0.28, shade(glaze, 0.55)), (1, shade(glaze, -0.4))], (0, 0, 1, 0)
        ),
    )
    c.ellipse(x, y, r, r * LYING * 0.82, shade(glaze, 0.45))
    c.ellipse(x, y + 4, r * 0.94, r * LYING * 0.76, shade(glaze, -0.25))


def sheer_yakh(c: Canvas) -> None:
    x, y, r = 640.0, 610.0, 270.0
    _bowl(c, x, y, r, "#7fa9b3")
    for dx, dy, size in ((-100, -46, 132), (104, -50, 130), (4, 10, 150)):
        rough = [(x + dx + px, y + dy + py * 0.86) for px, py in oval(size, size, 0.035, c, 22)]
        c.path(
            smooth(rough, True),
            c.radial(
                [(0, "#fffdf4"), (0.45, "#fbeed2"), (0.85, "#e6cfa2"), (1, "#c7a878")], (0.36, 0.3, 0.75)
            ),
        )
        for _ in range(16):
            a, k = c.rng.uniform(0, 6.28), math.sqrt(c.rng.random()) * 0.85
            c.ellipse(
                x + dx + size * k * math.cos(a),
                y + dy + size * 0.86 * k * math.sin(a),
                c.rng.uniform(3, 11),
                3,
                "#fffaf0",
                opacity=0.6,
            )
    front = (
        f"M{x - r} {y}C{x - r} {y + r * 0.6} {x - r * 0.42} {y + r * 0.86} {x} {y + r * 0.86}"
        f"C{x + r * 0.42} {y + r * 0.86} "
        f"{x + r} {y + r * 0.6} {x + r} {y}A{r} {r * LYING * 0.82:.0f} 0 0 1 {x - r} {y}Z"
    )
    c.path(front, c.linear([(0, "#6f9aa5"), (0.28, "#b7d3d5"), (1, "#44707c")], (0, 0, 1, 0)))
    c.stroke(f"M{x - r} {y}A{r} {r * LYING * 0.82:.0f} 0 0 0 {x + r} {y}", "#e3f0ee", 6, opacity=0.9)
    crumbs(c, [(x + 4 + c.rng.gauss(0, 48), y - 40 + c.rng.gauss(0, 28)) for _ in range(90)], 6, NUTS_GREEN)
    crumbs(
        c, [(x - 100 + c.rng.gauss(0, 30), y - 110 + c.rng.gauss(0, 16)) for _ in range(40)], 5, NUTS_GREEN
    )
    for i, (dx, dy) in enumerate(((-60, -120), (70, -60), (-120, -40), (10, -20))):
        place(c, "petal" if i % 2 else "pale_petal", x + dx, y + dy, 1.0, i * 70, 0.8)


def firni(c: Canvas) -> None:
    for x, y, r in ((440.0, 560.0, 190.0), (860.0, 575.0, 190.0), (640.0, 690.0, 235.0)):
        _bowl(c, x, y, r, "#d99a76")
        c.ellipse(x, y + 8, r * 0.88, r * 0.365, c.linear([(0, "#efdcb4"), (0.5, "#fbf1da"), (1, "#fffaf0")]))
        ring = [(a, c.rng.gauss(0.56, 0.035)) for a in (c.rng.uniform(0, 6.28) for _ in range(130))]
        dots = [(x + r * k * math.cos(a), y + 8 + r * 0.40 * k * math.sin(a)) for a, k in ring]
        dots += [(x + c.rng.gauss(0, r * 0.07), y + 8 + c.rng.gauss(0, r * 0.028)) for _ in range(40)]
        crumbs(c, dots, 4.6, NUTS_GREEN)
        place(c, "pale_petal", x - r * 0.26, y + r * 0.03, 0.9, 30, 0.6)
        place(c, "threads", x + r * 0.27, y + r * 0.07, 1.1, 10, 0.6)
