"""A cake as the price model sees it: checked once, when it is made; lengths in cm, money in cents."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date

# Area of a shape whose greatest width is 1 (a rectangle has its own), in the order of the work it makes.
AREA = {
    "round": math.pi / 4,
    "square": 1.0,
    "rectangle": 1.0,
    "hexagon": 0.75 * math.sqrt(3) / 2,
    "petal": 0.70,
    "heart": 0.68,
}
SHAPES = tuple(AREA)
DECORATIONS = ("simple", "medium", "elaborate")
MAX_TIERS = 8
# Flavours, fillings and coverings are the shop's own words. They are kept in tables: no separators.
WORD = re.compile(r"[\w][\w &'’-]{0,59}")


class InvalidCake(ValueError):
    """A cake that cannot be; one sentence for people, and the field it is about."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def _within(field: str, what: str, value: float, low: float, high: float, unit: str = "") -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidCake(field, f"{what} must be a number.")
    if not low <= value <= high:
        raise InvalidCake(field, f"{what} must be between {low:g} and {high:g}{unit}.")


def _one_of(field: str, what: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidCake(field, f"{what} must be one of {', '.join(choices)}.")


def _word(field: str, what: str, value: object) -> None:
    if not isinstance(value, str) or not WORD.fullmatch(value):
        raise InvalidCake(field, f"{what} must be a word or two, without punctuation.")


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier. `diameter_cm` is its greatest width; a rectangle also has `width_cm`, its other side."""

    diameter_cm: float
    height_cm: float
    layers: int
    flavour: str = "vanilla"
    filling: str = "buttercream"
    width_cm: float | None = None


@dataclass(frozen=True, slots=True)
class Cake:
    """A wish, bottom tier first. Refuses (`InvalidCake`, with the field) what nobody could bake.

    `notice_days` is how many days lie between asking and collecting. `labour_hours` and `ingredient_cents` are
    the staff's own figures where they have them; without, the formula's estimates stand in.
    """

    tiers: tuple[Tier, ...]
    needed_on: date
    notice_days: int
    shape: str = "round"
    covering: str = "buttercream"
    decoration: str = "simple"
    toppings: int = 0
    labour_hours: float | None = None
    ingredient_cents: int | None = None

    def __post_init__(self) -> None:
        _one_of("shape", "The shape", self.shape, SHAPES)
        _one_of("decoration", "The decoration", self.decoration, DECORATIONS)
        _word("covering", "The covering", self.covering)
        if not 1 <= len(self.tiers) <= MAX_TIERS:
            raise InvalidCake("tiers", f"A cake has between 1 and {MAX_TIERS} tiers.")
        for number, tier in enumerate(self.tiers):
            self._check_tier(number, tier)
        if type(self.toppings) is not int:
            raise InvalidCake("toppings", "The number of toppings must be a whole number.")
        _within("toppings", "The number of toppings", self.toppings, 0, 20)
        if type(self.notice_days) is not int:
            raise InvalidCake("needed_on", "The days of notice must be a whole number.")
        if self.notice_days < 0:
            raise InvalidCake("needed_on", "The date the cake is needed is in the past.")
        _within("needed_on", "The days of notice", self.notice_days, 0, 1100)
        if self.labour_hours is not None:
            _within("labour_hours", "The hours of work", self.labour_hours, 0.1, 200)
        if self.ingredient_cents is not None:
            _within(
                "ingredient_cents", "The cost of ingredients", self.ingredient_cents, 1, 1_000_000, " cents"
            )

    def _check_tier(self, number: int, tier: Tier) -> None:
        at, word = f"tiers.{number}", f"Tier {number + 1}"
        _within(f"{at}.diameter_cm", f"{word}: the width", tier.diameter_cm, 5, 90, " cm")
        _within(f"{at}.height_cm", f"{word}: the height", tier.height_cm, 2, 40, " cm")
        _word(f"{at}.flavour", f"{word}: the flavour", tier.flavour)
        _word(f"{at}.filling", f"{word}: the filling", tier.filling)
        if type(tier.layers) is not int:
            raise InvalidCake(f"{at}.layers", f"{word}: the number of layers must be a whole number.")
        _within(f"{at}.layers", f"{word}: the number of layers", tier.layers, 1, 10)
        if self.shape == "rectangle":
            if tier.width_cm is None:
                raise InvalidCake(f"{at}.width_cm", f"{word}: a rectangle needs a second side.")
            _within(f"{at}.width_cm", f"{word}: the second side", tier.width_cm, 5, 90, " cm")
        below = self.tiers[number - 1] if number else None
        if below is not None and tier.diameter_cm > below.diameter_cm:
            raise InvalidCake(f"{at}.diameter_cm", f"{word} is wider than the one below it.")
        if below is not None and (tier.width_cm or 0) > (below.width_cm or 90):
            raise InvalidCake(f"{at}.width_cm", f"{word} is wider than the one below it.")


@dataclass(frozen=True, slots=True)
class PastCake:
    """A cake that was decided: what it was, when the price was set, and the final price (GST included)."""

    ref: str
    decided_on: date
    cake: Cake
    price_cents: int


def area_cm2(cake: Cake, tier: Tier) -> float:
    """The area that a tier covers seen from above."""
    if cake.shape == "rectangle":
        return tier.diameter_cm * float(tier.width_cm or tier.diameter_cm)
    return AREA[cake.shape] * tier.diameter_cm**2


def skin_cm2(cake: Cake, tier: Tier) -> float:
    """Top and side of a tier, its side reckoned as that of a round tier of the same area."""
    area = area_cm2(cake, tier)
    return area + 2 * math.sqrt(math.pi * area) * tier.height_cm


def litres(cake: Cake) -> float:
    """The volume of the whole cake."""
    return sum(area_cm2(cake, tier) * tier.height_cm for tier in cake.tiers) / 1000


def equivalent_diameter_cm(cake: Cake) -> float:
    """The diameter of the circle that is as large as all tiers side by side."""
    return 2 * math.sqrt(sum(area_cm2(cake, tier) for tier in cake.tiers) / math.pi)
