"""Training: repeatable, refused with the count, as XGBoost itself answers, and better only where it is better."""

from __future__ import annotations

import importlib
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models_ml.pricing import artifact
from models_ml.pricing.cakes import PastCake
from models_ml.pricing.demo import demo_history
from models_ml.pricing.evaluation import FAIR_CAKES, Metrics, decide, measure
from models_ml.pricing.features import NAMES
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.train import START
from models_ml.pricing.training import (
    ENOUGH,
    Candidate,
    CannotTrain,
    check,
    judge,
    measure_model,
    split,
    train,
)
from models_ml.pricing.trees import BrokenModel, Forest


def metrics(error: int, cakes: int = 500, coverage: int | None = 8_000) -> Metrics:
    return Metrics(cakes, 2_000, error, 0, coverage, 2_000)


def test_the_demo_history_is_the_same_every_time(history: list[PastCake]) -> None:
    assert demo_history() == history
    assert demo_history(seed=1) != history
    assert len(history) == 3_000 and (history[-1].decided_on - history[0].decided_on).days > 700


def test_the_committed_version_can_be_made_again(
    trained: Candidate, start: PriceModel, history: list[PastCake]
) -> None:
    assert trained.files[artifact.CAKES] == (START / artifact.CAKES).read_bytes()
    again = trained.model()
    for past in history[-100:]:
        one, other = (model.predict(past.cake, past.decided_on) for model in (again, start))
        # Bit for bit with the locked libraries; another processor may round a dollar elsewhere.
        assert abs(one.price_cents - other.price_cents) <= 100


def test_the_same_cakes_give_the_same_bytes() -> None:
    cakes = demo_history(400)
    assert train(cakes, source="x").files == train(list(reversed(cakes)), source="x").files


def test_the_trees_answer_and_explain_as_xgboost_does(trained: Candidate) -> None:
    xgboost = importlib.import_module("xgboost")
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(trained.files[artifact.MODEL]))
    model = trained.model()
    rows = np.array([model.values(past.cake, past.decided_on) for past in trained.held_out[:150]])
    data = xgboost.DMatrix(rows, feature_names=list(NAMES), nthread=1)
    assert [model.forest.predict(row) for row in rows] == pytest.approx(
        booster.predict(data).tolist(), abs=2e-5
    )
    for row, expected in zip(rows, booster.predict(data, pred_contribs=True), strict=True):
        base, parts = model.forest.contributions(row)
        assert [*parts, base] == pytest.approx(expected.tolist(), abs=2e-5)


def test_the_range_holds_four_of_five_prices_that_nobody_trained_on(trained: Candidate) -> None:
    found = measure_model(trained.model(), trained.held_out)
    assert found.cakes == len(trained.held_out) > 500
    assert found.coverage_bp is not None and 7_500 <= found.coverage_bp <= 8_500
    assert found.as_dict() == trained.manifest["metrics"]["model"]
    assert measure_model(trained.model(), trained.held_out[:40]) == measure_model(
        trained.model(), trained.held_out[:40]
    )


def test_another_history_of_five_thousand_is_learned_in_seconds_and_its_range_holds_as_well() -> None:
    cakes = demo_history(5_000, seed=21)
    begun = time.monotonic()
    found = train(cakes, source="x").manifest["metrics"]["model"]
    assert time.monotonic() - begun < 60
    assert 7_500 <= found["coverage_bp"] <= 8_500


def test_the_model_beats_what_it_is_measured_against(trained: Candidate) -> None:
    found = trained.manifest["metrics"]
    others = [found[name]["mape_bp"] for name in ("formula", "formula_at_our_level", "nearest_five", "mean")]
    assert found["model"]["mape_bp"] < 0.9 * min(others)


def test_the_measured_cakes_are_later_than_all_that_it_saw(
    history: list[PastCake], trained: Candidate
) -> None:
    taught, newest = split(history)
    assert taught + newest == history
    assert taught[-1].decided_on < newest[0].decided_on
    assert trained.manifest["seen_until"] == taught[-1].decided_on.isoformat()


@pytest.mark.parametrize("count", [0, 1, ENOUGH - 1])
def test_too_few_cakes_are_refused_with_their_count(history: list[PastCake], count: int) -> None:
    with pytest.raises(CannotTrain, match=rf"There are {count} decided cakes .*{ENOUGH} are needed"):
        train(history[:count], source="x")


