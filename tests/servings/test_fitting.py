"""What is learned from staff's counts: patterns, not luck, and only with enough behind it."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from models_ml.servings.count import Slice, Tier, cut
from models_ml.servings.decided import FEWEST, Decided, TooFew
from models_ml.servings.fitting import FEWEST_IN_CELL, learn
from models_ml.servings.shapes import Footprint, Shape

SLICES = {"party": Slice(3.81, 5.08, 10.0), "wedding": Slice(2.54, 5.08, 10.0)}
Truth = Callable[[str, str, int], float]
SHAPES = ("round", "round", "round", "square", "heart", "heart", "petal")


def cakes(seed: object, count: int, truth: Truth, *, noise: float, agreed: float = 0.0) -> list[Decided]:
    """Cakes whose servings staff decided by `truth` (of shape, slice, tiers) and chance; some as they were told."""
    rng = random.Random(str(seed))
    return [one_cake(rng, truth, noise, agreed) for _ in range(count)]


def one_cake(rng: random.Random, truth: Truth, noise: float, agreed: float) -> Decided:
    shape, kind = rng.choice(SHAPES), rng.choice(["party", "party", "wedding"])
    number = rng.choice([1, 1, 1, 2, 3]) if shape in ("round", "square") else 1
    bottom, height = (
        rng.choice([18, 20, 23, 25, 28]) + 8 * (number - 1),
        rng.choice([7, 9, 10, 10, 12, 13, 15]),
    )
    tiers = tuple(
        (cut(Tier(Footprint(Shape(shape), bottom - 8 * i), height), SLICES[kind]).servings, float(height))
        for i in range(number)
    )
    counted = sum(servings for servings, _ in tiers)
    decided = counted * truth(shape, kind, number) * rng.gauss(1, noise)
    return Decided(shape, kind, tiers, counted if rng.random() < agreed else max(1, round(decided)))


def as_counted(shape: str, kind: str, tiers: int) -> float:
    return 1.0


def fewer_from_hearts(shape: str, kind: str, tiers: int) -> float:
    return 0.9 if shape == "heart" else 1.0


def test_a_pattern_is_learned_where_it_is_and_makes_the_counts_better() -> None:
    learned = learn(cakes("hearts", 240, fewer_from_hearts, noise=0.03))
    assert set(learned.factors.cells) <= {"heart/party", "heart/wedding"}
    assert -0.13 < learned.factors.cells["heart/party"] < -0.07
    by_cell = {cell.cell: cell for cell in learned.cells}
    assert by_cell["heart/party"].corrected_error < 0.5 * by_cell["heart/party"].formula_error
    assert not by_cell["round/party"].used


def test_what_was_learned_is_better_on_cakes_of_another_year() -> None:
    factors = learn(cakes("this year", 240, fewer_from_hearts, noise=0.04)).factors
    wrong, less_wrong = 0, 0
    for cake in cakes("next year", 200, fewer_from_hearts, noise=0.04):
        found = sum(
            n * factors.of(cake.shape, cake.kind, height, upper=i > 0)
            for i, (n, height) in enumerate(cake.tiers)
        )
        wrong += abs(cake.counted - cake.servings)
        less_wrong += abs(round(found) - cake.servings)
    assert less_wrong < 0.85 * wrong


def test_luck_switches_nothing_on() -> None:
    lucky = [
        year for year in range(60) if learn(cakes(f"luck {year}", 160, as_counted, noise=0.08)).factors.cells
    ]
    assert len(lucky) <= 2, lucky


def test_a_shape_that_is_corrected_now_and_then_is_not_wrong_always() -> None:
    learned = learn(cakes("now and then", 400, fewer_from_hearts, noise=0.03, agreed=0.75))
    assert learned.corrections >= FEWEST and learned.factors.cells == {}


def test_too_few_corrections_are_refused_with_their_count_however_many_agree() -> None:
    rows = cakes("agreed", 300, as_counted, noise=0.05, agreed=1.0)
    rows[:7] = [Decided(row.shape, row.kind, row.tiers, row.counted + 1) for row in rows[:7]]
    with pytest.raises(TooFew, match=f"7 corrections of servings, {FEWEST} are needed") as refused:
        learn(rows)
    assert refused.value.corrections == 7


def test_a_cell_with_few_cakes_is_left_to_geometry() -> None:
    rounds = [row for row in cakes("many", 300, as_counted, noise=0.06) if row.shape == "round"]
    hearts = [row for row in cakes("few", 300, fewer_from_hearts, noise=0.0) if row.cell == "heart/party"]
    assert learn([*rounds, *hearts[:FEWEST_IN_CELL]]).factors.covers("heart", "party")
    assert not learn([*rounds, *hearts[: FEWEST_IN_CELL - 1]]).factors.covers("heart", "party")


def test_staff_who_serve_fewer_from_higher_cakes_do_not_teach_that() -> None:
    odd = [
        Decided(
            row.shape,
            row.kind,
            row.tiers,
            max(1, round(row.counted * (0.85 if row.tiers[0][1] > 12 else 0.95))),
        )
        for row in cakes("odd", 300, as_counted, noise=0.0)
    ]
    factors = learn(odd).factors
    assert factors.cells and factors.tall == 0.0
    assert factors.of("round", "party", 14, upper=False) >= factors.of("round", "party", 10, upper=False)


def test_the_same_cakes_teach_the_same() -> None:
    rows = cakes("again", 200, fewer_from_hearts, noise=0.03)
    assert learn(rows) == learn(list(rows))
