"""What a plain cake of a size would cost: a first idea for who only knows how many are coming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bakery.core.money import Money
from bakery.forecasting import pricing
from models_ml.servings.count import Tier

# Vanilla with buttercream, a clean edge, nothing on top; for an ordinary weekday, without hurry.
LAYERS, NOTICE_DAYS, WEDNESDAY = 3, 14, 2
# A first idea is told in round amounts.
ROUND_CENTS = 500


@dataclass(frozen=True, slots=True)
class About:
    """The range that a plain cake's price would be in, GST as the shop's prices have it."""

    low: Money
    high: Money


def price_about(cakes: Sequence[Sequence[Tier]], today: date, currency: str) -> About:
    """The range of several plain cakes together, each of one shape, bottom tier first.

    Call it outside any transaction: a price model that cannot be read is told to staff in one of its own.
    """
    earliest = today + timedelta(days=NOTICE_DAYS)
    needed_on = earliest + timedelta(days=(WEDNESDAY - earliest.weekday()) % 7)
    low = high = 0
    for tiers in cakes:
        cake = pricing.make_cake(
            tiers=tuple(
                pricing.Tier(
                    diameter_cm=tier.footprint.length_cm,
                    height_cm=tier.height_cm,
                    layers=LAYERS,
                    width_cm=tier.footprint.width_cm,
                )
                for tier in tiers
            ),
            needed_on=needed_on,
            notice_days=(needed_on - today).days,
            shape=tiers[0].footprint.shape.value,
        )
        found = pricing.desk.predict(cake, today, currency=currency)
        low, high = low + found.low_cents, high + found.high_cents
    return About(
        Money(low // ROUND_CENTS * ROUND_CENTS, currency),
        Money(-(-high // ROUND_CENTS) * ROUND_CENTS, currency),
    )
