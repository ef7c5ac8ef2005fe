"""How many slices a cake gives. Never fewer when a cake grows in any direction: the tests try thousands.

A slice is so wide along the edge and so deep into the cake, from a cake of the reference height.
- Round, hexagon, petal: rings of one slice's depth from the edge inwards, the core cut like a pie.
- Square, rectangle, heart: rows of one slice's depth.
In both a ring, a core or a sheet gives as many slices as its area holds, and what is left over goes to all alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models_ml.servings.shapes import Footprint, Shape

# No knife keeps to half a percent: 20.3 cm are eight inches as 20.32 are.
KNIFE = 0.005
# A petal's lobes and notches leave odd pieces. The chart counts this share of a petal's area (docs/servings.md).
PETAL_YIELD = 0.83
RINGS = frozenset({Shape.ROUND, Shape.HEXAGON, Shape.PETAL})


@dataclass(frozen=True, slots=True)
class Slice:
    """One serving, seen from above, of a cake of the reference height. Refuses sizes of 0 or less."""

    width_cm: float
    depth_cm: float
    reference_height_cm: float

    def __post_init__(self) -> None:
        if not all(size > 0 for size in (self.width_cm, self.depth_cm, self.reference_height_cm)):
            raise ValueError("a slice has a width, a depth and a height above 0")

    @property
    def area_cm2(self) -> float:
        return self.width_cm * self.depth_cm

    def at_height(self, height_cm: float) -> Slice:
        """A lower cake is cut wider, so that a serving stays as much cake; a taller one is cut no thinner."""
        low = max(1.0, self.reference_height_cm / height_cm)
        return replace(self, width_cm=self.width_cm * low)


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier. Refuses a height that is not finite and above 0."""

    footprint: Footprint
    height_cm: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.height_cm) or self.height_cm <= 0:
            raise ValueError(f"no cake is {self.height_cm} cm high")


@dataclass(frozen=True, slots=True)
class Cut:
    """How a tier is cut: `rings` from the edge inwards (empty for rows), on `levels` boards."""

    slice: Slice
    per_level: int
    levels: int
    rings: tuple[int, ...]

    @property
    def servings(self) -> int:
        return self.per_level * self.levels


def cut(tier: Tier, slice_: Slice) -> Cut:
    """The cut of one tier. Every cake gives at least one slice."""
    as_cut = slice_.at_height(tier.height_cm)
    # From twice the reference height on a tier stands on two boards, one in its middle: two cakes to cut.
    levels = max(1, math.floor(tier.height_cm / slice_.reference_height_cm * (1 + KNIFE)))
    area, shape = tier.footprint.area_cm2, tier.footprint.shape
    if shape in RINGS:
        rings = _rings(area * (PETAL_YIELD if shape is Shape.PETAL else 1), as_cut)
        return Cut(as_cut, sum(rings), levels, rings)
    if shape is Shape.HEART:
        # First down the middle, so that no slice has the notch in it: both halves give the same.
        return Cut(as_cut, max(1, 2 * _whole(area / 2 / as_cut.area_cm2)), levels, ())
    return Cut(as_cut, max(1, _whole(area / as_cut.area_cm2)), levels, ())


def count_tiers(tiers: Sequence[Tier], slice_: Slice, *, keep_top: bool = False) -> int:
    """Servings of a cake, bottom tier first. A top tier that is kept is not counted; the only tier cannot be."""
    if keep_top and len(tiers) < 2:
        raise ValueError("a cake of one tier has no top tier to keep")
    served = tiers[:-1] if keep_top else tiers
    return sum(cut(tier, slice_).servings for tier in served)


def _rings(area: float, slice_: Slice) -> tuple[int, ...]:
    """Slices of each ring of a round of that area, outermost first, the core last; parts too small are left out.

    A core that grows to a slice's depth is the ring that it then becomes, so a wider cake never gives fewer.
    """
    edge, found = math.sqrt(area / math.pi), []
    while edge > 0:
        inner = max(0.0, edge - slice_.depth_cm)
        found.append(_whole(math.pi * (edge**2 - inner**2) / slice_.area_cm2))
        edge = inner
    return tuple(n for n in found if n) or (1,)


def _whole(slices: float) -> int:
    return math.floor(slices * (1 + KNIFE))
