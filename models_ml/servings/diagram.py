"""The cut seen from above, as numbers for an SVG: paths, frame, words. Pure; a template only writes it down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from models_ml.servings.count import RINGS, Cut, Tier, cut
from models_ml.servings.count import Slice as SliceSize
from models_ml.servings.layout import pieces, ring_shares, rows_of
from models_ml.servings.shapes import Footprint, Outline, Shape, outline

# Beyond this many a drawing is a grey patch: the words say it better.
MOST_DRAWN = 400


@dataclass(frozen=True, slots=True)
class Diagram:
    """Drawn in millimetres around (0, 0). `light` and `dark` are the slices in turns, `one` is one of them."""

    title: str
    description: str
    left: float
    top: float
    width: float
    height: float
    edge: str
    light: str
    dark: str
    one: str
    line_y: float
    across: float
    measure: str


def draw(tier: Tier, slice_: SliceSize) -> Diagram | None:
    """The cutting diagram of one tier; None where there are too many slices to see."""
    found = cut(tier, slice_)
    if found.per_level > MOST_DRAWN:
        return None
    bands = pieces(tier.footprint, found)
    edge = outline(tier.footprint)
    xs, ys = [x * 10 for x, _ in edge], [y * 10 for _, y in edge]
    across = max(xs) - min(xs)
    margin, foot = across * 0.03, across * 0.13
    one = bands[0][0]
    # One slice is marked; the rest alternate, each band begun with the other tone.
    turns: tuple[list[Outline], list[Outline]] = ([], [])
    for i, band in enumerate(bands):
        for j, piece in enumerate(band):
            turns[(i + j) % 2].append(piece)
    size = say_size(tier.footprint)
    return Diagram(
        title=f"A {size} cake cut into {say_slices(found.per_level)}",
        description=" ".join(how_to_cut(tier, found)),
        left=round(min(xs) - margin, 1),
        top=round(min(ys) - margin, 1),
        width=round(across + 2 * margin, 1),
        height=round(max(ys) - min(ys) + margin + foot, 1),
        edge=_path([edge]),
        light=_path(turns[0]),
        dark=_path(turns[1]),
        one=_path([one]),
        line_y=round(max(ys) + foot * 0.35, 1),
        across=round(across, 1),
        measure=f"{say_cm(tier.footprint.length_cm)} cm",
    )


def how_to_cut(tier: Tier, found: Cut) -> list[str]:
    """The cut in words, one sentence a step."""
    steps = _steps(tier.footprint, found)
    if found.levels > 1:
        steps.insert(0, f"Lift it apart: {found.levels} cakes stand on each other. Cut each like this.")
    return steps


def say_cm(cm: float) -> str:
    return f"{cm:.1f}".removesuffix(".0")


def say_size(footprint: Footprint) -> str:
    """A footprint in words: "20.3 cm round", "33 × 23 cm rectangle"."""
    sides = say_cm(footprint.length_cm)
    if footprint.width_cm is not None:
        sides += f" × {say_cm(footprint.width_cm)}"
    return f"{sides} cm {footprint.shape}"


def say_slices(count: int) -> str:
    return "1 slice" if count == 1 else f"{count} slices"


def _steps(footprint: Footprint, found: Cut) -> list[str]:
    if found.per_level == 1:
        return ["It is one slice."]
    if footprint.shape in RINGS:
        return _ring_steps(footprint, found)
    if footprint.shape is Shape.HEART:
        half = say_slices(found.per_level // 2)
        return [
            "Cut it down the middle, from the notch to the tip.",
            f"Cut each half lengthwise into strips about {say_cm(found.slice.depth_cm)} cm wide.",
            f"Cut across the strips: {half} from each half, all of one size.",
        ]
    rows = rows_of(footprint, found)
    if len(rows) == 1:
        return [f"Cut it across into {say_slices(rows[0])}."]
    full, short = (say_cm(footprint.across_cm * count / found.per_level) for count in (rows[0], rows[-1]))
    if rows[0] == rows[-1]:
        return [f"Cut it into {len(rows)} rows {full} cm deep.", f"Cut each row into {rows[0]} slices."]
    many = rows.count(rows[0])
    return [
        f"Cut it into {len(rows)} rows: {many} of {full} cm, then {len(rows) - many} of {short} cm.",
        f"Cut the deeper rows into {say_slices(rows[0])}, the others into {rows[-1]}.",
    ]


def _ring_steps(footprint: Footprint, found: Cut) -> list[str]:
    shares = ring_shares(found.rings)
    whole = footprint.length_cm
    steps = []
    for n, (count, inner) in enumerate(zip(found.rings, shares[1:], strict=True)):
        last = n == len(found.rings) - 1
        if not last:
            line = "a circle" if footprint.shape is Shape.ROUND else f"a smaller {footprint.shape} shape"
            steps.append(
                f"Cut {line} {say_cm(whole * inner)} cm across, and the ring outside it into {count}."
            )
        elif n == 0:
            steps.append(f"Cut it like a pie into {count}.")
        else:
            steps.append(
                f"Cut the middle like a pie into {count}." if count > 1 else "The middle is one slice."
            )
    return steps


def _path(polygons: Iterable[Outline]) -> str:
    return "".join(chain.from_iterable(_polygon(points) for points in polygons))


def _polygon(points: Outline) -> Iterable[str]:
    # Millimetres to a tenth.
    yield "M" + "L".join(f"{x * 10:.1f} {y * 10:.1f}" for x, y in points) + "Z"
