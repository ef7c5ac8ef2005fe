"""Cakes whose servings staff decided: what the factors are learned from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from models_ml.servings.factors import cell_of

# Corrections before anything is learned.
FEWEST = 40


class TooFew(ValueError):
    """Not enough corrections to learn from; `corrections` is how many there are."""

    def __init__(self, corrections: int) -> None:
        super().__init__(f"{corrections} corrections of servings, {FEWEST} are needed")
        self.corrections = corrections


@dataclass(frozen=True, slots=True)
class Decided:
    """One cake that staff decided on: the formula's count of each eaten tier with its height, and their own."""

    shape: str
    kind: str
    tiers: tuple[tuple[int, float], ...]
    servings: int

    @property
    def cell(self) -> str:
        return cell_of(self.shape, self.kind)

    @property
    def counted(self) -> int:
        return sum(servings for servings, _ in self.tiers)

    @property
    def corrected(self) -> bool:
        return self.servings != self.counted


def refuse_too_few(rows: Sequence[Decided]) -> int:
    """How many of the cakes were corrected. Refuses (TooFew) when it is not enough."""
    corrections = sum(row.corrected for row in rows)
    if corrections < FEWEST:
        raise TooFew(corrections)
    return corrections


def fingerprint(rows: Sequence[Decided]) -> str:
    """The same for the same cakes, so that a training is not written down twice."""
    return hashlib.sha256(json.dumps([asdict(row) for row in rows]).encode()).hexdigest()
