"""Whether the cakes of today are still those that a model was taught by: the population stability index.

    PSI = sum over bins of (now - then) x ln(now / then),   shares of the cakes in each bin

It is the symmetric divergence of S. Kullback and R. Leibler ("On Information and Sufficiency", Annals of
Mathematical Statistics 22, 1951), used under this name in credit scoring (N. Siddiqi, "Credit Risk Scorecards",
Wiley 2006), where below 0.10 counts as stable and above 0.25 as another population. Few cakes give a high index
by chance alone: without any drift, PSI / (1/n + 1/m) is about chi-squared with one degree of freedom less than there
are bins (B. Yurdakul, "Statistical Properties of Population Stability Index", Western Michigan University, 2018).
So what chance would give in nineteen cases of twenty is said beside it, and only more than that is called drift.

No NumPy here: the page that shows it is a web process's.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models_ml.pricing.features import NAMES

BINS = 10
# A feature with so few different values is counted by value.
FEW = 12
# Half a cake in every bin: an empty one does not make the index infinite.
HALF = 0.5
SHIFTED, ANOTHER = 0.10, 0.25
# Fewer cakes say nothing.
ENOUGH = 30
Z95 = 1.6449


@dataclass(frozen=True, slots=True)
class Drift:
    """One feature, now against then. `by_chance` is what PSI stays below in 19 of 20 cases without any drift."""

    name: str
    psi: float
    by_chance: float
    then: tuple[float, ...]
    now: tuple[float, ...]

    @property
    def verdict(self) -> str:
        """`stable`, `shifted` or `another`."""
        if self.psi < SHIFTED or self.psi <= self.by_chance:
            return "stable"
        return "shifted" if self.psi < ANOTHER else "another"


def reference(rows: Sequence[Sequence[float]]) -> dict[str, Any]:
    """What is kept with a model of the cakes that taught it: for each feature the bins, and how many lay in each."""
    columns = list(zip(*rows, strict=True))
    return {name: _bins(list(column)) for name, column in zip(NAMES, columns, strict=True)}


def compare(kept: dict[str, Any], now: Sequence[dict[str, Any]]) -> list[Drift]:
    """Every feature of today's cakes against those kept, the most changed first. Empty with fewer than `ENOUGH`.

    A cake without a feature is left out of it.
    """
    found = []
    for name, bins in kept.items():
        values = [float(row[name]) for row in now if isinstance(row.get(name), int | float)]
        if len(values) >= ENOUGH:
            found.append(_drift(name, bins, values))
    return sorted(found, key=lambda each: -each.psi)


def _bins(values: list[float]) -> dict[str, Any]:
    different = sorted(set(values))
    if len(different) <= FEW:
        edges = [(one + other) / 2 for one, other in zip(different, different[1:], strict=False)]
    else:
        ordered = sorted(values)
        edges = sorted({ordered[len(ordered) * part // BINS] for part in range(1, BINS)})
    return {"edges": edges, "counts": _counts(edges, values)}


def _counts(edges: Sequence[float], values: Sequence[float]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[bisect.bisect_right(edges, value)] += 1
    return counts


def _shares(counts: Sequence[int]) -> tuple[float, ...]:
    total = sum(counts) + HALF * len(counts)
    return tuple((count + HALF) / total for count in counts)


def _drift(name: str, bins: dict[str, Any], values: Sequence[float]) -> Drift:
    counts = _counts(bins["edges"], values)
    then, now = _shares(bins["counts"]), _shares(counts)
    psi = sum((new - old) * math.log(new / old) for old, new in zip(then, now, strict=True))
    spread = 1 / max(sum(bins["counts"]), 1) + 1 / len(values)
    return Drift(name, psi, spread * _chi_squared_95(len(counts) - 1), then, now)


def _chi_squared_95(degrees: int) -> float:
    """The 95 % quantile by the approximation of Wilson and Hilferty (1931): off by less than a fiftieth from 2 on."""
    if degrees < 1:
        return 0.0
    part = 2 / (9 * degrees)
    return degrees * (1 - part + Z95 * math.sqrt(part)) ** 3
