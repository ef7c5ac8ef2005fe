"""Past cakes with their prices: what this kind sold for lately, and the five most like a given one.

Nothing here looks ahead: of a cake decided on a day, only cakes decided on earlier days count, so no cake
ever meets its own price, neither in training nor when it is looked at again later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from models_ml.pricing.answer import Neighbour
from models_ml.pricing.cakes import Cake, PastCake
from models_ml.pricing.features import LONG_NOTICE, NAMES, label, vector
from models_ml.pricing.formula import price_by_formula

Numbers = NDArray[np.float64]
# How many past cakes of the kind are averaged, and how many usual ones are mixed in.
KIND, USUAL = 25, 5
# How far apart is far: one of each of these is one step. Sizes and costs count by their ratio.
STEP = {
    "diameter_cm": 0.12, "height_cm": 0.25, "layers": 2.0, "tiers": 0.5, "ingredient_cents": 0.3,
    "decoration": 0.7, "toppings": 3.0, "labour_hours": 0.25, "rush": 12.0,
}  # fmt: skip
BY_RATIO = ("diameter_cm", "height_cm", "ingredient_cents", "labour_hours")
COLUMNS = [NAMES.index(name) for name in STEP]
SCALES = np.array(list(STEP.values()))
RATIO = np.array([name in BY_RATIO for name in STEP])
YEAR = 365.0


class History:
    """The past cakes, oldest first, as arrays."""

    def __init__(self, cakes: Sequence[PastCake]) -> None:
        self.cakes = sorted(cakes, key=lambda past: (past.decided_on, past.ref))
        self._days = np.array([past.decided_on.toordinal() for past in self.cakes], dtype=np.float64)
        kinds = {word for past in self.cakes for word in _words(past.cake)}
        self._numbers = {word: number for number, word in enumerate(sorted(kinds))}
        self._kinds = np.array([self._kind(past.cake) for past in self.cakes]).reshape(-1, 3)
        self._places = np.array([_place(past.cake) for past in self.cakes]).reshape(-1, len(STEP))
        self.levels = np.array(
            [math.log(past.price_cents / price_by_formula(past.cake).price_cents) for past in self.cakes]
        )

    def kind_level(self, cake: Cake, on: date) -> float:
        """The mean logarithm of price / formula price of the last cakes of this kind before a day; 0 without any.

        A kind is flavour, covering and shape. Size, work and notice must have no part in it: a bigger cake would
        find other neighbours, perhaps cheaper ones, and could become cheaper itself.
        """
        until = self._until(on)
        if not until:
            return 0.0
        differs = (self._kinds[:until] != self._kind(cake)) @ np.array([2.0, 1.0, 1.0])
        distance = differs + (on.toordinal() - self._days[:until]) / YEAR
        nearest = _nearest(distance, KIND)
        usual = float(self.levels[max(0, until - 200) : until].mean())
        return float((self.levels[nearest].sum() + USUAL * usual) / (len(nearest) + USUAL))

    def similar(self, cake: Cake, on: date, *, ref: str = "", count: int = 5) -> list[Neighbour]:
        """The most similar cakes decided before a day, the nearest first; never the one called `ref`."""
        until = self._until(on)
        distance = self._distances(cake, until)
        order = [int(index) for index in _nearest(distance, count + 1)]
        found = [self.cakes[index] for index in order if self.cakes[index].ref != ref]
        return [Neighbour(p.ref, label(p.cake), p.decided_on, p.price_cents) for p in found[:count]]

    def nearest_price(self, cake: Cake, on: date, count: int = 5) -> float:
        """The mean price of the nearest cakes before a day: what the model is measured against."""
        found = self.similar(cake, on, count=count)
        return sum(each.price_cents for each in found) / len(found)

    def _until(self, on: date) -> int:
        return int(np.searchsorted(self._days, on.toordinal(), side="left"))

    def _distances(self, cake: Cake, until: int) -> Numbers:
        away = ((self._places[:until] - _place(cake)) / SCALES) ** 2
        differs = (self._kinds[:until] != self._kind(cake)) @ np.array([0.5, 0.4, 1.0])
        distance: Numbers = away.sum(axis=1) + differs
        return distance

    def _kind(self, cake: Cake) -> tuple[int, int, int]:
        # A word that no past cake has is like none of them.
        first, second, third = (self._numbers.get(word, -1) for word in _words(cake))
        return first, second, third


def _words(cake: Cake) -> tuple[str, str, str]:
    return f"flavour {cake.tiers[0].flavour}", f"covering {cake.covering}", f"shape {cake.shape}"


def _nearest(distance: Numbers, count: int) -> NDArray[np.intp]:
    """The places of the smallest distances, smallest first, the older first among equals: without sorting them all."""
    if len(distance) <= count:
        return np.argsort(distance, kind="stable")
    near = np.flatnonzero(distance <= np.partition(distance, count - 1)[count - 1])
    order: NDArray[np.intp] = near[np.argsort(distance[near], kind="stable")][:count]
    return order


def _place(cake: Cake) -> Numbers:
    values = np.array(vector(cake, 0.0))[COLUMNS]
    values[RATIO] = np.log(values[RATIO])
    place: Numbers = np.maximum(values, -LONG_NOTICE)
    return place
