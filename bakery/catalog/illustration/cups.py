"""Hot drinks in a wide cup: coffee, and the tea of weddings."""

from __future__ import annotations

from bakery.catalog.illustration.canvas import Canvas, smooth
from bakery.catalog.illustration.dough import oval, steam
from bakery.catalog.illustration.palette import shade
from bakery.catalog.illustration.scenes import plate
from bakery.catalog.illustration.toppings import NUTS_GREEN, crumbs


def _cup(c: Canvas, x: float, y: float, r: float, glaze: str, drink: str) -> tuple[float, float]:
    """A wide cup on its saucer; answers the middle of the drink and how wide it is."""
    plate(c, x, y + r * 0.72, r * 1.75, glaze)
    c.shadow(x + 12, y + r * 0.86, r * 0.56, r * 0.17, 0.5, 10)
    c.path(
        f"M{x + r * 0.9} {y + r * 0.1}C{x + r * 1.62} {y - r * 0.02} "
        f"{x + r * 1.6} {y + r * 0.72} {x + r * 0.66} {y + r * 0.60}",
        stroke=shade(glaze, -0.16),
        stroke_width=r * 0.17,
        stroke_linecap="round",
    )
    c.path(
        f"M{x + r * 0.9} {y + r * 0.07}C{x + r * 1.58} {y - r * 0.05} "
        f"{x + r * 1.55} {y + r * 0.68} {x + r * 0.66} {y + r * 0.57}",
        stroke=shade(glaze, 0.5),
        stroke_width=r * 0.06,
        stroke_linecap="round",
    )
    c.path(
        f"M{x - r} {y}C{x - r} {y + r * 0.72} {x - r * 0.5} {y + r * 0.9} {x} {y + r * 0.9}"
        f"C{x + r * 0.5} {y + r * 0.9} {x + r} {y + r * 0.72} {x + r} {y}Z",
        c.linear(
            [
                (0, shade(glaze, -0.12)),
                (0.28, shade(glaze, 0.6)),
                (0.65, shade(glaze, -0.06)),
                (1, shade(glaze, -0.34)),
            ],
            (0, 0, 1, 0),
        ),
    )
    c.ellipse(x, y, r, r * 0.40, shade(glaze, 0.5))
    c.ellipse(x, y + 3, r * 0.95, r * 0.37, shade(glaze, -0.28))
    c.ellipse(
        x,
        y + r * 0.05,
        r * 0.91,
        r * 0.335,
        c.linear([(0, shade(drink, -0.3)), (0.5, drink), (1, shade(drink, 0.3))], (0, 0, 0.7, 1)),
    )
    return y + r * 0.05, r * 0.91


def coffee(c: Canvas) -> None:
    y, r = _cup(c, 640, 560, 220, "#f1e6d2", "#8a4f27")
    x = 640.0
    c.ellipse(x, y, r * 0.86, r * 0.31, "#c98d57", opacity=0.85)
    for k in range(5):
        w, lift = r * (0.52 - k * 0.09), y + r * (0.12 - k * 0.085)
        c.path(
            f"M{x - w:.1f} {lift:.1f}Q{x:.1f} {lift + r * 0.19:.1f} {x + w:.1f} {lift:.1f}"
            f"Q{x:.1f} {lift + r * 0.075:.1f} {x - w:.1f} {lift:.1f}Z",
            "#fbeed7",
        )
    c.path(
        f"M{x} {y - r * 0.28:.1f}q{r * 0.12:.1f} {r * 0.05:.1f} 0 {r * 0.12:.1f}"
        f"q{-r * 0.12:.1f} {-r * 0.07:.1f} 0 {-r * 0.12:.1f}Z",
        "#fbeed7",
    )
    steam(c, 640, 500, 260)


def qaimaq(c: Canvas) -> None:
    y, r = _cup(c, 640, 560, 220, "#9fbfb9", "#dd9a93")
    blob = [(640 + px, y + 2 + py * 0.3) for px, py in oval(r * 0.58, r * 0.6, 0.16, c, 11)]
    c.path(smooth([(px, py + 5) for px, py in blob], True), "#cf8f86", opacity=0.6)
    c.path(smooth(blob, True), c.linear([(0, "#fffdf5"), (1, "#f3e0bb")]))
    for k in (-0.3, 0.05, 0.3):
        c.stroke(
            f"M{640 - r * 0.3:.0f} {y + r * k * 0.3:.0f}q{r * 0.3:.0f} {-r * 0.08:.0f} {r * 0.55:.0f} 0",
            "#e4c998",
            3,
            opacity=0.7,
        )
    crumbs(c, [(640 + c.rng.gauss(0, 34), y + c.rng.gauss(0, 9)) for _ in range(40)], 4, NUTS_GREEN)
    steam(c, 640, 500, 240)
