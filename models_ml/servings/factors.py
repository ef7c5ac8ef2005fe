"""What staff's own counts say about the formula: a factor for each tier, plain numbers and plain arithmetic.

A larger cake never serves fewer: factors differ by shape and slice, which do not change while a cake grows; by
height they only rise with it; and a tier that is put on another adds what it serves itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models_ml.servings.count import Slice, Tier, cut

# Beyond this the slice sizes are wrong, not the count: they are settings. The square root of how much more cake a
# party slice is than a wedding slice, so that small slices never come out as fewer than generous ones.
MOST = 1.22
LOW_CM, TALL_CM = 8.0, 12.0


def cell_of(shape: str, kind: str) -> str:
    """What is corrected by itself: one shape, cut in one kind of slice."""
    return f"{shape}/{kind}"


@dataclass(frozen=True, slots=True)
class Factors:
    """Differences to 1: of each corrected cell, and on top of that for tiers on others, low and tall ones.

    A cell that is not named is counted by geometry alone. Refuses (ValueError) factors by which a higher cake
    would serve fewer.
    """

    cells: Mapping[str, float] = field(default_factory=dict)
    upper: float = 0.0
    low: float = 0.0
    tall: float = 0.0

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*self.cells.values(), self.upper, self.low, self.tall))):
            raise ValueError("a factor is a number")
        if self.low > 0 or self.tall < 0:
            raise ValueError("a higher cake would serve fewer")

    def covers(self, shape: str, kind: str) -> bool:
        return cell_of(shape, kind) in self.cells

    def of(self, shape: str, kind: str, height_cm: float, *, upper: bool) -> float:
        """What the count of one tier is multiplied with."""
        more = self.cells.get(cell_of(shape, kind))
        if more is None:
            return 1.0
        more += self.upper if upper else 0.0
        more += self.low if height_cm < LOW_CM else self.tall if height_cm > TALL_CM else 0.0
        return min(max(1.0 + more, 1 / MOST), MOST)

    def to_json(self) -> dict[str, Any]:
        return {"cells": dict(self.cells), "upper": self.upper, "low": self.low, "tall": self.tall}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Factors:
        """As it was stored. Refuses (ValueError, KeyError, TypeError) what is none."""
        return cls(
            {str(cell): float(more) for cell, more in stored["cells"].items()},
            *(float(stored[name]) for name in ("upper", "low", "tall")),
        )


# Nothing learned, or not enough.
GEOMETRY = Factors()


def serve(tiers: Sequence[Tier], slice_: Slice, kind: str, factors: Factors = GEOMETRY) -> int:
    """Servings of the tiers that are eaten, bottom first, all of one shape. At least one."""
    total = sum(
        cut(tier, slice_).servings
        * factors.of(tier.footprint.shape.value, kind, tier.height_cm, upper=number > 0)
        for number, tier in enumerate(tiers)
    )
    return max(1, math.floor(total + 0.5))
