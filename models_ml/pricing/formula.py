"""The cost-plus formula: what a careful baker would ask who has no history to look at.

    cost   = ingredients (volume x flavour, filling, covering, toppings) + hours of work x wage
    net    = (cost + overhead % + box and board for each tier) / (1 - margin) x rush
    price  = net + GST

It answers at cold start, outside what the model has seen, and when the model's files are missing or damaged.
Every term grows with size, height, layers, tiers, work and rush, so the price does. Money in cents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models_ml.pricing.cakes import Cake, Tier, area_cm2, skin_cm2

# For flavours and fillings that are not in the list: dearer than most, so that nothing new is sold at a loss.
OTHER = ""


def _table(**values: float) -> Mapping[str, float]:
    return MappingProxyType(values)


@dataclass(frozen=True, slots=True)
class Costs:
    """What things cost the bakery. Rates in cents; percentages in basis points."""

    sponge_per_litre: Mapping[str, float] = field(
        default_factory=lambda: _table(
            vanilla=290, lemon=310, chocolate=360, cardamom=340, honey=380, orange=330, carrot=350,
            red_velvet=370, walnut=470, mango=450, saffron=520, pistachio=640,
        )
    )  # fmt: skip
    other_sponge_per_litre: float = 480
    filling_per_litre: Mapping[str, float] = field(
        default_factory=lambda: _table(
            buttercream=620, cream=560, jam=480, custard=520, ganache=840, curd=690, fruit=760, caramel=700
        )
    )
    other_filling_per_litre: float = 760
    filling_cm: float = 0.8
    covering_per_100_cm2: Mapping[str, float] = field(
        default_factory=lambda: _table(naked=14, glaze=30, buttercream=42, ganache=60, fondant=72)
    )
    other_covering_per_100_cm2: float = 60
    topping_per_100_cm2: float = 48
    wage_per_hour: int = 4_200
    overhead_bp: int = 1_800
    box_per_tier: int = 450
    margin_bp: int = 2_600
    gst_bp: int = 1_000


COSTS = Costs()
DOLLAR = 100
SHAPE_WORK = {"round": 1.0, "square": 1.06, "rectangle": 1.06, "hexagon": 1.14, "petal": 1.2, "heart": 1.16}
COVERING_WORK = {"naked": 0.5, "glaze": 0.6, "buttercream": 1.0, "ganache": 1.1, "fondant": 1.55}
# Hours for 1,000 cm2 of top and side.
DECORATION_WORK = {"simple": 0.12, "medium": 0.55, "elaborate": 1.35}
# Up to so many days of notice, so much more, in basis points.
RUSH = ((1, 3_000), (2, 2_200), (4, 1_400), (7, 700))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a cake costs the bakery before overhead, without GST."""

    ingredient_cents: int
    labour_hours: float
    labour_cents: int

    @property
    def total_cents(self) -> int:
        return self.ingredient_cents + self.labour_cents


@dataclass(frozen=True, slots=True)
class FormulaPrice:
    """The price with GST, in whole dollars, and its parts, which add up to it."""

    price_cents: int
    parts: tuple[tuple[str, int], ...]
    cost: Cost


def rush_bp(notice_days: int) -> int:
    """The surcharge for a cake needed in so many days, in basis points."""
    return next((bp for days, bp in RUSH if notice_days <= days), 0)


def _tier_ingredients(cake: Cake, tier: Tier, costs: Costs) -> float:
    area = area_cm2(cake, tier)
    # Filling lies between the layers: never more than a third of the tier, and dearer than what it replaces.
    fill = area * min(costs.filling_cm * (tier.layers - 1), tier.height_cm / 3) / 1000
    sponge = costs.sponge_per_litre.get(tier.flavour, costs.other_sponge_per_litre)
    filling = costs.filling_per_litre.get(tier.filling, costs.other_filling_per_litre)
    covering = costs.covering_per_100_cm2.get(cake.covering, costs.other_covering_per_100_cm2)
    return (
        area * tier.height_cm / 1000 * sponge
        + fill * max(filling - sponge, 0.0)
        + skin_cm2(cake, tier) / 100 * covering
    )


def cost_of(cake: Cake, costs: Costs = COSTS) -> Cost:
    """Ingredients and work; the staff's own figures win over the estimates."""
    skin = sum(skin_cm2(cake, tier) for tier in cake.tiers)
    top = sum(area_cm2(cake, tier) for tier in cake.tiers)
    ingredients = cake.ingredient_cents
    if ingredients is None:
        bought = sum(_tier_ingredients(cake, tier, costs) for tier in cake.tiers)
        ingredients = math.ceil(bought + cake.toppings * top / 100 * costs.topping_per_100_cm2 / 3)
    hours = cake.labour_hours
    if hours is None:
        layers = sum(tier.layers for tier in cake.tiers)
        covering = 0.22 * skin / 1000 * COVERING_WORK.get(cake.covering, 1.2)
        decoration = DECORATION_WORK[cake.decoration] * (0.4 + skin / 1000)
        handwork = (covering + decoration) * SHAPE_WORK[cake.shape]
        hours = 0.35 + 0.22 * len(cake.tiers) + 0.06 * layers + handwork + 0.05 * cake.toppings
        hours = round(hours, 2)
    return Cost(ingredients, hours, math.ceil(hours * costs.wage_per_hour))


def floor_cents(cost: Cost, costs: Costs = COSTS) -> int:
    """Ingredients and work with GST: below this price the bakery pays for the cake."""
    return math.ceil(cost.total_cents * (10_000 + costs.gst_bp) / 10_000)


def margin_bp(price_cents: int, cake: Cake, costs: Costs = COSTS) -> int:
    """What is left of a price (GST included) after GST, cost, overhead and box, in basis points of the net."""
    net = price_cents * 10_000 / (10_000 + costs.gst_bp)
    spent = cost_of(cake, costs).total_cents * (10_000 + costs.overhead_bp) / 10_000
    spent += costs.box_per_tier * len(cake.tiers)
    return round((net - spent) / net * 10_000)


def price_by_formula(cake: Cake, costs: Costs = COSTS) -> FormulaPrice:
    """The cost-plus price and how it came about."""
    cost = cost_of(cake, costs)
    overhead = cost.total_cents * costs.overhead_bp / 10_000 + costs.box_per_tier * len(cake.tiers)
    net = (cost.total_cents + overhead) * 10_000 / (10_000 - costs.margin_bp)
    rush = net * rush_bp(cake.notice_days) / 10_000
    price = math.ceil((net + rush) * (10_000 + costs.gst_bp) / 10_000 / DOLLAR) * DOLLAR
    named = [
        ("Ingredients for this size and flavour", cost.ingredient_cents),
        (f"{cost.labour_hours:.1f} hours of work", cost.labour_cents),
        ("Kitchen, energy, box and board", round(overhead)),
    ]
    if rush:
        named.append((f"Short notice ({_days(cake.notice_days)})", round(rush)))
    gst = price - round(price * 10_000 / (10_000 + costs.gst_bp))
    margin = price - gst - sum(cents for _, cents in named)
    return FormulaPrice(price, (*named, ("Margin", margin), ("GST", gst)), cost)


def _days(count: int) -> str:
    return "today" if count == 0 else "1 day" if count == 1 else f"{count} days"
