"""From past cakes to a model version: split by time, train, set the range on cakes set aside, measure on the newest.

The oldest 70 % teach the trees, the next 12 % set the range, the newest 18 % are only measured on. The version that
is written is exactly the one that was measured; what it has seen ends on `seen_until`. All cakes, also the newest,
go along as its history: they are looked up by date and never meet their own price (neighbours.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.pricing import artifact, booster
from models_ml.pricing.cakes import PastCake
from models_ml.pricing.evaluation import Metrics, Verdict, decide, measure
from models_ml.pricing.features import NAMES, vector
from models_ml.pricing.formula import price_by_formula
from models_ml.pricing.neighbours import History
from models_ml.pricing.serving import PriceModel

ENOUGH = 200
TAUGHT, SET_ASIDE = 0.70, 0.12
# What is promised: four prices of five lie in the range.
RANGE_BP = 8_000
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
    wishes = len({past.cake.tiers for past in usable})
    prices = len({past.price_cents for past in usable})
    days = len({past.decided_on for past in usable})
    for found, least, what in (
        (wishes, 30, "different builds"), (prices, 15, "different prices"), (days, 30, "different days"),
    ):  # fmt: skip
        if found < least:
            raise CannotTrain(f"The {count} cakes have only {found} {what}; {least} are needed to train.")
    return usable


def split(cakes: Sequence[PastCake]) -> tuple[list[PastCake], list[PastCake], list[PastCake]]:
    """Oldest, middle and newest cakes; the cakes of one day stay together."""
    ends = []
    for share in (TAUGHT, TAUGHT + SET_ASIDE):
        at = int(len(cakes) * share)
        while 0 < at < len(cakes) and cakes[at].decided_on == cakes[at - 1].decided_on:
            at += 1
        ends.append(at)
    first, second = ends
    parts = list(cakes[:first]), list(cakes[first:second]), list(cakes[second:])
    if min(len(part) for part in parts) < 20:
        raise CannotTrain(
            f"The {len(cakes)} cakes were decided on too few days to set any aside: "
            f"{', '.join(str(len(part)) for part in parts)} in the three parts, 20 are needed in each."
        )
    return parts


def train(
    cakes: Sequence[PastCake], *, source: str, progress: Callable[[str], None] | None = None
) -> Candidate:
    """A new version with its manifest. `source` says for people where the cakes are from. Refuses as `check` does."""
    say = progress or (lambda _: None)
    usable = check(cakes)
    taught, aside, newest = split(usable)
    say(
        f"{len(usable)} cakes: {len(taught)} to learn from, {len(aside)} for the range, {len(newest)} to measure"
    )
    history = History(usable)
    rows = _rows(history, taught)
    files = {
        artifact.MODEL: booster.train(rows, _logs(taught)),
        artifact.CAKES: artifact.cakes_to_csv(usable),
    }
    say("trees grown")
    manifest: dict[str, Any] = {
        "version": "",
        "source": source,
        "features": list(NAMES),
        "files": {name: artifact.digest(content) for name, content in files.items()},
        "rows": {"all": len(usable), "taught": len(taught), "set_aside": len(aside), "held_out": len(newest)},
        "window": [usable[0].decided_on.isoformat(), usable[-1].decided_on.isoformat()],
        "taught_until": taught[-1].decided_on.isoformat(),
        "seen_until": aside[-1].decided_on.isoformat(),
        "range": {"low": rows.min(axis=0).tolist(), "high": rows.max(axis=0).tolist()},
        "shapes": sorted({past.cake.shape for past in taught}),
        "band": [0.0, 0.0],
        "formula_band": _band([_formula_error(past) for past in aside]),
        "settings": {**booster.SETTINGS, "rounds": booster.ROUNDS},
        "libraries": booster.libraries(),
    }  # fmt: skip
    manifest["version"] = (
        f"{newest[-1].decided_on.isoformat()}-{artifact.digest(b''.join(files.values()))[:8]}"
    )
    model = PriceModel(files, manifest)
    errors = [
        math.log(past.price_cents / model.guess(model.values(past.cake, past.decided_on))) for past in aside
    ]
    manifest["band"] = _band(errors)
    model = PriceModel(files, manifest)
    manifest["metrics"] = {name: found.as_dict() for name, found in _compare(model, taught, newest).items()}
    say("measured")
    return Candidate(files, manifest, tuple(newest))


def judge(candidate: Candidate, serving: PriceModel | None) -> tuple[Verdict, Metrics, Metrics | None]:
    """The candidate against the model in service, on the newest cakes that neither of them has seen."""
    unseen = list(candidate.held_out)
    if serving is not None:
        until = date.fromisoformat(serving.manifest["seen_until"])
        unseen = [past for past in unseen if past.decided_on > until]
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


def _formula_error(past: PastCake) -> float:
    return math.log(past.price_cents / price_by_formula(past.cake).price_cents)


def _band(errors: Sequence[float]) -> list[float]:
    """The quantiles that leave a tenth on either side, widened for the finite number (split conformal)."""
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
