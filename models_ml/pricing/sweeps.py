"""What a baker insists on: one thing more of a cake, all else equal, and it is never cheaper. Counted, not assumed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from models_ml.pricing.answer import Answer
from models_ml.pricing.cakes import DECORATIONS, SHAPES, Cake, Tier
from models_ml.pricing.formula import cost_of
from models_ml.pricing.serving import PriceModel


@dataclass(frozen=True, slots=True)
class Fall:
    """A cake that became cheaper though there was more of it; amounts are (low, price, high) in cents."""

    sweep: str
    before: Cake
    after: Cake
    amounts: tuple[tuple[int, int, int], tuple[int, int, int]]


def random_cake(rng: random.Random, on: date) -> Cake:
    """Any cake, usual or not: also outside of what a model has seen."""
    shape = rng.choice(SHAPES)
    widths = sorted((rng.uniform(8, 42) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4)))), reverse=True)
    tiers = tuple(
        Tier(
            round(width, 1), round(rng.uniform(5, 20), 1), rng.randint(1, 6),
            rng.choice(("vanilla", "walnut", "pistachio", "saffron", "tea")), "buttercream",
            round(width * 0.7, 1) if shape == "rectangle" else None,
        )
        for width in widths
    )  # fmt: skip
    notice = rng.randint(0, 40)
    cake = Cake(
        tiers, on + timedelta(days=notice), notice, shape, rng.choice(("buttercream", "fondant", "naked")),
        rng.choice(("simple", "medium", "elaborate")), rng.randint(0, 8),
    )  # fmt: skip
    if rng.random() < 0.3:
        cake = replace(cake, labour_hours=round(cost_of(cake).labour_hours * rng.uniform(0.7, 1.4), 2))
    return cake


def _wider(cake: Cake, step: int) -> Cake:
    bottom = cake.tiers[0]
    side = bottom.width_cm + step if bottom.width_cm else None
    return _with_bottom(cake, replace(bottom, diameter_cm=bottom.diameter_cm + step, width_cm=side))


def _with_bottom(cake: Cake, bottom: Tier) -> Cake:
    return replace(cake, tiers=(bottom, *cake.tiers[1:]))


SWEEPS: dict[str, Callable[[Cake, int], Cake]] = {
    "wider": _wider,
    "taller": lambda c, n: _with_bottom(c, replace(c.tiers[0], height_cm=c.tiers[0].height_cm + n)),
    "more layers": lambda c, n: _with_bottom(c, replace(c.tiers[0], layers=min(c.tiers[0].layers + n, 10))),
    "one more tier": lambda c, _: replace(c, tiers=(*c.tiers, c.tiers[-1])),
    "more work": lambda c, n: replace(c, labour_hours=cost_of(c).labour_hours + n / 2),
    "dearer ingredients": lambda c, n: replace(c, ingredient_cents=cost_of(c).ingredient_cents + 400 * n),
    "more toppings": lambda c, n: replace(c, toppings=c.toppings + n),
    "more rush": lambda c, n: replace(c, notice_days=max(c.notice_days - n, 0)),
    "finer decoration": lambda c, _: replace(c, decoration=_finer(c.decoration)),
}
STEPS = (1, 2, 6)


def _finer(decoration: str) -> str:
    return DECORATIONS[min(DECORATIONS.index(decoration) + 1, len(DECORATIONS) - 1)]


@dataclass(slots=True)
class Swept:
    """How many comparisons were made, how many of them the model answered, and what fell."""

    compared: int = 0
    by_model: int = 0
    falls: list[Fall] = field(default_factory=list)


def falls(model: PriceModel, on: date, *, cakes: int, seed: int) -> Swept:
    """Sweep so many random cakes, and note every price or range end that fell."""
    rng = random.Random(seed)  # noqa: S311 random cakes, nothing secret
    found, names = Swept(), list(SWEEPS)
    for number in range(cakes):
        cake, sweep = random_cake(rng, on), names[number % len(names)]
        before = _amounts(model.predict(cake, on))
        for step in STEPS:
            grown = SWEEPS[sweep](cake, step)
            answer = model.predict(grown, on)
            after = _amounts(answer)
            found.compared += 1
            found.by_model += answer.method == "model"
            if any(new < old for old, new in zip(before, after, strict=True)):
                found.falls.append(Fall(sweep, cake, grown, (before, after)))
            cake, before = grown, after
    return found


def _amounts(answer: Answer) -> tuple[int, int, int]:
    return answer.low_cents, answer.price_cents, answer.high_cents
