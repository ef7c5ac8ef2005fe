"""The version that comes with the shop: whole, monotone, honest about its range, and explained to the cent."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from models_ml.pricing.answer import Answer, rounded
from models_ml.pricing.cakes import Cake, PastCake, Tier
from models_ml.pricing.neighbours import History, _nearest
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.sweeps import SWEEPS, falls, random_cake
from models_ml.pricing.train import HERE, START
from tests.price_model.conftest import ON, cake


def test_its_files_are_those_of_its_manifest() -> None:
    manifest = json.loads((START / "manifest.json").read_text())
    assert set(manifest["files"]) == {"model.json", "cakes.csv"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((START / name).read_bytes()).hexdigest() == digest
    assert {"window", "rows", "metrics", "libraries", "features"} <= set(manifest)


def test_its_card_is_about_it() -> None:
    card = (HERE / "CARD.md").read_text()
    manifest = json.loads((START / "manifest.json").read_text())
    ours = manifest["metrics"]["model"]
    assert manifest["version"] in card
    assert (
        f"| {ours['mape_bp'] / 100:.1f} % |" in card and f"it held {ours['coverage_bp'] / 100:.1f} %" in card
    )


def test_more_of_a_cake_is_never_cheaper_over_thousands_of_random_cakes(start: PriceModel) -> None:
    swept = falls(start, ON, cakes=1_080, seed=5)
    assert swept.falls == []
    assert swept.compared > 3_000 and swept.by_model > 2_000
    assert swept.compared - swept.by_model > 500, "the formula's side of the border is not looked at"


class _Falling:
    """A model that gives a discount for size: the control of the sweeps."""

    def predict(self, cake: Cake, on: date) -> Answer:
        price = 50_000 - round(cake.tiers[0].diameter_cm)
        return Answer(price, price, price, (), "model")


def test_the_sweeps_find_a_model_that_falls() -> None:
    found = falls(_Falling(), ON, cakes=len(SWEEPS), seed=5)  # type: ignore[arg-type]
    assert {fall.sweep for fall in found.falls} == {"wider"}


def test_the_range_holds_the_price_and_reasons_add_up_to_it(start: PriceModel) -> None:
    rng = random.Random(8)
    methods = set()
    for _ in range(400):
        answer = start.predict(random_cake(rng, ON), ON)
        methods.add(answer.method)
        assert 0 < answer.low_cents <= answer.price_cents <= answer.high_cents
        assert sum(amount for _, amount in answer.reasons) == answer.price_cents
        assert answer.price_cents >= answer.floor_cents or answer.warnings
    assert methods == {"model", "formula"}


def test_an_answer_has_reasons_in_words_a_margin_and_five_neighbours(start: PriceModel) -> None:
    answer = start.predict(cake(decoration="medium", toppings=2), ON)
    words = [text for text, _ in answer.reasons]
    assert "Size: 25.4 cm across, 10.2 cm high" in words and "Medium decoration, 2 toppings" in words
    assert "A Saturday in December" in words and "3 layers in 1 tier" in words
    assert 0 < answer.margin_bp < 10_000
    assert len({each.ref for each in answer.neighbours}) == 5
    assert all("25.4 cm round" in each.text for each in answer.neighbours[:2])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"tiers": (Tier(60, 10, 3), Tier(50, 10, 3), Tier(40, 10, 3))}, "the width"),
        ({"tiers": (Tier(20, 10, 3),) * 6}, "the number of tiers"),
        ({"labour_hours": 60.0}, "the hours of work"),
        ({"toppings": 15}, "the number of toppings"),
        ({"tiers": (Tier(6, 10, 3),)}, "the width"),
    ],
)
def test_outside_of_what_it_has_seen_the_formula_answers_and_says_so(
    start: PriceModel, changes: dict[str, object], word: str
) -> None:
    answer = start.predict(cake(**changes), ON)
    assert answer.method == "formula"
    assert answer.warnings[0].startswith("Priced by formula:") and word in answer.warnings[0]
    assert sum(amount for _, amount in answer.reasons) == answer.price_cents


def test_a_shape_that_it_never_saw_is_priced_by_formula(start: PriceModel) -> None:
    fewer = PriceModel(
        {"model.json": (START / "model.json").read_bytes(), "cakes.csv": (START / "cakes.csv").read_bytes()},
        start.manifest | {"shapes": ["round"]},
    )
    assert fewer.predict(cake(shape="heart"), ON).method == "formula"
    assert fewer.predict(cake(), ON).method == "model"


def test_a_past_cake_never_meets_itself(start: PriceModel, history: list[PastCake]) -> None:
    for past in history[-60:]:
        later = start.history.similar(past.cake, ON, ref=past.ref)
        then = start.history.similar(past.cake, past.decided_on)
        assert past.ref not in {each.ref for each in (*later, *then)}
        assert all(each.decided_on < past.decided_on for each in then)
        assert past.ref == start.history.similar(past.cake, ON)[0].ref, (
            "without its name it is its own nearest"
        )


def test_a_cakes_own_price_and_later_ones_do_not_leak_into_its_features(history: list[PastCake]) -> None:
    past = history[2_000]
    same_day_on = [
        replace(each, price_cents=each.price_cents * 3) if each.decided_on >= past.decided_on else each
        for each in history
    ]
    before, after = History(history), History(same_day_on)
    assert before.kind_level(past.cake, past.decided_on) == after.kind_level(past.cake, past.decided_on)
    later = past.decided_on + timedelta(days=40)
    assert before.kind_level(past.cake, later) != after.kind_level(past.cake, later)


def test_the_kinds_level_does_not_depend_on_size_work_or_hurry(start: PriceModel) -> None:
    rng = random.Random(2)
    for _ in range(50):
        wish = random_cake(rng, ON)
        levels = {start.history.kind_level(grow(wish, 3), ON) for grow in SWEEPS.values()}
        assert levels == {start.history.kind_level(wish, ON)}


def test_without_any_history_the_kinds_level_is_the_formulas() -> None:
    assert History([]).kind_level(cake(), ON) == 0.0
    assert History([]).similar(cake(), ON) == []


def test_the_nearest_are_those_of_a_full_sort() -> None:
    rng = np.random.default_rng(4)
    for size in (1, 5, 6, 300):
        distance = rng.integers(0, 9, size).astype(float)
        assert _nearest(distance, 6).tolist() == np.argsort(distance, kind="stable")[:6].tolist()


def test_whole_dollars_never_cross() -> None:
    rng = np.random.default_rng(1)
    for price in rng.uniform(4_000, 90_000, 500):
        low, middle, high = rounded(price * 0.999, price, price * 1.001)
        assert low <= middle <= high and not (low % 100 or middle % 100 or high % 100)
