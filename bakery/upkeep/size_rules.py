"""What a size may be, and when a decision about it needs a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bakery.catalog.cake_models import CakeMeasures
from bakery.catalog.models import Variant
from bakery.core.errors import Invalid
from bakery.custom_cakes.promise import is_far
from bakery.forecasting.menu_cakes import Measures, Suggestion, check_measures, name_of
from bakery.shop.queries import Profile

MAX_PRICE_CENTS = 5_000_000
MAX_SERVINGS = 1_000
MAX_LEAD_HOURS = 90 * 24
MAX_MINUTES = 24 * 60
MAX_PER_ORDER = 1_000
MAX_SIZES = 8
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Size:
    """One size as staff decide it. Without a name it is called by its measures."""

    price_cents: int
    servings_min: int | None
    servings_max: int | None
    lead_time_hours: int
    make_minutes: int
    max_per_order: int = 10
    active: bool = True
    name: str = ""
    measures: Measures | None = None
    # Why it is far from what the models suggest.
    reason: str = ""


# What a size and its row have in common.
OWN = (
    "name",
    "price_cents",
    "servings_min",
    "servings_max",
    "lead_time_hours",
    "make_minutes",
    "max_per_order",
    "active",
)


def checked(size: Size, *, is_cake: bool) -> Size:
    """The size with its name. Refuses (Invalid, with the field) numbers that no size can have."""
    if not 0 < size.price_cents <= MAX_PRICE_CENTS:
        raise Invalid("Write a price above nothing, and not above 50,000.", field="price")
    _check_servings(size, is_cake)
    for field, value, low, high, what in (
        ("lead_time_hours", size.lead_time_hours, 0, MAX_LEAD_HOURS, "hours of notice"),
        ("make_minutes", size.make_minutes, 0, MAX_MINUTES, "minutes of work"),
        ("max_per_order", size.max_per_order, 1, MAX_PER_ORDER, "in one order"),
    ):
        if not low <= value <= high:
            raise Invalid(f"Write {low:,} to {high:,} {what}.", field=field)
    if size.measures:
        check_measures(size.measures)
    name = size.name.strip() or (name_of(size.measures) if size.measures else "")
    if not 1 <= len(name) <= 60:
        raise Invalid("Name the size, in up to 60 characters.", field="name")
    if len(size.reason) > MAX_REASON:
        raise Invalid(f"Keep the reason under {MAX_REASON} characters.", field="reason")
    return replace(size, name=name, reason=size.reason.strip())


def explain(shop: Profile, size: Size, found: Suggestion) -> None:
    """Refuse (Invalid, `reason`) a decision far from the suggestion, or below cost, that has no reason."""
    if size.reason:
        return
    percent = shop.explain_from_percent
    if is_far(size.price_cents, found.price.price_cents, percent):
        raise Invalid(f"The price is more than {percent} % from the suggested one. Say why.", field="reason")
    if size.price_cents < found.price.floor_cents:
        raise Invalid("The price is below ingredients and work. Say why.", field="reason")
    for decided, suggested in (
        (size.servings_min, found.servings_min),
        (size.servings_max, found.servings_max),
    ):
        if is_far(decided or 0, suggested, percent):
            raise Invalid(
                f"The servings are more than {percent} % from the suggested ones. Say why.", field="reason"
            )


def facts_of(variant: Variant, measures: CakeMeasures | None) -> dict[str, Any]:
    """What staff decide about a size, as the audit log shows it."""
    said = None
    if measures:
        across = f"{measures.across_mm / 10:g}" + (
            f" × {measures.width_mm / 10:g}" if measures.width_mm else ""
        )
        said = (
            f"{measures.shape}, {across} cm, {measures.height_mm / 10:g} cm high, "
            f"{measures.layers} layers, {measures.tiers} tiers"
        )
    return {
        "name": variant.name,
        "price_cents": variant.price_cents,
        "servings_min": variant.servings_min,
        "servings_max": variant.servings_max,
        "lead_time_hours": variant.lead_time_hours,
        "make_minutes": variant.make_minutes,
        "max_per_order": variant.max_per_order,
        "shown": variant.active,
        "measures": said,
    }


def _check_servings(size: Size, is_cake: bool) -> None:
    low, high = size.servings_min, size.servings_max
    if low is None and high is None and not is_cake:
        return
    if low is None or not 1 <= low <= MAX_SERVINGS:
        raise Invalid(f"Write how many it serves, from 1 to {MAX_SERVINGS:,}.", field="servings_min")
    if high is None or not low <= high <= MAX_SERVINGS:
        raise Invalid(
            f"Write the same or more, up to {MAX_SERVINGS:,}: small slices serve more.", field="servings_max"
        )
