"""A trained XGBoost model read without XGBoost: its trees as a table of leaves, in NumPy.

A web process that imports XGBoost (and scikit-learn behind it) grows by 110 MB and waits for seconds; and a process
that has used it must not fork. Asking 250 small trees about one cake needs neither. The answers are XGBoost's own,
to its rounding: the prediction, and the Shapley values that `pred_contribs` gives (tests compare them).
"""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class BrokenModel(ValueError):
    """A model file that cannot be read; the message says why."""


class Forest:
    """All leaves of all trees: the box of features in which each lies, its value, and how often each side is taken."""

    def __init__(self, document: bytes) -> None:
        try:
            learner = json.loads(document)["learner"]
            self.names = tuple(learner["feature_names"])
            base = learner["learner_model_param"]["base_score"]
            self._base = float(str(base).strip("[]"))
            leaves = [
                leaf for tree in learner["gradient_booster"]["model"]["trees"] for leaf in _leaves(tree)
            ]
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise BrokenModel(f"the trees cannot be read ({type(error).__name__})") from None
        if not leaves or not math.isfinite(self._base):
            raise BrokenModel("the model has no trees")
        self._pack(leaves)

    def _pack(self, leaves: list[tuple[float, dict[int, list[float]]]]) -> None:
        depth = max(1, *(len(box) for _, box in leaves))
        shape = (len(leaves), depth)
        self.values = np.array([value for value, _ in leaves])
        # Unused places hold a condition that is always met and never matters.
        self._feature = np.zeros(shape, dtype=np.intp)
        self._low, self._high = np.full(shape, -np.inf), np.full(shape, np.inf)
        self._share = np.ones(shape)
        for row, (_, box) in enumerate(leaves):
            for column, (feature, (low, high, share)) in enumerate(box.items()):
                self._feature[row, column] = feature
                self._low[row, column], self._high[row, column] = low, high
                self._share[row, column] = share
        self.base = self._base + float((self.values * self._share.prod(axis=1)).sum())

    def _met(self, row: Numbers) -> NDArray[np.bool_]:
        # XGBoost compares in 32 bits: a value below the split goes left.
        found = row.astype(np.float32).astype(np.float64)[self._feature]
        met: NDArray[np.bool_] = (found >= self._low) & (found < self._high)
        return met

    def predict(self, row: Numbers) -> float:
        """The model's answer for one row of features."""
        return self._base + float(self.values[self._met(row).all(axis=1)].sum())

    def contributions(self, row: Numbers) -> tuple[float, Numbers]:
        """The average answer, and each feature's Shapley value; together they are the prediction."""
        met, share = self._met(row).astype(np.float64), self._share
        depth = share.shape[1]
        totals = np.zeros(len(self.names))
        for column in range(depth):
            others = [each for each in range(depth) if each != column]
            weight = np.zeros(len(self.values))
            for size in range(depth):
                odds = math.factorial(size) * math.factorial(depth - size - 1) / math.factorial(depth)
                for known in combinations(others, size):
                    part = np.full(len(self.values), odds)
                    for other in others:
                        part *= met[:, other] if other in known else share[:, other]
                    weight += part
            gained = self.values * weight * (met[:, column] - share[:, column])
            totals += np.bincount(self._feature[:, column], weights=gained, minlength=len(self.names))
        return self.base, totals


def _leaves(tree: dict[str, Any]) -> list[tuple[float, dict[int, list[float]]]]:
    """(value, {feature: [low, high, share of the rows that go this way]}) of every leaf."""
    left, right = tree["left_children"], tree["right_children"]
    cover = tree["sum_hessian"]
    found: list[tuple[float, dict[int, list[float]]]] = []
    open_nodes: list[tuple[int, dict[int, list[float]]]] = [(0, {})]
    while open_nodes:
        node, box = open_nodes.pop()
        # Leaves keep their value where inner nodes keep their split.
        number = float(np.float32(tree["split_conditions"][node]))
        if left[node] == -1:
            found.append((number, box))
            continue
        feature = int(tree["split_indices"][node])
        low, high, share = box.get(feature, [-math.inf, math.inf, 1.0])
        for child, bounds in (
            (left[node], [low, min(high, number)]),
            (right[node], [max(low, number), high]),
        ):
            taken = share * cover[child] / cover[node]
            open_nodes.append((child, {**box, feature: [*bounds, taken]}))
    return found
