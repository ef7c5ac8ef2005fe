"""One subject in one scene: the doorway of the illustrator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from bakery.catalog.illustration.cakes import draw_cake, draw_slice
from bakery.catalog.illustration.canvas import Canvas
from bakery.catalog.illustration.geometry import TILT
from bakery.catalog.illustration.scenes import draw_scene, plate
from bakery.catalog.illustration.specs import CakeSpec, Scene, Subject

WIDTH, HEIGHT = 1280, 960


def illustrate(subject: Subject, scene: Scene, title: str = "") -> str:
    """A finished picture, 4:3, as SVG. The same subject and scene always give the same bytes."""
    c = Canvas(WIDTH, HEIGHT, scene.seed, _prefix(subject, scene))
    draw_scene(c, scene)
    _DRAW[type(subject)](c, subject)
    return c.svg(title)


def preview(spec: CakeSpec, title: str = "") -> str:
    """A cake alone on nothing, for a page that redraws it while its owner chooses."""
    c = Canvas(800, 700, 7, _prefix(spec, None))
    draw_cake(c, spec, (30, 20, 770, 690))
    return c.svg(title)


def _prefix(subject: object, scene: Scene | None) -> str:
    return "i" + hashlib.sha256(repr((subject, scene)).encode()).hexdigest()[:6] + "-"


def _cake(c: Canvas, spec: CakeSpec) -> None:
    if spec.cut:
        draw_cake(c, spec, (110, 60, 930, 830))
        plate(c, 1010, 812, 205)
        tier = spec.tiers[0]
        scale = min(22.0, 300 / tier.diameter_cm * 1.5)
        draw_slice(c, spec, (1015, 812 + 12 * TILT), scale)
    else:
        draw_cake(c, spec, (150, 40, 1130, 890))


_DRAW: dict[type, Callable[[Canvas, Any], None]] = {CakeSpec: _cake}
