"""One subject in one scene: the doorway of the illustrator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from bakery.catalog.illustration.cakes import draw_cake, draw_slice
from bakery.catalog.illustration.canvas import Canvas
from bakery.catalog.illustration.cookies import draw_cookies
from bakery.catalog.illustration.drinks import draw_drink
from bakery.catalog.illustration.geometry import TILT
from bakery.catalog.illustration.gifts import draw_box
from bakery.catalog.illustration.loaves import draw_loaf
from bakery.catalog.illustration.pastries import draw_pastry
from bakery.catalog.illustration.scenes import draw_scene, plate
from bakery.catalog.illustration.specs import (
    BoxSpec,
    CakeSpec,
    CookieSpec,
    DrinkSpec,
    LoafSpec,
    PastrySpec,
    Scene,
    Subject,
)

WIDTH, HEIGHT = 1280, 960


def illustrate(subject: Subject, scene: Scene, title: str = "") -> str:
    """A finished picture, 4:3, as SVG. The same subject and scene always give the same bytes."""
    c = Canvas(WIDTH, HEIGHT, scene.seed, _prefix(subject, scene))
    draw_scene(c, scene, horizon(subject))
    c.rng.seed(scene.seed)
    draw_subject(c, subject)
    return c.svg(title)


def backdrop_alone(scene: Scene, at: float) -> str:
    """The wall and the table without anything on it, 4:3; the seed plays no part."""
    c = Canvas(WIDTH, HEIGHT, 0, "b-")
    draw_scene(c, scene, at)
    return c.svg()


def subject_alone(subject: Subject, seed: int) -> tuple[str, str]:
    """The shadows on the ground, and the subject above them, both on nothing, 4:3."""
    c = Canvas(WIDTH, HEIGHT, seed, "s-")
    draw_subject(c, subject)
    return c.layers()


def horizon(subject: Subject) -> float:
    """How far down the table begins: higher up for what lies flat and is seen from above."""
    return 0.38 if isinstance(subject, LoafSpec | PastrySpec | CookieSpec) else 0.56


def draw_subject(c: Canvas, subject: Subject) -> None:
    """The subject alone, in the middle of a 1280 × 960 canvas."""
    with c.group(transform=_CLOSER.get(type(subject))):
        _DRAW[type(subject)](c, subject)


def preview(spec: CakeSpec, title: str = "") -> str:
    """A cake alone on nothing, for a page that redraws it while its owner chooses."""
    c = Canvas(800, 700, 7, _prefix(spec, None))
    draw_cake(c, spec, (30, 20, 770, 690))
    return c.svg(title)


def _prefix(subject: object, scene: Scene | None) -> str:
    return "i" + hashlib.sha256(repr((subject, scene)).encode()).hexdigest()[:6] + "-"


def _cake(c: Canvas, spec: CakeSpec) -> None:
    if spec.cut:
        draw_cake(c, spec, (70, 40, 950, 860))
        plate(c, 1010, 812, 205)
        tier = spec.tiers[0]
        scale = min(22.0, 300 / tier.diameter_cm * 1.5)
        draw_slice(c, spec, (1015, 812 + 12 * TILT), scale)
    else:
        draw_cake(c, spec, (120, 30, 1160, 920))


_DRAW: dict[type, Callable[[Canvas, Any], None]] = {
    CakeSpec: _cake,
    LoafSpec: draw_loaf,
    PastrySpec: draw_pastry,
    CookieSpec: draw_cookies,
    DrinkSpec: draw_drink,
    BoxSpec: draw_box,
}

#: Flat things fill less of a picture than cakes do, so the camera moves in.
_NEAR = "translate(640 530) scale(1.17) translate(-640 -665)"
_CLOSER: dict[type, str] = {
    LoafSpec: _NEAR,
    PastrySpec: _NEAR,
    CookieSpec: "translate(640 545) scale(1.22) translate(-640 -640)",
    DrinkSpec: "translate(640 530) scale(1.18) translate(-640 -600)",
    BoxSpec: "translate(640 520) scale(1.14) translate(-640 -560)",
}
