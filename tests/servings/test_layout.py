"""Slices as drawn: as many as counted, all of the same size, inside the cake, none over another."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from models_ml.servings.count import Slice, Tier, count_tiers, cut
from models_ml.servings.diagram import MOST_DRAWN, draw, how_to_cut
from models_ml.servings.layout import pieces
from models_ml.servings.plan import STEPS, single_cakes, tiered_cakes
from models_ml.servings.shapes import Footprint, Outline, Shape, outline, polygon_area

WEDDING, PARTY = Slice(2.54, 5.08, 10.0), Slice(3.81, 5.08, 10.0)


def in_wedding_slices(tiers: Sequence[Tier]) -> int:
    return count_tiers(tiers, WEDDING)


def some(shape: Shape, count: int) -> list[Tier]:
    chance = random.Random(f"draw {shape}")
    widths = [chance.uniform(5, 60) if shape is Shape.RECTANGLE else None for _ in range(count)]
    return [Tier(Footprint(shape, chance.uniform(5, 60), wide), chance.uniform(3, 12)) for wide in widths]


def inside(point: tuple[float, float], edge: Outline) -> bool:
    """Whether a ray to the right crosses the edge an odd number of times."""
    x, y = point
    odd = False
    for (ax, ay), (bx, by) in zip(edge, (*edge[1:], edge[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


@pytest.mark.parametrize("shape", Shape)
def test_slices_are_as_many_as_counted_and_all_of_one_size(shape: Shape) -> None:
    for tier in some(shape, 120):
        found = cut(tier, PARTY)
        drawn = [piece for band in pieces(tier.footprint, found) for piece in band]
        assert len(drawn) == found.per_level, tier
        fair = tier.footprint.area_cm2 / found.per_level
        assert all(abs(polygon_area(piece)) == pytest.approx(fair, rel=1e-3) for piece in drawn), tier
        # Nobody gets less than the slice that was promised; half a percent is the knife's.
        assert found.per_level == 1 or fair >= found.slice.area_cm2 * 0.995


@pytest.mark.parametrize("shape", Shape)
def test_slices_lie_inside_the_cake(shape: Shape) -> None:
    for tier in some(shape, 60):
        # A hair larger, so that what touches the edge is inside.
        edge = tuple((x * 1.0001, y * 1.0001) for x, y in outline(tier.footprint))
        for band in pieces(tier.footprint, cut(tier, WEDDING)):
            assert all(inside(corner, edge) for piece in band for corner in piece), tier


@pytest.mark.parametrize("shape", Shape)
def test_no_slice_lies_over_another(shape: Shape) -> None:
    chance = random.Random("over")
    for tier in some(shape, 25):
        drawn = [piece for band in pieces(tier.footprint, cut(tier, WEDDING)) for piece in band]
        for _ in range(40):
            half = tier.footprint.length_cm / 2
            point = (chance.uniform(-half, half), chance.uniform(-half, half))
            assert sum(inside(point, piece) for piece in drawn) <= 1, (tier, point)


@pytest.mark.parametrize("shape", Shape)
def test_a_diagram_draws_every_slice_within_its_frame_and_says_so(shape: Shape) -> None:
    for tier in some(shape, 25):
        picture = draw(tier, PARTY)
        assert picture is not None
        count = cut(tier, PARTY).per_level
        assert (picture.light + picture.dark).count("M") == count
        assert picture.one.count("M") == 1
        assert str(count) in picture.title and shape in picture.title
        assert picture.description.endswith(".")
        numbers = [float(n) for n in re.findall(r"-?\d+\.\d", picture.edge)]
        assert min(numbers[::2]) >= picture.left and max(numbers[::2]) <= picture.left + picture.width
        assert min(numbers[1::2]) >= picture.top and max(numbers[1::2]) <= picture.top + picture.height


def test_what_nobody_could_see_is_not_drawn() -> None:
    tier = Tier(Footprint(Shape.SQUARE, 100), 10)
    assert cut(tier, WEDDING).per_level > MOST_DRAWN
    assert draw(tier, WEDDING) is None


def test_the_words_add_up_to_the_count() -> None:
    tier = Tier(Footprint(Shape.ROUND, 20.32), 10.16)
    assert how_to_cut(tier, cut(tier, WEDDING)) == [
        "Cut a circle 10.2 cm across, and the ring outside it into 18.",
        "Cut the middle like a pie into 6.",
    ]
    tall = Tier(Footprint(Shape.SQUARE, 20.32), 20.0)
    assert how_to_cut(tall, cut(tall, WEDDING)) == [
        "Lift it apart: 2 cakes stand on each other. Cut each like this.",
        "Cut it into 4 rows 5.1 cm deep.",
        "Cut each row into 8 slices.",
    ]
    sheet = Tier(Footprint(Shape.RECTANGLE, 33, 23), 10.16)
    assert how_to_cut(sheet, cut(sheet, PARTY)) == [
        "Cut it into 5 rows: 4 of 4.7 cm, then 1 of 4.1 cm.",
        "Cut the deeper rows into 8 slices, the others into 7.",
    ]


@pytest.mark.parametrize("keep_top", [False, True])
def test_every_plan_is_enough_and_stands(keep_top: bool) -> None:
    for needed in range(1, 1001, 7):
        options = single_cakes(needed, in_wedding_slices) + tiered_cakes(
            needed, in_wedding_slices, keep_top=keep_top
        )
        for option in options:
            assert option.servings >= needed and option.left_over == option.servings - needed
            assert option.sensible or option.sheets
            sides = [sizes[0] for sizes in option.inches]
            assert all(low - high in STEPS for low, high in zip(sides, sides[1:], strict=False))
        assert options, needed


def test_a_smaller_pan_would_not_do() -> None:
    found = {option.shape: option for option in single_cakes(24, in_wedding_slices)}
    assert found[Shape.ROUND].inches == ((8,),) and found[Shape.ROUND].left_over == 0
    assert found[Shape.SQUARE].inches == ((8,),) and found[Shape.SQUARE].servings == 32


def test_more_guests_than_any_stack_serves_get_sheets_from_the_kitchen() -> None:
    option = tiered_cakes(600, in_wedding_slices, keep_top=False)[0]
    assert len(option.tiers) == 4 and option.sheets == 4
    assert option.servings >= 600
