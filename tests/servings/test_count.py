"""What a cake serves, against the most used chart and against itself: larger is never fewer."""

from __future__ import annotations

import math
import random

import pytest

from models_ml.servings.count import Slice, Tier, count_tiers, cut
from models_ml.servings.shapes import Footprint, Shape, outline, polygon_area

INCH = 2.54
WEDDING = Slice(1 * INCH, 2 * INCH, 10.0)
PARTY = Slice(1.5 * INCH, 2 * INCH, 10.0)
SQUARES_OF_TWO = Slice(2 * INCH, 2 * INCH, 10.0)

# Wilton's wedding servings, cakes of two layers four inches high (docs/servings.md names where it was read).
WILTON = {
    Shape.ROUND: {8: 24, 9: 32, 10: 38, 12: 56, 14: 78, 16: 100},
    Shape.SQUARE: {8: 32, 10: 50, 12: 72, 14: 98, 16: 128},
    Shape.HEART: {8: 22, 9: 28, 10: 38, 12: 56, 14: 72, 16: 94},
}


def tier(shape: Shape, length: float, width: float | None = None, height: float = 4 * INCH) -> Tier:
    if shape is Shape.RECTANGLE and width is None:
        width = length * 0.7
    return Tier(Footprint(shape, length, width), height)


@pytest.mark.parametrize(
    ("shape", "inches", "said"), [(shape, *row) for shape, rows in WILTON.items() for row in rows.items()]
)
def test_each_size_is_within_a_tenth_of_the_chart(shape: Shape, inches: int, said: int) -> None:
    found = cut(tier(shape, inches * INCH), WEDDING).servings
    assert abs(found - said) <= 0.1 * said


@pytest.mark.parametrize(("inches", "said"), list(WILTON[Shape.SQUARE].items()))
def test_squares_are_the_chart_to_the_slice(inches: int, said: int) -> None:
    assert cut(tier(Shape.SQUARE, inches * INCH), WEDDING).servings == said


# The figures in docs/servings.md, so that it cannot drift from the code.
DOCUMENTED = {
    (Shape.ROUND, WEDDING): {6: 13, 8: 24, 10: 38, 12: 55, 14: 75, 16: 99},
    (Shape.ROUND, PARTY): {6: 9, 8: 16, 10: 25, 12: 37, 14: 50, 16: 66},
    (Shape.ROUND, SQUARES_OF_TWO): {6: 6, 8: 12, 10: 18, 12: 27, 14: 36, 16: 49},
    (Shape.SQUARE, WEDDING): {6: 18, 8: 32, 10: 50, 12: 72, 14: 98, 16: 128},
    (Shape.SQUARE, PARTY): {6: 12, 8: 21, 10: 33, 12: 48, 14: 65, 16: 85},
    (Shape.SQUARE, SQUARES_OF_TWO): {6: 9, 8: 16, 10: 25, 12: 36, 14: 49, 16: 64},
    (Shape.HEART, WEDDING): {6: 12, 8: 22, 9: 28, 10: 36, 12: 52, 14: 70, 16: 92},
    (Shape.PETAL, WEDDING): {6: 9, 9: 22, 12: 38, 15: 61},
    (Shape.HEXAGON, WEDDING): {6: 10, 9: 25, 12: 46, 15: 72},
}


@pytest.mark.parametrize(("shape", "slice_"), list(DOCUMENTED))
def test_the_documented_figures_are_the_formulas(shape: Shape, slice_: Slice) -> None:
    rows = DOCUMENTED[shape, slice_]
    assert {inches: cut(tier(shape, inches * INCH), slice_).servings for inches in rows} == rows


@pytest.mark.parametrize("shape", [Shape.ROUND, Shape.SQUARE])
@pytest.mark.parametrize(("inches", "rounded"), [(8, 20.3), (12, 30.5), (14, 35.6), (10, 25.4)])
def test_sizes_rounded_to_the_millimetre_count_like_whole_inches(
    shape: Shape, inches: int, rounded: float
) -> None:
    metric = cut(tier(shape, rounded, height=10.2), WEDDING).servings
    assert metric == cut(tier(shape, inches * INCH), WEDDING).servings


