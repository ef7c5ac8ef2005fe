"""How well the price model does, from the cakes that staff decided on: what was predicted against what was asked.

An error is (predicted - final) / final: above nothing the model would have asked too much. Pure functions.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from models_ml.pricing.drift import Drift, compare

# What the features are called on the page.
TITLES = {
    "diameter_cm": "Width", "height_cm": "Height", "layers": "Layers", "tiers": "Tiers", "shape": "Shape",
    "ingredient_cents": "Cost of ingredients", "decoration": "Decoration", "toppings": "Toppings",
    "labour_hours": "Hours of work", "rush": "Notice", "weekday": "Day of the week", "month": "Month",
    "kind_level": "What its kind sold for",
}  # fmt: skip
# Fewer cakes say nothing about a flavour or a size.
GROUP_ENOUGH = 5
# Less than this is nothing to act on.
NOTABLE = 0.02
# This far from nothing, in standard errors, is more than chance.
CLEAR = 2.0
SIZES = ((18.0, "up to 18 cm"), (23.0, "18 to 23 cm"), (28.0, "23 to 28 cm"), (math.inf, "over 28 cm"))
# What coverage must lie between for a range of 80 %.
PROMISED = (0.75, 0.85)


@dataclass(frozen=True, slots=True)
class DecidedCake:
    """A cake with both its prices. `words` are what patterns are looked for in: (kind, word)."""

    ref: str
    decided_on: date
    final_cents: int
    predicted_cents: int
    low_cents: int
    high_cents: int
    model: str
    width_cm: float
    tiers: int
    words: tuple[tuple[str, str], ...]
    features: dict[str, Any]

    @property
    def error(self) -> float:
        return (self.predicted_cents - self.final_cents) / self.final_cents

    @property
    def held(self) -> bool:
        return self.low_cents <= self.final_cents <= self.high_cents


@dataclass(frozen=True, slots=True)
class Group:
    """Some cakes together. Shares, not percent; `kind` says what `name` is a word for."""

    name: str
    cakes: int
    error: float
    bias: float
    coverage: float
    clear: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A share and what it could as well be, given how few cakes it was seen on."""

    share: float
    low: float
    high: float


def group(name: str, cakes: Sequence[DecidedCake], kind: str = "") -> Group:
    """The figures of some cakes. Refuses none at all."""
    errors = [cake.error for cake in cakes]
    bias = statistics.fmean(errors)
    spread = statistics.stdev(errors) / math.sqrt(len(errors)) if len(errors) > 1 else math.inf
    return Group(
        name=name,
        cakes=len(cakes),
        error=statistics.fmean(abs(error) for error in errors),
        bias=bias,
        coverage=sum(cake.held for cake in cakes) / len(cakes),
        clear=abs(bias) > CLEAR * spread,
        kind=kind,
    )


def by_month(cakes: Iterable[DecidedCake]) -> list[Group]:
    """Month by month, oldest first, months without cakes left out; `name` is the first of the month."""
    return _by_start(cakes, lambda on: on.replace(day=1))


def by_week(cakes: Iterable[DecidedCake]) -> list[Group]:
    """Week by week; `name` is its Monday."""
    return _by_start(cakes, lambda on: on - timedelta(days=on.weekday()))


def by_size(cakes: Iterable[DecidedCake]) -> list[Group]:
    """By the width of the bottom tier, and the tiered ones by themselves; small to large."""
    found: dict[str, list[DecidedCake]] = defaultdict(list)
    for cake in cakes:
        found[_size(cake)].append(cake)
    names = [*(name for _, name in SIZES), "several tiers"]
    return [group(name, found[name]) for name in names if found[name]]


def patterns(cakes: Iterable[DecidedCake], most: int = 5) -> tuple[list[Group], list[Group]]:
    """Where the model asks too much, and where too little: the worst first, by flavour, shape and so on."""
    found: dict[tuple[str, str], list[DecidedCake]] = defaultdict(list)
    for cake in cakes:
        for word in cake.words:
            found[word].append(cake)
    groups = [group(name, some, kind) for (kind, name), some in found.items() if len(some) >= GROUP_ENOUGH]
    groups = [each for each in groups if abs(each.bias) >= NOTABLE]
    groups.sort(key=lambda each: (-abs(each.bias), each.kind, each.name))
    over = [each for each in groups if each.bias > 0]
    under = [each for each in groups if each.bias < 0]
    return over[:most], under[:most]


def coverage(cakes: Sequence[DecidedCake]) -> Interval | None:
    """The share of final prices that lay in their range, with Wilson's 95 % interval; None without cakes."""
    count = len(cakes)
    if not count:
        return None
    share, z = sum(cake.held for cake in cakes) / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0))


def by_model(cakes: Iterable[DecidedCake]) -> dict[str, Group]:
    """The figures of each version that predicted."""
    found: dict[str, list[DecidedCake]] = defaultdict(list)
    for cake in cakes:
        found[cake.model].append(cake)
    return {name: group(name, some) for name, some in found.items()}


def _by_start(cakes: Iterable[DecidedCake], start: Callable[[date], date]) -> list[Group]:
    found: dict[date, list[DecidedCake]] = defaultdict(list)
    for cake in cakes:
        found[start(cake.decided_on)].append(cake)
    return [group(first.isoformat(), found[first]) for first in sorted(found)]


def _size(cake: DecidedCake) -> str:
    if cake.tiers > 1:
        return "several tiers"
    return next(name for width, name in SIZES if cake.width_cm <= width)


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature of the cakes, now against when the version was trained, in words (models_ml/pricing/drift.py)."""

    title: str
    drift: Drift


def drifts(manifest: dict[str, Any], now: Iterable[DecidedCake]) -> list[FeatureDrift]:
    """The most changed first. Empty when the version kept nothing to compare with, or there are too few cakes now."""
    kept = dict(manifest.get("reference") or {})
    # Half a year has not every month.
    kept.pop("month", None)
    found = compare(kept, [cake.features for cake in now])
    return [FeatureDrift(TITLES.get(each.name, each.name), each) for each in found]
