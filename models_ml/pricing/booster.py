"""The one place that imports XGBoost: training. Workers only; prediction reads the trees itself (trees.py)."""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models_ml.pricing.features import FEATURES, NAMES

ROUNDS = 260
SETTINGS: dict[str, Any] = {
    "objective": "reg:squarederror",
    "eta": 0.06,
    "max_depth": 4,
    "min_child_weight": 6,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "lambda": 1.5,
    "tree_method": "hist",
    "monotone_constraints": tuple(int(feature.grows) for feature in FEATURES),
    "seed": 7,
    # One thread: the same rows give the same trees, and no thread pool is left behind for a fork to trip over.
    "nthread": 1,
}


def train(
    rows: NDArray[np.float64], targets: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> bytes:
    """The trained model as XGBoost's own JSON. `weights`: how much each row counts, alike if not given."""
    # Imported when training starts: it takes seconds and 110 MB that nobody else needs.
    xgboost = importlib.import_module("xgboost")
    data = xgboost.DMatrix(rows, label=targets, weight=weights, feature_names=list(NAMES), nthread=1)
    usual = float(np.average(targets, weights=weights))
    model = xgboost.train({**SETTINGS, "base_score": usual}, data, ROUNDS)
    return bytes(model.save_raw("json"))


def libraries() -> dict[str, str]:
    """What a model was made with."""
    return {name: version(name) for name in ("xgboost-cpu", "numpy")}
