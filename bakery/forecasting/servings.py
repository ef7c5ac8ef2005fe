"""How many a cake serves with the shop's own slices, and which cakes serve so many guests at what price."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from bakery.catalog.cake_sizes import CakeSize, list_cake_sizes
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.core.money import Money
from bakery.forecasting import corrections
from bakery.forecasting.plain_cakes import About, price_about
from bakery.shop.queries import Profile
from models_ml.servings import plan as planning
from models_ml.servings.count import Cut, Slice, Tier, cut
from models_ml.servings.diagram import Diagram, draw, how_to_cut, say_size
from models_ml.servings.shapes import Footprint, Shape

__all__ = [
    "Cut", "Diagram", "Estimate", "Occasion", "ServingPlan", "Slice", "SliceKind", "Tier", "Wish",
    "estimate", "make_plan", "make_tier", "slice_of",
]  # fmt: skip

SHAPES = tuple(Shape)
# The usual sizes of each shape: inches, and the same in centimetres.
PANS = {
    shape.value: [(inches, f"{inches * planning.INCH_CM:.1f}") for inches in pans]
    for shape, pans in planning.PANS.items()
}
# Centimetres. Below and above, nobody bakes it in one piece.
SIDE_CM, HEIGHT_CM = (5.0, 100.0), (2.5, 60.0)
MOST_GUESTS = 1000
# Of a menu's cakes so many are offered, and so many of one kind at most stand for a larger one.
MENU_CHOICES, MOST_OF_ONE = 6, 4


class SliceKind(StrEnum):
    WEDDING = "wedding"
    PARTY = "party"


class Occasion(StrEnum):
    BIRTHDAY = "birthday"
    WEDDING = "wedding"
    TEA = "tea"
    FEAST = "feast"


# How large the slices are that people cut there: a custom, not a measurement.
SLICE_AT = {
    Occasion.BIRTHDAY: SliceKind.PARTY,
    Occasion.WEDDING: SliceKind.WEDDING,
    Occasion.TEA: SliceKind.PARTY,
    Occasion.FEAST: SliceKind.WEDDING,
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """One cake's servings with one kind of slice, how it is cut, and its servings with the other kind.

    `method` says whether geometry answers or staff's own counts correct it; the cut is geometry's in both.
    """

    tier: Tier
    kind: SliceKind
    servings: int
    method: str
    cut: Cut
    size: str
    steps: list[str]
    diagram: Diagram | None
    other_kind: SliceKind
    other_servings: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody needs: guests, of whom a share in percent eats cake."""

    guests: int
    occasion: Occasion
    share: int = 100
    keep_top: bool = False


@dataclass(frozen=True, slots=True)
class CakeOption:
    """A cake that is enough, with the menu's price for a cake of that size where it has one, or what a plain one
    would cost, the sheets for the rest included.
    """

    option: planning.Option
    size: str
    diagram: Diagram | None
    from_price: Money | None
    about: About | None


@dataclass(frozen=True, slots=True)
class MenuChoice:
    """A size on the menu, or several of it, that is enough."""

    size: CakeSize
    quantity: int
    servings: int
    left_over: int
    price: Money


@dataclass(frozen=True, slots=True)
class ServingPlan:
    needed: int
    kind: SliceKind
    slice: Slice
    menu: list[MenuChoice]
    singles: list[CakeOption]
    tiered: list[CakeOption]


def slice_of(shop: Profile, kind: SliceKind) -> Slice:
    """The shop's own slice."""
    width, depth = {
        SliceKind.WEDDING: (shop.wedding_slice_width_tenth_mm, shop.wedding_slice_depth_tenth_mm),
        SliceKind.PARTY: (shop.party_slice_width_tenth_mm, shop.party_slice_depth_tenth_mm),
    }[kind]
    return Slice(width / 100, depth / 100, shop.slice_height_tenth_mm / 100)


def make_tier(shape: str, height_cm: float, sides: dict[str, float]) -> Tier:
    """A tier from what somebody wrote. Refuses unknown shapes, sides that the shape has not, and impossible sizes.

    `sides`: `length_cm` and `width_cm` of a rectangle, `diameter_cm` of everything else.
    """
    if shape not in SHAPES:
        raise Invalid(f"A cake is one of {', '.join(SHAPES)}.", field="shape")
    wanted = ("length_cm", "width_cm") if shape == Shape.RECTANGLE else ("diameter_cm",)
    for name in wanted:
        if name not in sides:
            raise Invalid(f"A {shape} cake needs its {_word(name)} in centimetres.", field=name)
    for name in sides:
        if name not in wanted:
            only = "Only a rectangle has" if shape != Shape.RECTANGLE else "A rectangle has no diameter, but"
            said = "a length and a width" if shape != Shape.RECTANGLE else "length and width"
            raise Invalid(f"{only} {said}.", field=name)
        _within(sides[name], SIDE_CM, name)
    _within(height_cm, HEIGHT_CM, "height_cm")
    return Tier(Footprint(Shape(shape), *(sides[name] for name in wanted)), height_cm)


