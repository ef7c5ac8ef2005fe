"""An invented history of custom cakes for the demo shop: nobody ordered these.

Two years, the same rows every time. Prices follow a baker who does not use the formula of this package: other
rates, a taste for round figures, more for December and Saturdays, wages that rise, colleagues with habits of
their own, and chance. So a model can learn something, and nothing it learns says anything about a real shop.
"""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

from models_ml.pricing.cakes import Cake, PastCake, Tier, litres, skin_cm2
from models_ml.pricing.formula import cost_of

FIRST, LAST, ROWS, SEED = date(2024, 11, 1), date(2026, 10, 31), 3_000, 20_241_101
SHAPES = {"round": 62, "square": 13, "rectangle": 9, "heart": 9, "hexagon": 3, "petal": 4}
FLAVOURS = {
    "vanilla": 18, "chocolate": 18, "walnut": 14, "pistachio": 10, "cardamom": 9, "lemon": 8, "red_velvet": 8,
    "honey": 5, "saffron": 4, "mango": 4, "orange": 2,
}  # fmt: skip
FILLINGS = {"buttercream": 34, "cream": 18, "jam": 14, "custard": 8, "ganache": 12, "curd": 7, "fruit": 7}
COVERINGS = {"buttercream": 52, "ganache": 14, "fondant": 16, "naked": 12, "glaze": 6}
DECORATIONS = {"simple": 45, "medium": 37, "elaborate": 18}
# What the market pays for a flavour beyond its cost, and for a shape.
LIKED = {
    "pistachio": 1.09,
    "saffron": 1.07,
    "walnut": 1.05,
    "red_velvet": 1.04,
    "vanilla": 0.96,
    "orange": 0.95,
}
CURVED = {"heart": 1.07, "petal": 1.06, "hexagon": 1.05, "square": 1.01}
MONTHS = {12: 1.07, 3: 1.04, 5: 1.03, 2: 1.02, 7: 0.97, 8: 0.97}
# Name, share of the quotes, level, and how much they lose sight of large cakes.
STAFF = (("Parwana", 0.45, 1.0, 0.0), ("Tom", 0.35, 0.985, -0.03), ("Mina", 0.2, 1.03, 0.02))
NOISE = 0.065


def demo_history(rows: int = ROWS, seed: int = SEED) -> list[PastCake]:
    """So many invented cakes, oldest first; the same for the same arguments."""
    rng = random.Random(seed)  # noqa: S311 invented data, nothing secret
    span = (LAST - FIRST).days
    days = sorted(_busy_day(rng, span) for _ in range(rows))
    return [_past_cake(rng, f"DEMO-{number:05d}", day) for number, day in enumerate(days, start=1)]


def _busy_day(rng: random.Random, span: int) -> date:
    while True:
        day = FIRST + timedelta(days=rng.randint(0, span))
        if rng.random() < MONTHS.get(day.month, 1.0) ** 4 / 1.4:
            return day


def _pick(rng: random.Random, table: dict[str, int]) -> str:
    return rng.choices(list(table), weights=list(table.values()))[0]


def _past_cake(rng: random.Random, ref: str, asked_on: date) -> PastCake:
    notice = min(max(round(rng.lognormvariate(2.45, 0.8)), 0), 120)
    needed_on = asked_on + timedelta(days=notice)
    # Half of all cakes are for a weekend.
    if notice > 3 and rng.random() < 0.5:
        needed_on += timedelta(days=(5 - needed_on.weekday()) % 7)
    shape = _pick(rng, SHAPES)
    wish = Cake(
        tiers=_tiers(rng, shape),
        needed_on=needed_on,
        notice_days=(needed_on - asked_on).days,
        shape=shape,
        covering=_pick(rng, COVERINGS),
        decoration=_pick(rng, DECORATIONS),
        toppings=min(rng.choices((0, 1, 2, 3, 4, 5, 6, 8), weights=(16, 24, 24, 16, 10, 5, 3, 2))[0], 8),
    )
    # Now and then the baker knows better how long it takes, or what the pistachios cost this month.
    hours = (
        round(cost_of(wish).labour_hours * rng.lognormvariate(0, 0.16), 2) if rng.random() < 0.35 else None
    )
    bought = (
        round(cost_of(wish).ingredient_cents * rng.lognormvariate(0, 0.1)) if rng.random() < 0.2 else None
    )
    cake = Cake(
        wish.tiers, wish.needed_on, wish.notice_days, wish.shape, wish.covering, wish.decoration, wish.toppings,
        labour_hours=hours, ingredient_cents=bought,
    )  # fmt: skip
    return PastCake(ref, asked_on, cake, _price(rng, cake, asked_on))


def _tiers(rng: random.Random, shape: str) -> tuple[Tier, ...]:
    count = rng.choices((1, 2, 3, 4), weights=(74, 18, 6.5, 1.5))[0]
    if shape in ("petal", "heart", "rectangle"):
        count = min(count, 2)
    bottom = rng.choice((12.7, 15.2, 17.8, 20.3, 20.3, 22.9, 25.4, 25.4, 30.5)) + (5.1 if count > 1 else 0)
    height = rng.choice((7.5, 9.0, 10.0, 10.2, 10.2, 12.0, 13.0, 15.0))
    layers = max(1, min(6, round(height / 3.4 + rng.uniform(-0.9, 1.1))))
    tiers: list[Tier] = []
    for number in range(count):
        width = max(round(bottom - 5.1 * number - (0.6 * number if shape == "square" else 0), 1), 7.6)
        side = round(width * 0.7, 1) if shape == "rectangle" else None
        tiers.append(Tier(width, height, layers, _pick(rng, FLAVOURS), _pick(rng, FILLINGS), side))
    return tuple(tiers)


def _price(rng: random.Random, cake: Cake, on: date) -> int:
    """What was finally asked, GST included: a baker's feeling for the cake, in cents."""
    cost, volume = cost_of(cake), litres(cake)
    skin = sum(skin_cm2(cake, tier) for tier in cake.tiers) / 1000
    work = 4_900 * cost.labour_hours**0.94
    fancy = {"simple": 0.0, "medium": 900.0, "elaborate": 3_200.0}[cake.decoration] * (0.6 + skin)
    stacked = 2_600.0 * (len(cake.tiers) - 1) ** 1.3
    net = (
        1.42 * cost.ingredient_cents
        + 1.2 * work
        + fancy
        + stacked
        + 420 * volume
        + 350 * cake.toppings
        + 1_400
    )
    hurry = 1.28 if cake.notice_days <= 1 else 1 + 0.2 * math.exp(-(cake.notice_days - 2) / 3)
    years = (on - FIRST).days / 365
    weekend = {4: 1.02, 5: 1.05, 6: 1.04}.get(cake.needed_on.weekday(), 1.0)
    liked = LIKED.get(cake.tiers[0].flavour, 1.0) * CURVED.get(cake.shape, 1.0)
    net *= 0.87 * hurry * MONTHS.get(cake.needed_on.month, 1.0) * weekend * liked * 1.035**years
    _, _, level, large = rng.choices(STAFF, weights=[share for _, share, _, _ in STAFF])[0]
    net *= level * (1 + large * min(volume / 6, 2)) * rng.lognormvariate(0, NOISE)
    step = 500 if net < 40_000 else 1_000
    return max(round(net * 1.1 / step) * step, 4_500)
