"""From past cakes to a model version: split by time, train, set the range, measure on the newest.

The oldest 82 % teach the trees, the newest 18 % are only measured on (or the cakes that the caller names, and older
ones teach). The range is set by cross-fitting: five times
trees grow from four fifths of the taught cakes and are asked about the other fifth, so that every error is about a
cake that those trees never saw. (A single part set aside is too small: the share of prices that its range held
swung between 75 and 85 % from one invented history to the next, with cross-fitting between 77 and 84 %.)

The version that is written is exactly the one that was measured; what it has seen ends on `seen_until`. All cakes,
also the newest, go along as its history: they are looked up by date and never meet their own price (neighbours.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.pricing import artifact, booster, drift, mixture
from models_ml.pricing.cakes import PastCake
from models_ml.pricing.evaluation import Metrics, Verdict, decide, measure
from models_ml.pricing.features import NAMES, vector
from models_ml.pricing.formula import price_by_formula
from models_ml.pricing.neighbours import History
from models_ml.pricing.serving import PriceModel
from models_ml.pricing.trees import Forest

ENOUGH = 200
TAUGHT, FOLDS = 0.82, 5
# What is promised: four prices of five lie in the range.
RANGE_BP = 8_000
# What a varied history has at least: different builds, prices and days.
VARIED = (30, 15, 30)
# The share of a training's time that is over, in percent, and what is done next.
Progress = Callable[[int, str], None]
Numbers = NDArray[np.float64]


class CannotTrain(ValueError):
    """There is not enough to learn from; the sentence says how much there is."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained version, not yet written and not yet in service."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    held_out: tuple[PastCake, ...]

    def model(self) -> PriceModel:
        """The version, ready to predict."""
        return PriceModel(self.files, self.manifest)


def check(cakes: Sequence[PastCake]) -> list[PastCake]:
    """The usable cakes, oldest first. Refuses (`CannotTrain`, with the count) too few, too alike, or twice the same."""
    usable = sorted((past for past in cakes if past.price_cents > 0), key=lambda p: (p.decided_on, p.ref))
    count = len(usable)
    if count < ENOUGH:
        raise CannotTrain(f"There are {count} decided cakes with a price; {ENOUGH} are needed to train.")
    refs = len({past.ref for past in usable})
    if refs < count:
        raise CannotTrain(f"{count - refs} of {count} cakes appear more than once.")
    check_variety(usable, VARIED)
    return usable


def check_variety(cakes: Sequence[PastCake], least: tuple[int, int, int]) -> None:
    """Refuse (`CannotTrain`, with the counts) cakes that are too much alike to learn from."""
    counts = (
        (len({past.cake.tiers for past in cakes}), "different builds"),
        (len({past.price_cents for past in cakes}), "different prices"),
        (len({past.decided_on for past in cakes}), "different days"),
    )
    for (found, what), needed in zip(counts, least, strict=True):
        if found < needed:
            raise CannotTrain(
                f"The {len(cakes)} cakes have only {found} {what}; {needed} are needed to train."
            )


def split(cakes: Sequence[PastCake]) -> tuple[list[PastCake], list[PastCake]]:
    """Oldest and newest cakes; the cakes of one day stay together. Refuses when the newest would be too few."""
    at = int(len(cakes) * TAUGHT)
    while at < len(cakes) and cakes[at].decided_on == cakes[at - 1].decided_on:
        at += 1
    if len(cakes) - at < 20:
        raise CannotTrain(
            f"Of {len(cakes)} cakes only {len(cakes) - at} are left to measure on, since so many were decided on one "
            "day; 20 are needed."
        )
    return list(cakes[:at]), list(cakes[at:])


def split_at(cakes: Sequence[PastCake], held_out: Collection[str]) -> tuple[list[PastCake], list[PastCake]]:
    """The named cakes to measure on, and all that were decided before the first of them. The others are left out."""
    newest = [past for past in cakes if past.ref in held_out]
    if len(newest) < 20:
        raise CannotTrain(f"Only {len(newest)} cakes are left to measure on; 20 are needed.")
    return [past for past in cakes if past.decided_on < newest[0].decided_on], newest


def train(
    cakes: Sequence[PastCake],
    *,
    source: str,
    progress: Progress | None = None,
    held_out: Collection[str] = (),
    own: Collection[str] = (),
) -> Candidate:
    """A new version with its manifest. `source` says for people where the cakes are from. Refuses as `check` does.

    With `held_out`, the version is measured on the cakes of these refs, and taught by all that are older.
    With `own`, the cakes of these refs are the shop's among others that are not (mixture.py).
    """
    say = progress or (lambda *_: None)
    say(0, "Checking the cakes")
    usable = check(cakes)
    taught, newest = split_at(usable, held_out) if held_out else split(usable)
    say(2, f"{len(usable):,} cakes: {len(taught):,} to learn from, {len(newest):,} to measure on")
    history = History(usable)
    rows, targets = _rows(history, taught), _logs(taught)
    mixed = _Mixture(np.array([past.ref in own for past in taught]))
    say(12, "Growing the trees")
    trees = booster.train(rows, targets, mixed.weights)
    errors = _errors_unseen(rows, targets, mixed.weights, say)
    trees, band = mixed.settled(trees, errors)
    files = {artifact.MODEL: trees, artifact.CAKES: artifact.cakes_to_csv(usable)}
    manifest: dict[str, Any] = {
        "version": "",
        "source": source,
        "features": list(NAMES),
        "files": {name: artifact.digest(content) for name, content in files.items()},
        "rows": {"all": len(usable), "taught": len(taught), "held_out": len(newest)},
        "window": [usable[0].decided_on.isoformat(), usable[-1].decided_on.isoformat()],
        "seen_until": taught[-1].decided_on.isoformat(),
        "range": {"low": rows.min(axis=0).tolist(), "high": rows.max(axis=0).tolist()},
        "shapes": sorted({past.cake.shape for past in taught}),
        "reference": drift.reference(rows.tolist()),
        "band": band,
        "formula_band": _band([_formula_error(past) for past in taught]),
        "settings": {**booster.SETTINGS, "rounds": booster.ROUNDS},
        "libraries": booster.libraries(),
    }  # fmt: skip
    manifest["version"] = (
        f"{newest[-1].decided_on.isoformat()}-{artifact.digest(b''.join(files.values()))[:8]}"
    )
    say(80, "Measuring on the newest cakes")
    model = PriceModel(files, manifest)
    manifest["metrics"] = {name: found.as_dict() for name, found in _compare(model, taught, newest).items()}
    say(100, "Measured")
    return Candidate(files, manifest, tuple(newest))


