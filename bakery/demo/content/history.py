"""A year of invented orders, planned day by day. Pure: a seed and two dates in, the same orders out every time.

Each day draws its own luck, so asking for a week gives exactly that week of the year.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bakery.demo.content import CUSTOMERS, PRODUCTS, SHOP
from bakery.demo.content.occasions import (
    AGES,
    GROWTH,
    GROWTH_FROM,
    MESSAGES,
    MONTHS,
    NAMES,
    NOTES,
    OCCASIONS,
    ORDERS_A_DAY,
    RAMADAN,
    RAMADAN_LIFTS,
    WEEKDAYS,
    Occasion,
)
from bakery.demo.content.types import (
    Interval,
    PlannedLine,
    PlannedOrder,
    PlannedStatus,
    Product,
    Season,
    Variant,
)

#: What people order ahead on the web: cakes above all, hardly ever a single coffee.
_CATEGORY_PULL = {"celebration-cakes": 1.7, "drinks": 0.22, "breads": 0.75, "gift-boxes": 1.2}
_MESSAGE_LIMIT = 40
_BUSY_HOURS = {7: 0.6, 8: 1.0, 9: 1.6, 10: 1.7, 11: 1.4, 12: 1.1, 13: 1.0, 14: 1.0, 15: 1.3, 16: 1.5, 17: 1.2}


@dataclass(frozen=True, slots=True)
class _Day:
    on: date
    occasions: tuple[Occasion, ...]
    weights: tuple[float, ...]


def plan_history(seed: int, start_on: date, end_on: date) -> Iterator[PlannedOrder]:
    """Orders to be picked up from `start_on` to `end_on`, both included, by day and pickup time.

    Never on a closed day, never more in a slot than its capacity, never sooner than the lead time.
    """
    on = start_on
    while on <= end_on:
        yield from _plan_day(random.Random(f"{seed}:{on.isoformat()}"), on)
        on += timedelta(days=1)


def hours_on(on: date) -> tuple[Interval, ...]:
    """When the shop is open on a date; empty when it is not."""
    for exception in SHOP.exceptions:
        if exception.on == on:
            return exception.intervals
    return SHOP.hours[on.weekday()]


def slots_on(on: date) -> list[time]:
    """The pickup times of a date."""
    step, slots = timedelta(minutes=SHOP.slots.every_minutes), []
    for interval in hours_on(on):
        at, closes = datetime.combine(on, interval.opens), datetime.combine(on, interval.closes)
        while at + step <= closes:
            slots.append(at.time())
            at += step
    return slots


def is_in_season(season: Season | None, on: date) -> bool:
    if season is None:
        return True
    today = (on.month, on.day)
    if season.start <= season.end:
        return season.start <= today <= season.end
    return today >= season.start or today <= season.end


def _plan_day(rng: random.Random, on: date) -> list[PlannedOrder]:
    slots = slots_on(on)
    if not slots:
        return []
    day = _Day(on, _occasions(on), ())
    day = _Day(on, day.occasions, tuple(_weight(product, day) for product in PRODUCTS))
    wanted = _how_many(rng, day)
    taken: Counter[time] = Counter()
    minutes: Counter[time] = Counter()
    orders = []
    for _ in range(wanted):
        lines, work, lead, is_cake = _basket(rng, day)
        free = [
            slot
            for slot in slots
            if taken[slot] < SHOP.slots.capacity_orders
            and minutes[slot] + work <= SHOP.slots.capacity_make_minutes
        ]
        if not free:
            continue
        slot = rng.choices(free, [_BUSY_HOURS.get(slot.hour, 0.7) for slot in free])[0]
        taken[slot] += 1
        minutes[slot] += work
        pickup = datetime.combine(on, slot)
        orders.append(
            PlannedOrder(
                placed_at=_placed(rng, pickup, lead, is_cake),
                pickup_at=pickup,
                lines=lines,
                customer=_customer(rng),
                note=rng.choice(NOTES) if rng.random() < 0.08 else "",
                status=_status(rng),
            )
        )
    return sorted(orders, key=lambda order: (order.pickup_at, order.placed_at))


def _occasions(on: date) -> tuple[Occasion, ...]:
    return tuple(o for o in OCCASIONS if any(0 <= (day - on).days <= o.days_before for day in o.dates))


def _how_many(rng: random.Random, day: _Day) -> int:
    expected = ORDERS_A_DAY * MONTHS[day.on.month - 1] * WEEKDAYS[day.on.weekday()]
    expected *= (1 + GROWTH) ** ((day.on - GROWTH_FROM).days / 365)
    for occasion in day.occasions:
        expected *= occasion.factor
    expected *= math.exp(rng.gauss(0, 0.16))
    return max(0, round(rng.gauss(expected, math.sqrt(expected))))


def _weight(product: Product, day: _Day) -> float:
    if not is_in_season(product.season, day.on):
        return 0.0
    weight = product.popularity * product.weekday_profile[day.on.weekday()]
    weight *= _CATEGORY_PULL.get(product.category, 1.0)
    for occasion in day.occasions:
        weight *= occasion.lifts.get(product.slug, 1.0)
    if any(first <= day.on <= last for first, last in RAMADAN):
        weight *= RAMADAN_LIFTS.get(product.slug, 1.0)
    return weight


def _basket(rng: random.Random, day: _Day) -> tuple[tuple[PlannedLine, ...], int, int, bool]:
    """Lines, the kitchen's minutes, the longest lead time, and whether a cake is among them.

    A basket never asks for more work than one slot holds.
    """
    first = rng.choices(PRODUCTS, day.weights)[0]
    products = [first]
    by_slug = {product.slug: weight for product, weight in zip(PRODUCTS, day.weights, strict=True)}
    for _ in range(rng.choices((0, 1, 2, 3), (46, 31, 16, 7))[0]):
        related = [p for p in PRODUCTS if p.slug in first.related and by_slug[p.slug] and not p.is_cake]
        choice = (
            rng.choice(related) if related and rng.random() < 0.45 else rng.choices(PRODUCTS, day.weights)[0]
        )
        if choice not in products and not (choice.is_cake and any(p.is_cake for p in products)):
            products.append(choice)
    lines: list[PlannedLine] = []
    work = lead = 0
    for product in products:
        variant = _size(rng, product)
        quantity = _quantity(rng, product, variant)
        needed = variant.make_minutes * quantity
        if work + needed > SHOP.slots.capacity_make_minutes:
            if lines:
                continue
            quantity, needed = 1, variant.make_minutes
        work += needed
        lead = max(lead, variant.lead_time_hours)
        lines.append(PlannedLine(variant.sku, quantity, _message(rng, product, day)))
    return tuple(lines), work, lead, any(product.is_cake for product in products)


def _size(rng: random.Random, product: Product) -> Variant:
    weights = [2.2 if variant.default else 1.0 / (1 + i * 0.4) for i, variant in enumerate(product.variants)]
    return rng.choices(product.variants, weights)[0]


def _quantity(rng: random.Random, product: Product, variant: Variant) -> int:
    if product.is_cake:
        return 1
    spread = {"breads": (34, 27, 16, 12, 6, 5), "drinks": (46, 36, 10, 8), "gift-boxes": (76, 18, 6)}
    weights = spread.get(product.category, (68, 22, 7, 3))
    return min(rng.choices(range(1, len(weights) + 1), weights)[0], variant.limit_per_order)


def _message(rng: random.Random, product: Product, day: _Day) -> str:
    if not product.accepts_message or rng.random() < 0.28:
        return ""
    festive = [text for occasion in day.occasions for text in occasion.messages]
    if festive and rng.random() < 0.45:
        return rng.choice(festive)
    name, other = rng.sample(NAMES, 2)
    text = rng.choice(MESSAGES).format(name=name, other=other, age=rng.choice(AGES))
    return text if len(text) <= _MESSAGE_LIMIT else f"Happy Birthday {name}"


def _placed(rng: random.Random, pickup: datetime, lead_hours: int, is_cake: bool) -> datetime:
    """Some time before the lead time ran out, at an hour at which people are awake."""
    spare = rng.expovariate(1 / 96) if is_cake else rng.expovariate(1 / 14)
    latest = pickup - timedelta(hours=lead_hours)
    placed = latest - timedelta(hours=min(spare, 24 * 45), minutes=rng.randint(3, 50))
    if placed.hour < 6:
        placed = placed.replace(hour=rng.randint(18, 22)) - timedelta(days=1)
    return placed.replace(second=rng.randint(0, 59), microsecond=0)


def _customer(rng: random.Random) -> int:
    """A few come every week, most come now and then."""
    return min(len(CUSTOMERS) - 1, int(len(CUSTOMERS) * rng.random() ** 2.1))


def _status(rng: random.Random) -> PlannedStatus:
    return rng.choices(
        (PlannedStatus.COLLECTED, PlannedStatus.CANCELLED, PlannedStatus.EXPIRED), (94.5, 3.5, 2.0)
    )[0]
