"""A shop's few own cakes among many that are not its own: they count for more, and they set the level.

Trees that see three thousand invented cakes and eighty real ones speak for the invented. What a shop's own cakes
differ in first is their level: all dearer, or all cheaper. So after the trees have grown, the whole model is lifted by
the median error that its own cakes had while the trees had not seen them, less one standard error of that median
(few cakes by chance do not move it). One constant on every logarithm keeps every monotone promise.
"""

from __future__ import annotations

import json
import math

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# An own cake counts as so many others; more would let single cakes make branches of their own.
OWN_COUNTS = 5.0
# From so many own cakes on the range is theirs alone: it is to hold the shop's prices, not invented ones.
OWN_RANGE = 40
# A median's standard error over that of a mean.
OF_A_MEDIAN = 1.2533


def weights(own: NDArray[np.bool_]) -> Numbers:
    """How much each cake counts: own ones more, but together never more than all the others."""
    few, many = float(own.sum()), float((~own).sum())
    counts = min(OWN_COUNTS, max(many / few, 1.0)) if few else 1.0
    found: Numbers = np.where(own, counts, 1.0)
    return found


def lift(errors: Numbers) -> float:
    """How far the own cakes lie above the model, as a logarithm; 0 when that may be chance. Refuses none at all."""
    middle = float(np.median(errors))
    doubt = OF_A_MEDIAN * float(np.std(errors)) / math.sqrt(len(errors))
    return math.copysign(max(abs(middle) - doubt, 0.0), middle)


def lifted(document: bytes, by: float) -> bytes:
    """The model with every answer that much higher (a logarithm)."""
    whole = json.loads(document)
    learner = whole["learner"]["learner_model_param"]
    text = str(learner["base_score"])
    value = repr(float(text.strip("[]")) + by)
    learner["base_score"] = f"[{value}]" if text.startswith("[") else value
    return json.dumps(whole, separators=(",", ":")).encode()


def quantile(errors: Numbers, counted: Numbers, share: float) -> float:
    """The error below which so much of all weight lies."""
    order = np.argsort(errors, kind="stable")
    reached = np.cumsum(counted[order]) / counted.sum()
    return float(errors[order[min(int(np.searchsorted(reached, share)), len(errors) - 1)]])
