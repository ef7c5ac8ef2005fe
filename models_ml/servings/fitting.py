"""Learn the factors from what staff decided: ridge regression on the ratio of their count to the formula's.

Imports scikit-learn: only a training loads this module. A factor is used for a cell (a shape in one kind of slice)
only where it has enough rows and beats the formula on rows that it was not taught with (cross-validation).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from models_ml.servings.decided import Decided, refuse_too_few
from models_ml.servings.factors import LOW_CM, TALL_CM, Factors

# Decided cakes and corrections in a cell before it is corrected, and cakes before upper, low or tall tiers get a
# share of their own.
FEWEST_IN_CELL, FEWEST_CORRECTED_IN_CELL, FEWEST_OF_A_KIND = 15, 10, 12
FOLDS = 5
# How much of the formula's error must go, and by how many standard errors the gain must be more than luck.
BETTER_BY, SURE_BY = 0.10, 2.5
# Worth a few cakes that agree with the formula: little evidence moves little.
RIDGE = 4.0
# A small cake's count is mostly rounding: a row weighs as many servings as it has, up to so many.
HEAVIEST = 40
SHARES = ("upper", "low", "tall")


@dataclass(frozen=True, slots=True)
class CellReport:
    """One cell: mean errors in hundredths of the decided count, on cakes that were not taught."""

    cell: str
    rows: int
    corrections: int
    formula_error: float
    corrected_error: float
    used: bool


@dataclass(frozen=True, slots=True)
class Learned:
    factors: Factors
    rows: int
    corrections: int
    cells: tuple[CellReport, ...]

    @property
    def metrics(self) -> dict[str, Any]:
        return {"folds": FOLDS, "cells": [asdict(cell) for cell in self.cells]}


def learn(rows: Sequence[Decided]) -> Learned:
    """The factors that these cakes bear out; none where they do not. Refuses (TooFew) too few corrections.

    Rows that agree with the formula count as well: a shape that is corrected now and then is not wrong always.
    """
    corrections = refuse_too_few(rows)
    known = [row for row in rows if _supported(row.cell, rows)]
    if not known:
        return Learned(Factors(), len(rows), corrections, ())
    columns = _columns(known)
    tried = _cross_validate(known, columns)
    reports = tuple(_report(cell, known, tried) for cell in columns if cell not in SHARES)
    used = {report.cell for report in reports if report.used}
    factors = _fit(known, columns) if used else Factors()
    kept = {cell: more for cell, more in factors.cells.items() if cell in used}
    chosen = Factors(kept, factors.upper, factors.low, factors.tall) if used else Factors()
    return Learned(chosen, len(rows), corrections, reports)


def _supported(cell: str, rows: Sequence[Decided]) -> bool:
    mine = [row for row in rows if row.cell == cell]
    return len(mine) >= FEWEST_IN_CELL and sum(row.corrected for row in mine) >= FEWEST_CORRECTED_IN_CELL


def _columns(rows: Sequence[Decided]) -> list[str]:
    cells = sorted({row.cell for row in rows})
    shares = [name for name in SHARES if sum(_share(row, name) > 0 for row in rows) >= FEWEST_OF_A_KIND]
    return [*cells, *shares]


def _share(row: Decided, name: str) -> float:
    """How much of the formula's count stands on another tier, or is low, or tall."""
    wanted = {
        "upper": [servings for servings, _ in row.tiers[1:]],
        "low": [servings for servings, height in row.tiers if height < LOW_CM],
        "tall": [servings for servings, height in row.tiers if height > TALL_CM],
    }[name]
    return sum(wanted) / row.counted


def _fit(rows: Sequence[Decided], columns: Sequence[str]) -> Factors:
    """Ridge; a share whose sign would make a higher cake serve fewer is left out, and the rest learned again."""
    found = dict(zip(columns, _solve(rows, columns), strict=True))
    wrong = [name for name in ("low", "tall") if _wrong(name, found.get(name, 0.0))]
    if wrong:
        return _fit(rows, [name for name in columns if name not in wrong])
    return Factors(
        {cell: round(more, 4) for cell, more in found.items() if cell not in SHARES},
        *(round(found.get(name, 0.0), 4) for name in SHARES),
    )


def _wrong(name: str, value: float) -> bool:
    return value > 0 if name == "low" else value < 0


def _solve(rows: Sequence[Decided], columns: Sequence[str]) -> list[float]:
    values = [
        [_share(row, name) if name in SHARES else float(row.cell == name) for name in columns] for row in rows
    ]
    weights = np.array([min(row.counted, HEAVIEST) for row in rows], dtype=float)
    ratios = np.array([row.servings / row.counted - 1 for row in rows])
    model = Ridge(alpha=RIDGE, fit_intercept=False)
    model.fit(np.array(values), ratios, sample_weight=weights / weights.mean())
    return [float(value) for value in model.coef_]


def _cross_validate(rows: Sequence[Decided], columns: Sequence[str]) -> list[int]:
    """Each row's count by factors that were learned without it."""
    counts = [0] * len(rows)
    folds = KFold(n_splits=FOLDS, shuffle=True, random_state=0)
    for taught, held_out in folds.split(np.arange(len(rows))):
        factors = _fit([rows[i] for i in taught], columns)
        for i in held_out:
            counts[i] = _count(rows[i], factors)
    return counts


def _count(row: Decided, factors: Factors) -> int:
    total = sum(
        servings * factors.of(row.shape, row.kind, height, upper=number > 0)
        for number, (servings, height) in enumerate(row.tiers)
    )
    return max(1, math.floor(total + 0.5))


def _report(cell: str, rows: Sequence[Decided], tried: Sequence[int]) -> CellReport:
    pairs = [(row, count) for row, count in zip(rows, tried, strict=True) if row.cell == cell]
    formula = np.array([abs(row.counted - row.servings) / row.servings for row, _ in pairs])
    learned = np.array([abs(count - row.servings) / row.servings for row, count in pairs])
    gain = formula - learned
    sure = gain.mean() > SURE_BY * gain.std(ddof=1) / math.sqrt(len(gain))
    return CellReport(
        cell=cell,
        rows=len(pairs),
        corrections=sum(row.corrected for row, _ in pairs),
        formula_error=round(float(formula.mean()), 4),
        corrected_error=round(float(learned.mean()), 4),
        used=bool(sure and gain.mean() >= BETTER_BY * formula.mean()),
    )
