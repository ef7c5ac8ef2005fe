"""A year of custom cakes that were decided long ago, planned one by one. Pure: the same dates, the same cakes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from bakery.demo.content import CUSTOMERS
from bakery.demo.content.cake_requests import Wish
from bakery.demo.content.history import slots_on

CAKES_A_YEAR = 78


class Outcome(StrEnum):
    PAID = "paid"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PastCake:
    """One cake: times are the shop's own. `price_factor` and `servings_factor` are on what the models suggest."""

    sent_at: datetime
    decided_at: datetime
    ended_at: datetime
    pickup_at: datetime
    customer: int
    wish: Wish
    outcome: Outcome
    reason: str
    price_factor: float
    override_reason: str
    servings_factor: float


_OCCASIONS = {
    "birthday": 40, "wedding": 12, "engagement": 8, "anniversary": 9, "baby": 6, "graduation": 7, "eid": 5,
    "work": 7, "other": 6,
}  # fmt: skip
_SHAPES = {"round": 56, "square": 14, "rectangle": 9, "heart": 11, "petal": 5, "hexagon": 5}
_FLAVOURS = {
    "vanilla": 18, "chocolate": 18, "walnut": 14, "pistachio_rose": 11, "cardamom_honey": 10, "lemon": 9,
    "red_velvet": 9, "carrot": 6, "date": 5,
}  # fmt: skip
_FILLINGS = {
    "buttercream": 28, "cream_cheese": 14, "ganache": 14, "raspberry": 14, "lemon_curd": 9, "date_caramel": 9,
    "pistachio_cream": 6, "fresh_cream": 6,
}  # fmt: skip
_COVERINGS = {"buttercream": 54, "ganache": 15, "fondant": 14, "naked": 11, "glaze": 6}
_DECORATIONS = {"simple": 44, "medium": 39, "elaborate": 17}
_COLOURS = (
    "white", "ivory", "cream", "blush", "rose", "apricot", "saffron", "lemon", "pistachio", "mint", "sky",
    "lavender", "caramel", "chocolate",
)  # fmt: skip
_TOPPINGS = (
    "walnuts", "pistachio", "almonds", "rose_petals", "berries", "strawberries", "cherries", "figs", "lemon",
    "pomegranate", "honeycomb", "chocolate", "gold_leaf", "candles", "flowers",
)  # fmt: skip
_WORDS = ("Happy birthday {name}", "Congratulations {name}", "For {name}, with love", "Mobarak {name}", "")
_NAMES = ("Laila", "Tom", "Zarghuna", "Mei", "Grace", "Elias", "Ruby", "Karim", "Isla", "Hamid", "Lucia")
# Why a price was far from the suggested one, by whether it was higher.
_DEARER = (
    "Sugar flowers like these are an afternoon of work, not an hour.",
    "They want it at seven in the morning, so somebody stays overnight.",
    "Saffron went up again, and this one is soaked in it.",
    "Hand-painted tiles all round: twice the hours.",
)
_CHEAPER = (
    "They have bought every birthday cake here for nine years.",
    "Much plainer than the model thinks: one colour, no border.",
    "For the school's fete.",
    "We bake the same sponge for another cake that day.",
)
_NO = (
    "Our decorators are full on that day.",
    "We do not make figures of characters that belong to a film.",
    "The bottom tier cannot carry what stands on it.",
)
# Staff cut a heart and a petal in fewer pieces than they have area for: the tip and the notches.
_STAFF_COUNT = {"heart": 0.92, "petal": 0.9}


def plan_cakes(seed: int, today: date, days: int) -> Iterator[PastCake]:
    """Cakes needed on the last `days` before `today`, newest first, spread evenly."""
    count = round(CAKES_A_YEAR * days / 365)
    for number in range(count):
        # Only a cake's own place in the row decides what it is: a shorter row is the newest part of a longer one.
        ahead = 2 + int(number * 365 / CAKES_A_YEAR)
        yield _plan(random.Random(f"{seed}:{number}"), today - timedelta(days=ahead))


