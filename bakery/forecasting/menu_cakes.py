"""What the models suggest for a cake on the menu: a price and servings for one of its sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from bakery.catalog.illustration.specs import Covering, Shape, Topping
from bakery.catalog.models import Allergen, Declaration
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.custom_cakes import contents, options
from bakery.custom_cakes.options import Decoration
from bakery.custom_cakes.spec import MAX_TIERS, CakeDesign, TierDesign
from bakery.forecasting.estimates import count_servings, suggest_price
from bakery.forecasting.pricing import Prediction
from bakery.shop.queries import Profile

# Each further tier is so much narrower than the one below it: a board's edge and a piped border.
STEP_CM = 5.0
# A price on the menu holds every day: asked for an ordinary weekday, without hurry.
NOTICE_DAYS, WEDNESDAY = 14, 2
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What every size of a cake is made of. Refuses (Invalid, with the field) what the shop does not offer."""

    flavour: str
    filling: str
    covering: str
    decoration: str
    colour: str
    toppings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, offer in (
            ("flavour", options.FLAVOURS),
            ("filling", options.FILLINGS),
            ("covering", options.COVERINGS),
            ("decoration", options.DECORATIONS),
            ("colour", options.COLOURS),
        ):
            _offered(name, getattr(self, name), offer)
        for topping in self.toppings:
            _offered("toppings", topping, options.TOPPINGS)


@dataclass(frozen=True, slots=True)
class Measures:
    """How large one size is, in centimetres: `height_cm` and `layers` of each tier, the rest of the bottom one.

    Whether such a cake can be built is asked in `design_of`.
    """

    shape: str
    across_cm: float
    height_cm: float
    layers: int = 3
    width_cm: float | None = None
    tiers: int = 1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion for one size: a person decides, and both numbers are kept.

    `servings_min` with a party's slices, `servings_max` with a wedding's. `allergens` and `work` are what the
    shop's own recipes say of such a cake: a hint, never a declaration.
    """

    price: Prediction
    servings_min: int
    servings_max: int
    design: CakeDesign
    allergens: dict[Allergen, Declaration]
    work: contents.Work


def design_of(recipe: Recipe, measures: Measures, today: date) -> CakeDesign:
    """The cake as a design. Refuses (Invalid, with the form's field) what cannot be built."""
    if measures.shape not in set(Shape):
        raise Invalid("Choose a shape.", field="shape")
    if not 1 <= measures.tiers <= MAX_TIERS:
        raise Invalid(f"We build 1 to {MAX_TIERS} tiers.", field="tiers")
    try:
        return CakeDesign(
            occasion="other",
            needed_on=ordinary_day(today),
            shape=Shape(measures.shape),
            tiers=tuple(_tier(recipe, measures, number) for number in range(measures.tiers)),
            covering=Covering(recipe.covering),
            colour=recipe.colour,
            decoration=Decoration(recipe.decoration),
            toppings=tuple(Topping(topping) for topping in recipe.toppings),
        )
    except Invalid as error:
        raise _in_words_of_the_form(error) from None


def check_measures(measures: Measures) -> None:
    """Refuse (Invalid, with the form's field) measures of which no cake can be built, whatever it is made of."""
    plain = Recipe("vanilla", "buttercream", "buttercream", "simple", "white")
    design_of(plain, measures, date(2026, 1, 1))


def suggest(shop: Profile, recipe: Recipe, measures: Measures, *, ref: str = "") -> Suggestion:
    """Price and servings of one size. Refuses (Invalid, with the form's field) what cannot be built.

    Call it outside any transaction: a price model that cannot be read is told to staff in one of its own.
    """
    today = clock.today(shop.time_zone)
    design = design_of(recipe, measures, today)
    generous = count_servings(shop, design)
    small = count_servings(shop, dataclasses.replace(design, occasion="wedding"))
    return Suggestion(
        price=suggest_price(design, today, shop.currency, ref=ref),
        # A shop may cut smaller slices at a party than at a wedding.
        servings_min=max(1, min(generous, small)),
        servings_max=max(1, generous, small),
        design=design,
        allergens=contents.allergens(design),
        work=contents.work(design),
    )


def ordinary_day(today: date) -> date:
    """The first Wednesday two weeks ahead."""
    earliest = today + timedelta(days=NOTICE_DAYS)
    return earliest + timedelta(days=(WEDNESDAY - earliest.weekday()) % 7)


def name_of(measures: Measures) -> str:
    """What a size is called on the menu: `8″ (20 cm)`, `10″ heart`, `33 × 23 cm`, `2 tiers from 25 cm`."""
    across = measures.across_cm
    if measures.tiers > 1:
        return f"{measures.tiers} tiers from {across:.0f} cm"
    if measures.shape == Shape.RECTANGLE:
        return f"{across:.0f} × {measures.width_cm or 0:.0f} cm"
    inches = round(across / 2.54)
    pan = f"{inches}″" if abs(across - inches * 2.54) <= 0.3 else ""
    if measures.shape == Shape.ROUND:
        return f"{pan} ({across:.0f} cm)" if pan else f"{across:.0f} cm"
    return f"{pan or f'{across:.0f} cm'} {measures.shape}"


def _tier(recipe: Recipe, measures: Measures, number: int) -> TierDesign:
    across = measures.across_cm - number * STEP_CM
    flat = measures.shape == Shape.RECTANGLE
    width = None if measures.width_cm is None else measures.width_cm - number * STEP_CM
    return TierDesign(
        height_cm=measures.height_cm,
        diameter_cm=None if flat else across,
        length_cm=across if flat else None,
        width_cm=width if flat else None,
        layers=measures.layers,
        flavour=recipe.flavour,
        filling=recipe.filling,
    )


def _in_words_of_the_form(error: Invalid) -> Invalid:
    """A design's refusal names a tier; the form has one line for all of them."""
    field = error.field or "tiers"
    at, _, name = field.removeprefix("tiers.").partition(".")
    if name in ("diameter_cm", "length_cm") and at != "0":
        return Invalid(
            f"Each tier is {STEP_CM:g} cm narrower than the one below it, so the top one would be too narrow.",
            field="tiers",
        )
    if name in ("diameter_cm", "length_cm"):
        name = "across_cm"
    return Invalid(error.message, field=name or field)


def _offered(name: str, value: str, offer: Collection[object]) -> None:
    if value not in offer:
        raise Invalid("Choose one of the list.", field=name)