def estimate(shop: Profile, tier: Tier, kind: SliceKind) -> Estimate:
    """The servings of one cake."""
    slice_ = slice_of(shop, kind)
    other = SliceKind.PARTY if kind is SliceKind.WEDDING else SliceKind.WEDDING
    found, served = cut(tier, slice_), corrections.count([tier], slice_, kind)
    return Estimate(
        tier=tier,
        kind=kind,
        servings=served.servings,
        method=served.method,
        cut=found,
        size=say_size(tier.footprint),
        steps=how_to_cut(tier, found),
        diagram=draw(tier, slice_),
        other_kind=other,
        other_servings=corrections.count([tier], slice_of(shop, other), other).servings,
    )


def make_plan(session: Session, shop: Profile, wish: Wish) -> ServingPlan:
    """Cakes for so many guests, least left over first. Refuses less than one guest, and more than a thousand."""
    if not 1 <= wish.guests <= MOST_GUESTS:
        raise Invalid(f"Give us between 1 and {MOST_GUESTS} guests.", field="guests")
    needed = math.ceil(wish.guests * wish.share / 100)
    kind = SLICE_AT[wish.occasion]
    slice_ = slice_of(shop, kind)
    today = clock.today(shop.time_zone)
    sizes = list_cake_sizes(session, today)
    prices = _pan_prices(sizes, shop.currency)

    def count(tiers: Sequence[Tier]) -> int:
        return corrections.count(tiers, slice_, kind).servings

    singles = sorted(planning.single_cakes(needed, count), key=lambda option: option.left_over)
    tiered = planning.tiered_cakes(needed, count, keep_top=wish.keep_top)

    def cake(option: planning.Option, prices: dict[tuple[Shape, int], Money]) -> CakeOption:
        one = len(option.tiers) == 1
        listed = prices.get((option.shape, option.inches[0][0])) if one else None
        baked = [option.tiers, *[[planning.SHEET]] * option.sheets]
        return CakeOption(
            option=option,
            size=say_size(option.tiers[0].footprint),
            diagram=draw(option.tiers[0], slice_) if one else None,
            from_price=listed,
            about=None if listed else price_about(baked, today, shop.currency),
        )

    return ServingPlan(
        needed=needed,
        kind=kind,
        slice=slice_,
        menu=_menu(sizes, needed, kind, shop.currency),
        singles=[cake(option, prices) for option in singles],
        tiered=[cake(option, {}) for option in sorted(tiered, key=lambda option: option.left_over)],
    )


def _menu(sizes: Sequence[CakeSize], needed: int, kind: SliceKind, currency: str) -> list[MenuChoice]:
    """For each product its cheapest way to be enough; fewest cakes first, then least left over."""
    best: dict[str, MenuChoice] = {}
    for size in sizes:
        each = size.servings_max if kind is SliceKind.WEDDING else size.servings_min
        quantity = math.ceil(needed / each)
        if quantity > min(MOST_OF_ONE, size.max_per_order):
            continue
        price = Money(size.price_cents * quantity, currency)
        choice = MenuChoice(size, quantity, each * quantity, each * quantity - needed, price)
        known = best.get(size.slug)
        if known is None or choice.price.cents < known.price.cents:
            best[size.slug] = choice
    order = sorted(best.values(), key=lambda c: (c.quantity, c.left_over, c.price.cents))
    return order[:MENU_CHOICES]


# A size is named by its pan: '8″ (20 cm)', '8 inch', '8″ heart'. Without a shape it is round.
_PAN = re.compile(rf"(\d{{1,2}})\s?(?:″|\"|-?inch)\s*(?:\(.*\)|({'|'.join(Shape)}))?$", re.IGNORECASE)


def _pan_prices(sizes: Sequence[CakeSize], currency: str) -> dict[tuple[Shape, int], Money]:
    """The lowest price on the menu of each pan."""
    lowest: dict[tuple[Shape, int], int] = {}
    for size in sizes:
        if match := _PAN.match(size.name):
            pan = (Shape((match[2] or Shape.ROUND).lower()), int(match[1]))
            lowest[pan] = min(size.price_cents, lowest.get(pan, size.price_cents))
    return {pan: Money(cents, currency) for pan, cents in lowest.items()}


def _within(value: float, bounds: tuple[float, float], field: str) -> None:
    low, high = bounds
    # Not a number is in no range.
    if not low <= value <= high:
        raise Invalid(f"The {_word(field)} must be between {low:g} and {high:g} cm.", field=field)


def _word(field: str) -> str:
    return field.removesuffix("_cm")
