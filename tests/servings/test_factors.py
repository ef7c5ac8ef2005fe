"""Counts with factors: never fewer for a larger cake, whatever was learned, and never far from geometry."""

from __future__ import annotations

import math
import random

import pytest

from models_ml.servings.count import Slice, Tier, count_tiers
from models_ml.servings.factors import GEOMETRY, MOST, Factors, cell_of, serve
from models_ml.servings.shapes import Footprint, Shape

WEDDING, PARTY = Slice(2.54, 5.08, 10.0), Slice(3.81, 5.08, 10.0)
SLICES = {"party": PARTY, "wedding": WEDDING}


def some_factors(rng: random.Random) -> Factors:
    """Anything that may be learned, also what is nonsense."""
    cells = {cell_of(shape, kind): rng.uniform(-0.5, 0.5) for shape in Shape for kind in SLICES}
    return Factors(cells, rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0), rng.uniform(0, 0.3))


def some_cake(rng: random.Random) -> list[Tier]:
    shape = rng.choice(list(Shape))
    long, wide = rng.uniform(12, 55), rng.uniform(10, 50)
    tiers = []
    for _ in range(rng.randint(1, 4)):
        print_ = Footprint(shape, long, wide if shape is Shape.RECTANGLE else None)
        tiers.append(Tier(print_, rng.uniform(3, 22)))
        long, wide = long * rng.uniform(0.5, 0.95), wide * rng.uniform(0.5, 0.95)
    return tiers


def grown(rng: random.Random, tiers: list[Tier]) -> list[Tier]:
    """One tier higher, all wider, or one more on top."""
    how = rng.randrange(3)
    if how == 0:
        at = rng.randrange(len(tiers))
        higher = Tier(tiers[at].footprint, tiers[at].height_cm + rng.uniform(0, 12))
        return [*tiers[:at], higher, *tiers[at + 1 :]]
    if how == 1:
        by = rng.uniform(1, 1.4)
        return [
            Tier(
                Footprint(
                    tier.footprint.shape,
                    tier.footprint.length_cm * by,
                    None if tier.footprint.width_cm is None else tier.footprint.width_cm * by,
                ),
                tier.height_cm,
            )
            for tier in tiers
        ]
    top = tiers[-1].footprint
    small = Footprint(top.shape, top.length_cm * 0.7, top.width_cm and top.width_cm * 0.7)
    return [*tiers, Tier(small, rng.uniform(3, 15))]


def test_a_cake_that_grows_never_serves_fewer_whatever_was_learned() -> None:
    rng = random.Random("grow")
    for _ in range(4000):
        factors, tiers = some_factors(rng), some_cake(rng)
        kind = rng.choice(list(SLICES))
        before = serve(tiers, SLICES[kind], kind, factors)
        after = serve(grown(rng, tiers), SLICES[kind], kind, factors)
        assert after >= before >= 1


def test_a_count_stays_within_a_fifth_or_so_of_geometry() -> None:
    rng = random.Random("near")
    for _ in range(1000):
        factors, tiers = some_factors(rng), some_cake(rng)
        plain, found = count_tiers(tiers, PARTY), serve(tiers, PARTY, "party", factors)
        assert max(1, math.floor(plain / MOST)) <= found <= math.ceil(plain * MOST)


def test_nothing_learned_and_cells_not_learned_are_geometry() -> None:
    rng = random.Random("same")
    hearts = Factors({"heart/party": -0.1}, upper=-0.2, low=-0.1, tall=0.1)
    for _ in range(300):
        tiers = some_cake(rng)
        assert serve(tiers, PARTY, "party", GEOMETRY) == count_tiers(tiers, PARTY)
        assert serve(tiers, WEDDING, "wedding", hearts) == count_tiers(tiers, WEDDING)
        if tiers[0].footprint.shape is not Shape.HEART:
            assert serve(tiers, PARTY, "party", hearts) == count_tiers(tiers, PARTY)


@pytest.mark.parametrize(
    "wrong", [{"low": 0.1}, {"tall": -0.1}, {"upper": math.nan}, {"cells": {"x": math.inf}}]
)
def test_factors_by_which_a_higher_cake_would_serve_fewer_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError):
        Factors(**wrong)


def test_factors_come_back_from_json_as_they_went() -> None:
    factors = some_factors(random.Random(3))
    assert Factors.from_json(factors.to_json()) == factors