def test_cakes_without_a_price_do_not_count(history: list[PastCake]) -> None:
    free = [replace(past, price_cents=0) for past in history[:150]]
    with pytest.raises(CannotTrain, match="There are 100 decided cakes"):
        train([*free, *history[150:250]], source="x")


def test_degenerate_cakes_are_refused_with_what_is_missing(history: list[PastCake]) -> None:
    some = history[:400]
    one_price = [replace(past, price_cents=10_000) for past in some]
    one_day = [replace(past, decided_on=some[0].decided_on) for past in some]
    one_cake = [replace(past, cake=some[0].cake) for past in some]
    for cakes, words in (
        (one_price, "400 cakes have only 1 different prices"),
        (one_day, "400 cakes have only 1 different days"),
        (one_cake, "400 cakes have only 1 different builds"),
        ([*some, *some[:7]], "7 of 407 cakes appear more than once"),
    ):
        with pytest.raises(CannotTrain, match=words):
            check(cakes)


def test_a_flood_of_cakes_on_the_last_day_is_refused(history: list[PastCake]) -> None:
    cakes = [
        *history[:300],
        *(replace(past, decided_on=history[300].decided_on) for past in history[300:600]),
    ]
    with pytest.raises(CannotTrain, match="Of 600 cakes only 0 are left to measure on"):
        train(cakes, source="x")


def test_only_a_better_model_goes_into_service() -> None:
    assert decide(metrics(700), None).promote
    assert decide(metrics(700), metrics(800)).promote
    for ours, theirs, words in (
        (metrics(800), metrics(700), "not better"),
        (metrics(700), metrics(700), "not better"),
        (metrics(697), metrics(700), "not better"),
        (metrics(500, FAIR_CAKES - 1), metrics(700, FAIR_CAKES - 1), f"only {FAIR_CAKES - 1} cakes"),
        (metrics(500, coverage=6_000), metrics(700), "60.0 %"),
        (metrics(500, coverage=None), None, "no range"),
    ):
        verdict = decide(ours, theirs)
        assert not verdict.promote and words in verdict.reason
    with pytest.raises(ValueError, match="different cakes"):
        decide(metrics(500, 100), metrics(700, 101))


def test_candidate_and_serving_meet_only_on_cakes_that_are_new_to_both(
    trained: Candidate, start: PriceModel
) -> None:
    newest = replace(trained, held_out=trained.held_out[-100:])
    verdict, ours, theirs = judge(newest, start)
    assert theirs is not None and ours.cakes == theirs.cakes == 100
    assert not verdict.promote and "not better" in verdict.reason, "a copy of the serving model is not better"
    saw_all = PriceModel(trained.files, start.manifest | {"seen_until": "2026-10-31"})
    verdict, _, theirs = judge(newest, saw_all)
    assert not verdict.promote and theirs is None and "no cake is new" in verdict.reason
    assert judge(newest, None)[0].promote


def test_a_version_that_learned_from_more_replaces_one_that_learned_from_little(trained: Candidate) -> None:
    small = train(demo_history(ENOUGH + 60, seed=99), source="x")
    older = PriceModel(small.files, small.manifest | {"seen_until": trained.manifest["seen_until"]})
    verdict, ours, theirs = judge(replace(trained, held_out=trained.held_out[-200:]), older)
    assert verdict.promote and theirs is not None and ours.mape_bp < theirs.mape_bp


def test_measures_are_what_they_are_called() -> None:
    found = measure([10_000, 20_000], [11_000, 18_000], [(9_000, 12_000), (15_000, 19_000)])
    assert (found.mae_cents, found.mape_bp, found.bias_bp, found.coverage_bp) == (1_500, 1_000, 0, 5_000)
    with pytest.raises(ValueError, match="nothing to measure"):
        measure([], [])
    with pytest.raises(ValueError, match="shorter"):
        measure([1, 2], [1])


def test_a_written_version_is_read_back_as_it_was(
    trained: Candidate, tmp_path: Path, history: list[PastCake]
) -> None:
    artifact.write(tmp_path / "v1", trained.files, trained.manifest)
    files, manifest = artifact.read(tmp_path / "v1")
    assert files == trained.files and manifest == json.loads(json.dumps(trained.manifest))
    assert artifact.cakes_from_csv(files[artifact.CAKES]) == history


@pytest.mark.parametrize("document", [b"", b"{}", b"[1]", b'{"learner": {}}', b"\xff\xfe", b'{"learner": 5}'])
def test_trees_that_are_none_are_refused(document: bytes) -> None:
    with pytest.raises(BrokenModel):
        Forest(document)
