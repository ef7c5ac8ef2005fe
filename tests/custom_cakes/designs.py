"""Wishes for tests: one plain, and as many random ones as wanted."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from bakery.catalog.illustration.specs import Shape, Topping
from bakery.catalog.models import Allergen, Tag
from bakery.custom_cakes import options
from bakery.custom_cakes.options import Decoration
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.wish import read_wish

TODAY = date(2026, 11, 21)


def tier(**changes: Any) -> dict[str, Any]:
    return {
        "diameter_cm": 20, "height_cm": 10, "layers": 3, "flavour": "walnut", "filling": "buttercream",
    } | changes  # fmt: skip


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "occasion": "birthday",
        "needed_on": "2026-12-05",
        "shape": "round",
        "tiers": [tier()],
        "covering": "buttercream",
        "colour": "rose",
        "decoration": "medium",
        "inscription": "Happy 40th Laila",
        "guests": 12,
    } | changes


def design(**changes: Any) -> CakeDesign:
    return read_wish(wish(**changes), TODAY)


def random_wish(rng: random.Random) -> dict[str, Any]:
    """Any wish that can be built."""
    shape = rng.choice(list(Shape))
    tiers: list[dict[str, Any]] = []
    across, deep = rng.uniform(20, 60), rng.uniform(15, 60)
    for index in range(rng.randint(1, 6)):
        size: dict[str, Any] = (
            {"length_cm": round(across, 1), "width_cm": round(deep, 1)}
            if shape is Shape.RECTANGLE
            else {"diameter_cm": round(across, 1)}
        )
        tiers.append(
            tier(
                diameter_cm=None,
                height_cm=round(rng.uniform(3, 20), 1),
                layers=rng.randint(1, 8),
                flavour=rng.choice(list(options.FLAVOURS)),
                filling=rng.choice(list(options.FILLINGS)),
                dummy=index > 0 and rng.random() < 0.2,
            )
            | size
        )
        across, deep = max(8, across * rng.uniform(0.5, 1)), max(8, deep * rng.uniform(0.5, 1))
    eaten = [t for t in tiers[:-1] if not t["dummy"]]
    return wish(
        occasion=rng.choice(list(options.OCCASIONS)),
        shape=shape.value,
        tiers=tiers,
        covering=rng.choice(list(options.COVERINGS)).value,
        colour=rng.choice(list(options.COLOURS)),
        drip=rng.choice(["", *options.COLOURS]),
        ink=rng.choice(list(options.COLOURS)),
        decoration=rng.choice(list(Decoration)).value,
        toppings=[t.value for t in rng.sample(list(options.TOPPINGS), rng.randint(0, 6))],
        inscription=rng.choice(["", "Happy 40th Laila", "تولدت مبارک", "Ana ♥ Omid", "A" * 60]),
        diets=[t.value for t in rng.sample(list(Tag), rng.randint(0, 2))],
        allergies=[a.value for a in rng.sample(list(Allergen), rng.randint(0, 2))],
        budget_cents=rng.choice([None, 0, 45_000]),
        guests=rng.choice([None, 1, 80]),
        keeps_top_tier=bool(eaten) and rng.random() < 0.3,
    )


FLOWERS = Topping.FLOWERS.value