def wish_of(rng: random.Random, needed_on: date) -> Wish:
    """Any cake that people ask for, as the builder would send it."""
    shape, decoration = _pick(rng, _SHAPES), _pick(rng, _DECORATIONS)
    occasion = _pick(rng, _OCCASIONS)
    name = rng.choice(_NAMES)
    return {
        "occasion": occasion,
        "needed_on": needed_on.isoformat(),
        "shape": shape,
        "tiers": _tiers(rng, shape, occasion),
        "covering": _pick(rng, _COVERINGS),
        "colour": rng.choice(_COLOURS),
        "decoration": decoration,
        "drip": rng.choice(("", "", "", "", "chocolate", "caramel")),
        "toppings": rng.sample(_TOPPINGS, rng.choices((0, 1, 2, 3, 4), (20, 32, 28, 14, 6))[0]),
        "inscription": rng.choice(_WORDS).format(name=name),
    }


def _plan(rng: random.Random, wanted: date) -> PastCake:
    needed_on = wanted
    while not slots_on(needed_on):
        needed_on -= timedelta(days=1)
    pickup = datetime.combine(needed_on, rng.choice(slots_on(needed_on)))
    sent = _waking(rng, pickup - timedelta(days=rng.randint(7, 30)))
    decided = _working(rng, sent + timedelta(hours=rng.uniform(2, 50)))
    wish = wish_of(rng, needed_on)
    outcome = rng.choices(list(Outcome), (81, 7, 7, 5))[0]
    ends = {
        Outcome.PAID: decided + timedelta(hours=rng.uniform(0.3, 60)),
        Outcome.EXPIRED: decided + timedelta(days=4),
        Outcome.WITHDRAWN: decided + timedelta(hours=rng.uniform(5, 40)),
        Outcome.REJECTED: decided,
    }
    factor, why = _price(rng)
    return PastCake(
        sent_at=sent,
        decided_at=decided,
        ended_at=min(ends[outcome], pickup - timedelta(hours=30)),
        pickup_at=pickup,
        customer=min(len(CUSTOMERS) - 1, int(len(CUSTOMERS) * rng.random() ** 1.6)),
        wish=wish,
        outcome=outcome,
        reason=rng.choice(_NO) if outcome is Outcome.REJECTED else "",
        price_factor=factor,
        override_reason=why,
        servings_factor=_servings(rng, wish),
    )


def _price(rng: random.Random) -> tuple[float, str]:
    """Most prices follow the suggestion by and large; one in nine is another matter, and staff say why."""
    luck = rng.random()
    if luck < 0.07:
        return rng.uniform(1.17, 1.34), rng.choice(_DEARER)
    if luck < 0.11:
        return rng.uniform(0.74, 0.84), rng.choice(_CHEAPER)
    return max(0.87, min(1.13, rng.gauss(1.01, 0.05))), ""


def _servings(rng: random.Random, wish: Wish) -> float:
    usual = _STAFF_COUNT.get(wish["shape"], 1.0)
    if usual == 1.0 and rng.random() < 0.7:
        return 1.0
    return usual * rng.gauss(1.0, 0.03)


def _tiers(rng: random.Random, shape: str, occasion: str) -> list[Wish]:
    weights = (20, 50, 30) if occasion == "wedding" else (80, 17, 3)
    count = rng.choices((1, 2, 3), weights)[0] if shape in ("round", "square", "hexagon") else 1
    bottom = rng.choice((18, 20, 20, 23, 25, 25, 28)) + (6 if count > 1 else 0)
    height = rng.choice((8, 9, 10, 10, 10, 12, 13))
    tiers: list[Wish] = []
    for number in range(count):
        across = bottom - 8 * number
        sides: Wish = (
            {"length_cm": across * 1.5, "width_cm": across}
            if shape == "rectangle"
            else {"diameter_cm": across}
        )
        tiers.append(
            sides
            | {
                "height_cm": height,
                "layers": rng.choice((2, 3, 3, 4)),
                "flavour": _pick(rng, _FLAVOURS),
                "filling": _pick(rng, _FILLINGS),
            }
        )
    return tiers


def _pick(rng: random.Random, table: dict[str, int]) -> str:
    return rng.choices(list(table), list(table.values()))[0]


def _waking(rng: random.Random, at: datetime) -> datetime:
    """Customers write in the evening, too."""
    return datetime.combine(at.date(), time(rng.randint(8, 22), rng.randint(0, 59), rng.randint(0, 59)))


def _working(rng: random.Random, at: datetime) -> datetime:
    """Staff decide while the shop is open; what comes in the evening, the next morning."""
    if at.hour < 8 or at.hour > 16:
        at = datetime.combine(at.date() + timedelta(days=at.hour > 16), time(8, rng.randint(0, 59)))
    return at.replace(microsecond=0)
