"""What is answered for a cake, by the model or by the formula. Money in cents, GST included."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import date

from models_ml.pricing.cakes import Cake
from models_ml.pricing.features import NAMES, vector
from models_ml.pricing.formula import COSTS, Costs, cost_of, floor_cents, margin_bp, price_by_formula

# Without a history nobody knows how far off the formula is: a fifth either way, and the card says how far it was.
USUAL_BAND = (math.log(0.8), math.log(1.25))
FORMULA = "formula-1"
DOLLAR = 100


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A past cake like the one asked about."""

    ref: str
    text: str
    decided_on: date
    price_cents: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Price and range (whole dollars), and reasons that add up to the price."""

    price_cents: int
    low_cents: int
    high_cents: int
    reasons: tuple[tuple[str, int], ...]
    method: str
    version: str = FORMULA
    neighbours: tuple[Neighbour, ...] = ()
    warnings: tuple[str, ...] = ()
    floor_cents: int = 0
    margin_bp: int = 0
    features: dict[str, float] = field(default_factory=dict)


def rounded(low: float, price: float, high: float) -> tuple[int, int, int]:
    """Each to its nearest whole dollar, which keeps low <= price <= high, and what grows growing."""
    whole = [math.floor(amount / DOLLAR + 0.5) * DOLLAR for amount in (low, price, high)]
    return whole[0], whole[1], whole[2]


def by_formula(cake: Cake, costs: Costs = COSTS, band: tuple[float, float] = USUAL_BAND) -> Answer:
    """The cost-plus answer; `band` are the logarithms of the range's ends over the price."""
    found = price_by_formula(cake, costs)
    price = found.price_cents
    low, _, high = rounded(price * math.exp(min(band[0], 0.0)), price, price * math.exp(max(band[1], 0.0)))
    known = dict(zip(NAMES, vector(cake, 0.0), strict=True))
    return Answer(price, low, high, found.parts, method="formula", features=known)


def with_warnings(answer: Answer, cake: Cake, costs: Costs = COSTS) -> Answer:
    """The answer with its floor and margin, and a warning if the price or the range's low end is below cost."""
    floor = floor_cents(cost_of(cake, costs), costs)
    warnings = answer.warnings
    if answer.price_cents < floor:
        warnings += (f"The price is below ingredients and work, which come to ${floor / 100:,.2f} with GST.",)
    elif answer.low_cents < floor:
        warnings += (
            f"The low end is below ingredients and work, which come to ${floor / 100:,.2f} with GST.",
        )
    return replace(
        answer, floor_cents=floor, margin_bp=margin_bp(answer.price_cents, cake, costs), warnings=warnings
    )