def judge(candidate: Candidate, serving: PriceModel | None) -> tuple[Verdict, Metrics, Metrics | None]:
    """The candidate against the model in service, on the newest cakes that neither of them has seen."""
    unseen = list(candidate.held_out)
    if serving is not None:
        until = date.fromisoformat(serving.manifest["seen_until"])
        known = {past.ref for past in serving.history.cakes}
        unseen = [past for past in unseen if past.decided_on > until or past.ref not in known]
        if not unseen:
            newest = measure_model(candidate.model(), candidate.held_out)
            return Verdict(False, "Kept as it is: no cake is new to both models."), newest, None
    ours = measure_model(candidate.model(), unseen)
    theirs = measure_model(serving, unseen) if serving is not None else None
    return decide(ours, theirs), ours, theirs


def measure_model(model: PriceModel, cakes: Sequence[PastCake]) -> Metrics:
    """What a model would have said on the day, against the final prices."""
    answers = [model.predict(past.cake, past.decided_on, ref=past.ref) for past in cakes]
    return measure(
        [past.price_cents for past in cakes],
        [answer.price_cents for answer in answers],
        [(answer.low_cents, answer.high_cents) for answer in answers],
    )


def _rows(history: History, cakes: Sequence[PastCake]) -> Numbers:
    rows: Numbers = np.array(
        [vector(past.cake, history.kind_level(past.cake, past.decided_on)) for past in cakes]
    )
    return rows


def _logs(cakes: Sequence[PastCake]) -> Numbers:
    logs: Numbers = np.log(np.array([past.price_cents for past in cakes], dtype=np.float64) / 100)
    return logs


class _Mixture:
    """What the shop's own cakes among others change: their weight, the level, and the range. Nothing without any."""

    def __init__(self, own: NDArray[np.bool_]) -> None:
        self.own = own
        self.weights = mixture.weights(own) if own.any() and not own.all() else None

    def settled(self, trees: bytes, errors: Numbers) -> tuple[bytes, list[float]]:
        """The trees at the shop's level, and their range."""
        if self.weights is None:
            return trees, _band([float(error) for error in errors])
        up = mixture.lift(errors[self.own])
        if self.own.sum() >= mixture.OWN_RANGE:
            return mixture.lifted(trees, up), _band([float(error) - up for error in errors[self.own]])
        left = np.where(self.own, errors - up, errors)
        tail = (10_000 - RANGE_BP) / 20_000
        low, high = (mixture.quantile(left, self.weights, share) for share in (tail, 1 - tail))
        return mixture.lifted(trees, up), [min(low, 0.0), max(high, 0.0)]


def _errors_unseen(rows: Numbers, targets: Numbers, weights: Numbers | None, say: Progress) -> Numbers:
    """For every taught cake the error of trees that grew without it."""
    fold = np.arange(len(targets)) % FOLDS
    errors = np.empty(len(targets))
    for number in range(FOLDS):
        say(20 + 12 * number, f"Setting the range: part {number + 1} of {FOLDS}")
        out = fold == number
        forest = Forest(booster.train(rows[~out], targets[~out], None if weights is None else weights[~out]))
        errors[out] = targets[out] - np.array([forest.predict(row) for row in rows[out]])
    return errors


def _formula_error(past: PastCake) -> float:
    return math.log(past.price_cents / price_by_formula(past.cake).price_cents)


def _band(errors: Sequence[float]) -> list[float]:
    """The quantiles that leave a tenth on either side, widened for the finite number (as in conformal prediction)."""
    count, tail = len(errors), (10_000 - RANGE_BP) / 20_000
    ordered = sorted(errors)
    rank = min(max(math.floor((count + 1) * tail) - 1, 0), count - 1)
    return [min(ordered[rank], 0.0), max(ordered[count - 1 - rank], 0.0)]


def _compare(model: PriceModel, taught: Sequence[PastCake], newest: Sequence[PastCake]) -> dict[str, Metrics]:
    """The model, and what it has to be better than, on the newest cakes."""
    final = [past.price_cents for past in newest]
    formula = [float(price_by_formula(past.cake).price_cents) for past in newest]
    level = math.exp(float(np.median([_formula_error(past) for past in taught])))
    mean = float(np.mean([past.price_cents for past in taught]))
    nearest = [model.history.nearest_price(past.cake, past.decided_on) for past in newest]
    return {
        "model": measure_model(model, newest),
        "formula": measure(final, formula),
        "formula_at_our_level": measure(final, [price * level for price in formula]),
        "nearest_five": measure(final, nearest),
        "mean": measure(final, [mean] * len(final)),
    }
