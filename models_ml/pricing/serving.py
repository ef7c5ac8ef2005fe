"""The model in service: price, range, reasons and similar cakes for one cake.

The range is the price times two constant factors (their logarithms are quantiles of errors on unseen cakes),
so its ends move as the price moves: they never cross, and grow where the price grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from models_ml.pricing import artifact, features
from models_ml.pricing.answer import Answer, by_formula, rounded, with_warnings
from models_ml.pricing.cakes import SHAPES, Cake
from models_ml.pricing.formula import COSTS, Costs
from models_ml.pricing.neighbours import History
from models_ml.pricing.trees import BrokenModel, Forest


@dataclass(frozen=True, slots=True)
class _Triple:
    low: float
    price: float
    high: float


def _band(found: list[float]) -> tuple[float, float]:
    low, high = (float(end) for end in found)
    if not -2 <= low <= 0 <= high <= 2:
        raise ValueError("the range does not hold the price")
    return low, high


def _row(found: list[float]) -> list[float]:
    row = [float(number) for number in found]
    if len(row) != len(features.NAMES):
        raise ValueError("the manifest is about other features")
    return row


class PriceModel:
    """A model version, read from its files. Refuses (`BrokenArtifact`) files that are not those of the manifest."""

    def __init__(self, files: dict[str, bytes], manifest: dict[str, Any], costs: Costs = COSTS) -> None:
        try:
            self.forest = Forest(files[artifact.MODEL])
        except BrokenModel as error:
            raise artifact.BrokenArtifact(str(error)) from None
        if self.forest.names != features.NAMES:
            raise artifact.BrokenArtifact("the trees were made for other features")
        self.history = History(artifact.cakes_from_csv(files[artifact.CAKES]))
        self.manifest, self.costs = manifest, costs
        self.version: str = manifest["version"]
        self.band, self.formula_band = _band(manifest["band"]), _band(manifest["formula_band"])
        self.low, self.high = _row(manifest["range"]["low"]), _row(manifest["range"]["high"])
        self.shapes: list[str] = list(manifest["shapes"])

    @classmethod
    def load(cls, folder: Path, costs: Costs = COSTS) -> PriceModel:
        """The version in a folder."""
        return cls.made_of(*artifact.read(folder), costs)

    @classmethod
    def made_of(cls, files: dict[str, bytes], manifest: dict[str, Any], costs: Costs = COSTS) -> PriceModel:
        """The version of these checked files. Refuses (`BrokenArtifact`) also a manifest that makes no sense."""
        try:
            return cls(files, manifest, costs)
        except artifact.BrokenArtifact:
            raise
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise artifact.BrokenArtifact(f"the model cannot be used ({error})") from None

    def values(self, cake: Cake, on: date) -> tuple[float, ...]:
        """The features of a cake asked about on a day."""
        return features.vector(cake, self.history.kind_level(cake, on))

    def predict(self, cake: Cake, on: date, *, ref: str = "") -> Answer:
        """The answer for a cake asked about on a day; `ref` names it if it is one of the past cakes itself."""
        values = self.values(cake, on)
        below, above = features.out_of_range(values, self.low, self.high)
        unseen = cake.shape not in self.shapes
        if below or above or unseen:
            answer = self._outside(cake, values, below, above)
        else:
            answer = self._inside(cake, values)
        similar = tuple(self.history.similar(cake, on, ref=ref))
        found = dict(zip(features.NAMES, values, strict=True))
        return with_warnings(
            replace(answer, neighbours=similar, features=found, version=self.version), cake, self.costs
        )

    def guess(self, values: tuple[float, ...]) -> float:
        """The unrounded price in cents for a row of features."""
        return 100 * math.exp(self.forest.predict(np.array(values)))

    def _triple(self, price: float, band: tuple[float, float]) -> _Triple:
        return _Triple(price * math.exp(band[0]), price, price * math.exp(band[1]))

    def _inside(self, cake: Cake, values: tuple[float, ...]) -> Answer:
        base, parts = self.forest.contributions(np.array(values))
        triple = self._triple(100 * math.exp(base + float(parts.sum())), self.band)
        low, price, high = rounded(triple.low, triple.price, triple.high)
        sums = dict.fromkeys(features.GROUPS, 0.0)
        for feature, part in zip(features.FEATURES, parts, strict=True):
            sums[feature.group] += float(part)
        money = features.money_levels(list(sums.values()), base)
        amounts = [round(100 * amount) for amount in money]
        words = features.describe(cake)
        named = [(words[group], amount) for group, amount in zip(sums, amounts, strict=True)]
        named.sort(key=lambda each: -abs(each[1]))
        # What whole dollars and cents round off belongs to the start.
        start = ("A usual custom cake of this shop", price - sum(amounts))
        return Answer(price, low, high, (start, *named), method="model")

    def _outside(self, cake: Cake, values: tuple[float, ...], below: list[int], above: list[int]) -> Answer:
        """The formula, but never less than the model asks for the largest cake it knows, nor more than for the least.

        So the price does not fall where the model gives over to the formula.
        """
        plain = by_formula(cake, self.costs, self.formula_band)
        known = cake.shape in self.shapes
        edge = self._triple(self.guess(features.clamp(values, self.low, self.high)), self.band)
        took = None
        if known and above and not below:
            took = max
        elif known and below and not above:
            took = min
        ends = (plain.low_cents, plain.price_cents, plain.high_cents)
        if took is not None:
            pairs = zip(ends, rounded(edge.low, edge.price, edge.high), strict=True)
            ends = tuple(took(pair) for pair in pairs)  # type: ignore[assignment]
        reasons = plain.reasons
        if ends[1] != plain.price_cents:
            word = "largest" if took is max else "smallest"
            reasons = (
                *reasons, (f"To meet the {word} cakes we have made", ends[1] - plain.price_cents)
            )  # fmt: skip
        what = [features.FEATURES[index].words for index in (*below, *above)]
        if not known:
            what.append(f"the shape {cake.shape}" if cake.shape in SHAPES else "the shape")
        text = f"Priced by formula: {', '.join(what)} lies outside what the model has seen."
        return replace(
            plain,
            low_cents=ends[0],
            price_cents=ends[1],
            high_cents=ends[2],
            reasons=reasons,
            warnings=(text,),
        )
