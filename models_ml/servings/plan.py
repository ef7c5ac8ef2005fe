"""The question the other way round: so many servings are needed, which cakes give them with the least left over?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from models_ml.servings.count import Tier
from models_ml.servings.shapes import Footprint, Shape

# How many the tiers that are eaten serve, bottom first.
Counting = Callable[[Sequence[Tier]], int]
INCH_CM = 2.54
# The pans of a bakery, in inches, and one tier's height.
PANS = {
    Shape.ROUND: (6, 8, 10, 12, 14, 16),
    Shape.SQUARE: (6, 8, 10, 12, 14, 16),
    Shape.HEART: (6, 8, 10, 12, 14, 16),
    Shape.HEXAGON: (6, 9, 12, 15),
    Shape.PETAL: (6, 9, 12, 15),
}
SHEETS = ((13, 9), (15, 11), (18, 12))
TIER_HEIGHT_CM = 4 * INCH_CM
MOST_TIERS = 4
STACKED = (Shape.ROUND, Shape.SQUARE)
STACK_PANS = (4, 6, 8, 10, 12, 14, 16)
# Nobody wants more left over than was eaten; below this many it does not matter.
FEW = 12
# Steps between one tier and the next that stand well, in inches.
STEPS = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: tiers bottom first, sizes in inches beside them, and sheet cakes cut in the kitchen."""

    tiers: tuple[Tier, ...]
    inches: tuple[tuple[int, ...], ...]
    keep_top: bool
    servings: int
    needed: int
    sheets: int = 0

    @property
    def left_over(self) -> int:
        return self.servings - self.needed

    @property
    def shape(self) -> Shape:
        return self.tiers[0].footprint.shape

    @property
    def sensible(self) -> bool:
        """Whether less is left over than was needed, or little."""
        return self.left_over <= max(self.needed, FEW)


def single_cakes(needed: int, count: Counting) -> list[Option]:
    """For each shape the smallest cake of one tier that is enough; shapes that have no sensible one are left out."""
    found = []
    for shape in Shape:
        sizes = [(count([tier]), tier, inches) for tier, inches in _pans(shape)]
        enough = [size for size in sizes if size[0] >= needed]
        if enough:
            servings, tier, inches = min(enough, key=lambda each: each[0])
            found.append(Option((tier,), (inches,), False, servings, needed))
    return [option for option in found if option.sensible]


def tiered_cakes(needed: int, count: Counting, *, keep_top: bool) -> list[Option]:
    """For rounds and squares the stack of each number of tiers with the least left over.

    A stack that is not enough even at its largest is the largest, with sheet cakes from the kitchen for the rest.
    """
    found = [
        _best(shape, number, needed, count, keep_top)
        for shape in STACKED
        for number in range(2, MOST_TIERS + 1)
    ]
    enough = [option for option in found if not option.sheets]
    if enough:
        return [option for option in enough if option.sensible]
    return [option for option in found if len(option.tiers) == MOST_TIERS]


def _best(shape: Shape, number: int, needed: int, count: Counting, keep_top: bool) -> Option:
    options = []
    for inches in _stacks(number):
        tiers = tuple(_tier(shape, (size,)) for size in inches)
        servings = count(tiers[:-1] if keep_top else tiers)
        options.append(Option(tiers, tuple((size,) for size in inches), keep_top, servings, needed))
    enough = [option for option in options if option.left_over >= 0]
    if enough:
        return min(enough, key=lambda option: (option.left_over, option.inches))
    largest = max(options, key=lambda option: option.servings)
    sheet = count([SHEET])
    sheets = math.ceil(-largest.left_over / sheet)
    servings = largest.servings + sheets * sheet
    return Option(largest.tiers, largest.inches, keep_top, servings, needed, sheets)


def _stacks(count: int) -> Iterator[tuple[int, ...]]:
    """Pans that stand on each other, largest first."""
    for sizes in combinations(reversed(STACK_PANS), count):
        if all(below - above in STEPS for below, above in zip(sizes, sizes[1:], strict=False)):
            yield sizes


def _pans(shape: Shape) -> Iterator[tuple[Tier, tuple[int, ...]]]:
    sizes = SHEETS if shape is Shape.RECTANGLE else [(size,) for size in PANS[shape]]
    for inches in sizes:
        yield _tier(shape, inches), tuple(inches)


def _tier(shape: Shape, inches: tuple[int, ...]) -> Tier:
    return Tier(Footprint(shape, *(size * INCH_CM for size in inches)), TIER_HEIGHT_CM)


# What the kitchen cuts for guests beyond the largest stack.
SHEET = _tier(Shape.RECTANGLE, SHEETS[-1])