@pytest.mark.parametrize("shape", Shape)
def test_a_cake_that_grows_never_serves_fewer(shape: Shape) -> None:
    chance = random.Random(f"grow {shape}")
    for _ in range(3000):
        slice_ = Slice(chance.uniform(1.5, 8), chance.uniform(1.5, 12), chance.uniform(5, 20))
        length, width = chance.uniform(5, 100), chance.uniform(5, 100)
        height = chance.uniform(2.5, 60)
        more = 1 + 10 ** chance.uniform(-6, 0.3)
        wide = width if shape is Shape.RECTANGLE else None
        base = cut(tier(shape, length, wide, height), slice_).servings
        told = (shape, length, wide, height, slice_, more)
        assert base >= 1, told
        assert cut(tier(shape, length * more, wide, height), slice_).servings >= base, told
        assert cut(tier(shape, length, wide, height * more), slice_).servings >= base, told
        if wide:
            assert cut(tier(shape, length, wide * more, height), slice_).servings >= base, told


@pytest.mark.parametrize("shape", Shape)
def test_a_larger_slice_never_gives_more_of_them(shape: Shape) -> None:
    for step in range(10, 200):
        cake = tier(shape, step / 2)
        small, usual, large = (cut(cake, s).servings for s in (WEDDING, PARTY, SQUARES_OF_TWO))
        assert small >= usual >= large, step


def test_every_step_of_a_millimetre_of_a_round() -> None:
    counts = [cut(tier(Shape.ROUND, mm / 10), WEDDING).servings for mm in range(50, 1001)]
    assert counts == sorted(counts)
    assert counts[0] == 1


def test_a_low_cake_is_cut_wider_and_a_tall_one_on_two_boards() -> None:
    usual = cut(tier(Shape.ROUND, 20.3, height=10), WEDDING)
    low = cut(tier(Shape.ROUND, 20.3, height=5), WEDDING)
    assert low.slice.width_cm == pytest.approx(2 * usual.slice.width_cm)
    assert usual.servings / 2 - 1 <= low.servings <= usual.servings / 2
    assert cut(tier(Shape.ROUND, 20.3, height=15), WEDDING) == usual
    assert cut(tier(Shape.ROUND, 20.3, height=20), WEDDING).servings == 2 * usual.servings


def test_a_kept_top_tier_is_not_counted() -> None:
    tiers = [tier(Shape.ROUND, inches * INCH) for inches in (10, 8, 6)]
    assert count_tiers(tiers, WEDDING) == 38 + 24 + 13
    assert count_tiers(tiers, WEDDING, keep_top=True) == 38 + 24
    with pytest.raises(ValueError, match="no top tier"):
        count_tiers(tiers[:1], WEDDING, keep_top=True)


@pytest.mark.parametrize("size", [0, -1, math.nan, math.inf])
def test_sizes_that_cannot_be_are_refused(size: float) -> None:
    with pytest.raises(ValueError, match="cm wide"):
        Footprint(Shape.ROUND, size)
    with pytest.raises(ValueError, match="cm wide"):
        Footprint(Shape.RECTANGLE, 20, size)
    with pytest.raises(ValueError, match="cm high"):
        Tier(Footprint(Shape.ROUND, 20), size)
    if size <= 0:
        with pytest.raises(ValueError, match="above 0"):
            Slice(size, 5, 10)


def test_only_a_rectangle_has_a_width() -> None:
    for shape, width in ((Shape.ROUND, 20), (Shape.RECTANGLE, None)):
        with pytest.raises(ValueError, match="width"):
            Footprint(shape, 20, width)


@pytest.mark.parametrize("shape", Shape)
def test_an_outline_has_the_area_and_the_size_that_are_counted(shape: Shape) -> None:
    footprint = tier(shape, 30).footprint
    edge = outline(footprint)
    assert polygon_area(edge) == pytest.approx(footprint.area_cm2, rel=1e-9)
    across = max(x for x, _ in edge) - min(x for x, _ in edge)
    down = max(y for _, y in edge) - min(y for _, y in edge)
    # A hexagon is measured corner to corner, which stand above each other; a petal reaches over its notches.
    assert max(across, down) == pytest.approx(30, rel=0.06)
