"""Piped writing on a cake: lines broken to fit, sized to be read, laid down flat on the top."""

from __future__ import annotations

from bakery.catalog.illustration.canvas import Canvas
from bakery.catalog.illustration.geometry import TILT, View
from bakery.catalog.illustration.palette import colour, shade
from bakery.catalog.illustration.specs import CakeSpec, Shape, Tier

#: Latin script first, then one for Dari and Pashto; both are bundled under fonts/.
FAMILIES = "'Great Vibes', 'Aref Ruqaa', cursive"
_WIDTH_OF_A_LETTER = 0.42
MOST_LINES = 3


def break_lines(text: str, most: int = MOST_LINES) -> list[str]:
    """Words spread over as few lines as read well; a single long word stays whole."""
    words = text.split()
    if not words:
        return []
    total = len(" ".join(words))
    wanted = 1 if total <= 11 else 2 if total <= 28 else most
    target = total / wanted
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) / 2 < target or len(lines) == wanted:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def write_on_top(c: Canvas, view: View, tier: Tier, z: float, spec: CakeSpec) -> None:
    """The inscription in the cake's ink, with a hair of shadow so that it stands up like piping."""
    lines = break_lines(spec.inscription)
    if not lines:
        return
    room = tier.diameter_cm * (0.60 if tier.shape in {Shape.HEART, Shape.ROUND} else 0.66) * view.scale
    longest = max(len(line) for line in lines)
    size = min(
        room / (longest * _WIDTH_OF_A_LETTER),
        tier.diameter_cm * 0.24 * view.scale,
        tier.diameter_cm * 0.62 * view.scale / (len(lines) * 1.05),
    )
    ink = colour(spec.ink)
    x, y = view.at(0, tier.diameter_cm * 0.04, z)
    squash = TILT + 0.14
    for shift, tint, opacity in (
        ((0.07, 0.12), "#3a1c0c", 0.28),
        ((0, 0), ink, 1.0),
        ((-0.03, -0.05), None, 0.5),
    ):
        fill = tint or shade(ink, 0.45)
        width = size * (0.03 if tint else 0.006)
        with c.group(
            transform=f"matrix(1 0 0 {squash} {x + shift[0] * view.scale:.1f} "
            f"{y + shift[1] * view.scale:.1f})",
            opacity=opacity,
        ):
            for i, line in enumerate(lines):
                offset = (i - (len(lines) - 1) / 2) * size * 1.02 + size * 0.3
                c.words(
                    0,
                    offset,
                    line,
                    size,
                    fill if tint else "none",
                    text_anchor="middle",
                    font_family=FAMILIES,
                    stroke=fill,
                    stroke_width=width,
                    stroke_linejoin="round",
                )
