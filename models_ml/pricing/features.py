"""A cake as the numbers that the model reads, in one order, with the words that people read instead."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models_ml.pricing.cakes import DECORATIONS, SHAPES, Cake, equivalent_diameter_cm
from models_ml.pricing.formula import cost_of

# More notice than this makes no difference.
LONG_NOTICE = 60
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Feature:
    """`grows`: the price never falls when this rises. `ranged`: outside of what was seen, the model is silent."""

    name: str
    group: str
    grows: bool = False
    ranged: bool = False
    words: str = ""


FEATURES = (
    Feature("diameter_cm", "size", grows=True, ranged=True, words="the width"),
    Feature("height_cm", "size", grows=True, ranged=True, words="the height"),
    Feature("layers", "build", grows=True, ranged=True, words="the number of layers"),
    Feature("tiers", "build", grows=True, ranged=True, words="the number of tiers"),
    Feature("shape", "shape"),
    Feature("ingredient_cents", "ingredients", grows=True, ranged=True, words="the cost of ingredients"),
    Feature("decoration", "decoration", grows=True),
    Feature("toppings", "decoration", grows=True, ranged=True, words="the number of toppings"),
    Feature("labour_hours", "labour", grows=True, ranged=True, words="the hours of work"),
    # Days of notice with a minus: more of it is more of a hurry.
    Feature("rush", "rush", grows=True, ranged=True, words="the notice"),
    Feature("weekday", "date"),
    Feature("month", "date"),
    # What cakes of this kind sold for lately, against the formula (neighbours.py).
    Feature("kind_level", "kind", grows=True),
)
NAMES = tuple(feature.name for feature in FEATURES)
GROUPS = tuple(dict.fromkeys(feature.group for feature in FEATURES))
RANGED = tuple(index for index, feature in enumerate(FEATURES) if feature.ranged)


def vector(cake: Cake, kind_level: float) -> tuple[float, ...]:
    """The numbers of a cake, in the order of `FEATURES`. `kind_level` is a logarithm (neighbours.py)."""
    cost = cost_of(cake)
    return (
        equivalent_diameter_cm(cake),
        float(sum(tier.height_cm for tier in cake.tiers)),
        float(sum(tier.layers for tier in cake.tiers)),
        float(len(cake.tiers)),
        float(SHAPES.index(cake.shape)),
        float(cost.ingredient_cents),
        float(DECORATIONS.index(cake.decoration)),
        float(cake.toppings),
        cost.labour_hours,
        float(-min(cake.notice_days, LONG_NOTICE)),
        float(cake.needed_on.weekday()),
        float(cake.needed_on.month),
        kind_level,
    )


def describe(cake: Cake) -> dict[str, str]:
    """What each group of features says of this cake, for people."""
    cost = cost_of(cake)
    toppings = _count(cake.toppings, "topping") if cake.toppings else "no toppings"
    layers = _count(sum(tier.layers for tier in cake.tiers), "layer")
    height = sum(tier.height_cm for tier in cake.tiers)
    return {
        "size": f"Size: {_widths(cake)} across, {height:g} cm high",
        "build": f"{layers} in {_count(len(cake.tiers), 'tier')}",
        "shape": f"Shape: {cake.shape}",
        "ingredients": f"Ingredients for about ${cost.ingredient_cents / 100:,.2f}",
        "decoration": f"{cake.decoration.capitalize()} decoration, {toppings}",
        "labour": f"{cost.labour_hours:.1f} hours of work",
        "rush": f"Notice: {_count(cake.notice_days, 'day')}",
        "date": f"A {WEEKDAYS[cake.needed_on.weekday()]} in {MONTHS[cake.needed_on.month - 1]}",
        "kind": "What cakes of this kind sold for lately",
    }


def label(cake: Cake) -> str:
    """A cake in half a line, for a list of similar ones."""
    bottom = cake.tiers[0]
    flavour = bottom.flavour.replace("_", " ")
    return f"{_widths(cake)} {cake.shape} {flavour}, {cake.covering}, {cake.decoration}"


def out_of_range(
    values: tuple[float, ...], low: list[float], high: list[float]
) -> tuple[list[int], list[int]]:
    """Which features lie below, and which above, of what the model has seen."""
    below = [index for index in RANGED if values[index] < low[index] - 1e-9]
    above = [index for index in RANGED if values[index] > high[index] + 1e-9]
    return below, above


def clamp(values: tuple[float, ...], low: list[float], high: list[float]) -> tuple[float, ...]:
    """The nearest numbers that the model has seen."""
    return tuple(
        min(max(value, low[index]), high[index]) if index in RANGED else value
        for index, value in enumerate(values)
    )


def money_levels(logs: list[float], base: float) -> list[float]:
    """Contributions to a logarithm as amounts of money that add up to the price less the base price.

    Each gets the share that it has in the logarithm (the logarithmic mean divides without a rest).
    """
    start, total = math.exp(base), math.exp(base + sum(logs))
    change = sum(logs)
    mean = start if abs(change) < 1e-12 else (total - start) / change
    return [mean * part for part in logs]


def _widths(cake: Cake) -> str:
    sizes = [
        f"{tier.diameter_cm:g} x {tier.width_cm:g}" if tier.width_cm else f"{tier.diameter_cm:g}"
        for tier in cake.tiers
    ]
    return f"{' + '.join(sizes)} cm"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
