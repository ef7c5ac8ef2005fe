"""The model's card: what it is, what it was trained on and how well it does, written from what was measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from models_ml.pricing.sweeps import SWEEPS, Fall
from models_ml.pricing.training import Candidate

NAMES = {
    "model": "**the model**",
    "formula_at_our_level": "cost-plus formula, times what the shop's prices are to it on average",
    "nearest_five": "mean price of the five most similar past cakes",
    "formula": "cost-plus formula as it stands",
    "mean": "the mean price",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured beside the errors: training on 5,000 cakes, one answer, and the sweeps."""

    train_seconds: float
    median_ms: float
    slow_ms: float
    compared: int
    by_model: int
    falls: list[Fall]


def card(made: Candidate, measured: Measured) -> str:
    """The card as Markdown."""
    manifest = made.manifest
    return "\n".join((_what(manifest), _how_well(manifest), _insists(measured), _limits(manifest, measured)))


def _what(manifest: dict[str, Any]) -> str:
    rows, window = manifest["rows"], manifest["window"]
    libraries = ", ".join(f"{name} {version}" for name, version in manifest["libraries"].items())
    return f"""# Card of the price model, version {manifest["version"]}

Written by `python -m models_ml.pricing.train --demo`; every figure was measured then.

**What it does.** Suggests the price (GST included) of a custom cake, with an 80 % range, reasons in money and the
five most similar past cakes. A person decides. It never sets a price by itself.

**Trained on** {manifest["source"]}.
{rows["all"]:,} cakes decided from {window[0]} to {window[1]}: the oldest {rows["taught"]:,} (until
{manifest["seen_until"]}) taught the trees and set the range, the newest {rows["held_out"]} were only measured on.
Figures about invented cakes say that the machinery works. They say nothing about what real cakes should cost.

**Made with** {libraries}. XGBoost, squared error on the logarithm of the price,
{manifest["settings"]["rounds"]} trees of depth {manifest["settings"]["max_depth"]}, one thread, fixed seed.
"""


def _how_well(manifest: dict[str, Any]) -> str:
    metrics = manifest["metrics"]
    lines = [
        f"| {text} | {metrics[name]['mape_bp'] / 100:.1f} % | ${metrics[name]['mae_cents'] / 100:,.2f} "
        f"| {metrics[name]['bias_bp'] / 100:+.1f} % |"
        for name, text in NAMES.items()
    ]
    ours, band = metrics["model"], manifest["band"]
    return f"""## How well, on the newest {ours["cakes"]} cakes

| price by | mean error | in money | too high or low on average |
| --- | ---: | ---: | ---: |
{chr(10).join(lines)}

The invented prices have chance built in (6.5 %, colleagues' habits, round figures): about 5 to 6 % of error is
nobody's to remove.

**The range** promises to hold 80 % of the final prices, and was set on taught cakes that the asked trees had not seen
(five-fold cross-fitting). Of the newest cakes it held {ours["coverage_bp"] / 100:.1f} %, and is
{ours["width_bp"] / 100:.0f} % of the price wide on average (logarithms of its ends over the price:
{band[0]:+.3f} and {band[1]:+.3f}).
"""


def _insists(measured: Measured) -> str:
    fell = Counter(fall.sweep for fall in measured.falls)
    found = ", ".join(f"{sweep}: {fell[sweep]}" for sweep in SWEEPS if fell[sweep]) or "none"
    share = 100 * measured.by_model / measured.compared
    return f"""## What a baker insists on

Never cheaper when only this changes: {", ".join(SWEEPS)}:
{measured.compared:,} comparisons of random cakes, inside and outside of what the model
has seen ({share:.0f} % of them answered by the model), in price and both ends of the range.
Falls found: {found}.
"""


def _limits(manifest: dict[str, Any], measured: Measured) -> str:
    low, high = manifest["range"]["low"], manifest["range"]["high"]
    return f"""## Speed

Training on 5,000 cakes, with all measuring: {measured.train_seconds:.1f} s on one core. One answer with reasons and
similar cakes: {measured.median_ms:.1f} ms (median), {measured.slow_ms:.1f} ms (95 %). Prediction reads the trees
with NumPy and does not load XGBoost.

## Where it is silent

Outside of what taught it (width {low[0]:.0f} to {high[0]:.0f} cm as one circle, height {low[1]:.0f} to
{high[1]:.0f} cm, {low[2]:.0f} to {high[2]:.0f} layers, {low[3]:.0f} to {high[3]:.0f} tiers, {low[7]:.0f} to
{high[7]:.0f} toppings, {low[8]:.1f} to {high[8]:.1f} hours, shapes {", ".join(manifest["shapes"])}) the cost-plus
formula answers and says so. Inside, it knows nothing of what is not in its features: difficult customers, delivery,
sculpted cakes, competition. Few cakes have four tiers, a petal or a hexagon: read the similar cakes there.
A price below ingredients and work carries a warning.
"""
