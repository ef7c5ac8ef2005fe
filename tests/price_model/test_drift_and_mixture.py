"""Drift is called drift only beyond chance; a shop's few own cakes set the level of a model of many others."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from models_ml.pricing import drift, mixture
from models_ml.pricing.features import NAMES
from models_ml.pricing.neighbours import History
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.train import START
from models_ml.pricing.training import CannotTrain, split_at
from models_ml.pricing.trees import Forest
from tests.price_model.conftest import ON, cake


def rows(count: int, seed: int, wider: float = 0.0) -> list[list[float]]:
    rng = random.Random(seed)
    return [[rng.gauss(20 + wider, 4), *(float(rng.randint(0, 3)) for _ in NAMES[1:])] for _ in range(count)]


def named(found: list[list[float]]) -> list[dict[str, float]]:
    return [dict(zip(NAMES, row, strict=True)) for row in found]


def test_the_same_kind_of_cakes_is_stable_however_few() -> None:
    kept = drift.reference(rows(2_000, 1))
    for count in (30, 60, 400):
        found = drift.compare(kept, named(rows(count, count)))
        assert len(found) == len(NAMES)
        shaken = [each for each in found if each.verdict != "stable"]
        assert len(shaken) <= 2, "about one of twenty by chance"


def test_wider_cakes_are_found_and_stand_first() -> None:
    kept = drift.reference(rows(2_000, 1))
    first, second, *_ = drift.compare(kept, named(rows(120, 2, wider=6)))
    assert (first.name, first.verdict) == ("diameter_cm", "another")
    assert first.psi > first.by_chance > 0 and second.psi < first.psi
    assert sum(first.then) == pytest.approx(1) == sum(first.now)


def test_the_index_is_the_one_of_the_books() -> None:
    kept = {"layers": {"edges": [2.5], "counts": [500, 500]}}
    [found] = drift.compare(kept, [{"layers": 2.0}] * 80 + [{"layers": 3.0}] * 20)
    then, now = 0.5, 80.5 / 101
    expected = (now - then) * math.log(now / then) + (1 - now - then) * math.log((1 - now) / then)
    assert found.psi == pytest.approx(expected)
    assert found.by_chance == pytest.approx((1 / 1000 + 1 / 100) * 3.84, rel=0.03), "chi-squared, one degree"


def test_too_few_cakes_and_cakes_without_the_feature_say_nothing() -> None:
    kept = drift.reference(rows(200, 1))
    assert drift.compare(kept, named(rows(drift.ENOUGH - 1, 2))) == []
    assert drift.compare(kept, [{"diameter_cm": "wide"}, {}] * 40) == []
    assert drift.compare({}, named(rows(100, 2))) == []


def test_own_cakes_lift_the_model_only_beyond_chance() -> None:
    rng = np.random.default_rng(3)
    dearer = rng.normal(0.18, 0.08, 40)
    assert 0.13 < mixture.lift(dearer) < 0.19
    assert abs(mixture.lift(rng.normal(0.0, 0.08, 40))) < 0.02
    assert mixture.lift(-dearer) == -mixture.lift(dearer)


def test_a_lifted_model_is_the_same_one_at_another_level() -> None:
    document = (START / "model.json").read_bytes()
    plain, higher = Forest(document), Forest(mixture.lifted(document, math.log(1.2)))
    start = PriceModel.load(START)
    row = np.array(start.values(cake(), ON))
    assert higher.predict(row) - plain.predict(row) == pytest.approx(math.log(1.2), abs=1e-6)
    assert np.allclose(plain.contributions(row)[1], higher.contributions(row)[1])


def test_own_cakes_count_more_but_never_more_than_all_others() -> None:
    few = mixture.weights(np.array([True] * 10 + [False] * 1_000))
    assert set(few) == {1.0, mixture.OWN_COUNTS}
    half = mixture.weights(np.array([True] * 300 + [False] * 600))
    assert half[:300].sum() == 600
    assert mixture.quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0]), 0.5) == 1.0


def test_the_named_cakes_are_measured_on_and_only_older_ones_teach(start: PriceModel) -> None:
    cakes = start.history.cakes
    named_refs = {past.ref for past in cakes[2_000:2_500:10]}
    taught, newest = split_at(cakes, named_refs)
    assert {past.ref for past in newest} == named_refs
    assert max(past.decided_on for past in taught) < min(past.decided_on for past in newest)
    with pytest.raises(CannotTrain, match="Only 3 cakes are left to measure on"):
        split_at(cakes, {past.ref for past in cakes[:3]})
    assert isinstance(start.history, History)
