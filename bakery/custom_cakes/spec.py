"""A cake as somebody wishes it: checked, frozen, and the same bytes wherever it is written down."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bakery.catalog.illustration.specs import Covering, Shape, Topping
from bakery.catalog.models import Allergen, Tag
from bakery.core.errors import Invalid
from bakery.custom_cakes.options import Decoration
from bakery.orders.cart_message import clean_message

FORMAT = 1
MAX_TIERS = 6
MIN_ACROSS_CM, MAX_ACROSS_CM = 8.0, 60.0
MIN_TIER_CM, MAX_TIER_CM, MAX_CAKE_CM = 3.0, 40.0, 120.0
MAX_LAYERS = 8
MAX_TOPPINGS = 6
MAX_INSCRIPTION = 60
MAX_GUESTS = 1000
MAX_BUDGET_CENTS = 2_000_000
MAX_NOTE = 1000


def _refuse(sentence: str, name: str) -> Invalid:
    return Invalid(sentence, field=name)


@dataclass(frozen=True, slots=True)
class TierDesign:
    """One tier, lengths in centimetres to a tenth.

    A rectangle has `length_cm` and `width_cm`, every other shape `diameter_cm` (a square's side, a heart's
    widest). A dummy is foam under the same covering: nobody eats it, so it has neither flavour nor filling.
    """

    height_cm: float
    diameter_cm: float | None = None
    length_cm: float | None = None
    width_cm: float | None = None
    layers: int = 1
    flavour: str = ""
    filling: str = ""
    dummy: bool = False

    def __post_init__(self) -> None:
        for name in ("height_cm", "diameter_cm", "length_cm", "width_cm"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, round(float(value), 1))
        if self.dummy:
            for name, blank in (("layers", 1), ("flavour", ""), ("filling", "")):
                object.__setattr__(self, name, blank)

    @property
    def long_cm(self) -> float:
        """From side to side, the longer way."""
        return max(self.diameter_cm or 0, self.length_cm or 0, self.width_cm or 0)

    @property
    def short_cm(self) -> float:
        """From side to side, the shorter way."""
        return self.diameter_cm or min(self.length_cm or 0, self.width_cm or 0)


@dataclass(frozen=True, slots=True)
class CakeDesign:
    """A whole cake, bottom tier first. Cannot exist unless it can be built; what cannot is refused by field.

    Whether the shop offers a flavour or a colour today is asked where wishes come in (`wish.read_wish`), so
    that a cake of last year can still be read.
    """

    occasion: str
    needed_on: date
    shape: Shape
    tiers: tuple[TierDesign, ...]
    covering: Covering
    colour: str
    decoration: Decoration = Decoration.SIMPLE
    drip: str = ""
    ink: str = "chocolate"
    toppings: tuple[Topping, ...] = ()
    inscription: str = ""
    diets: tuple[Tag, ...] = ()
    allergies: tuple[Allergen, ...] = ()
    allergy_note: str = ""
    budget_cents: int | None = None
    guests: int | None = None
    # Put aside for the first anniversary: served to nobody, so it counts for no servings.
    keeps_top_tier: bool = False
    note: str = ""
    format: int = field(default=FORMAT, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "toppings", _in_order(self.toppings, Topping))
        object.__setattr__(self, "diets", _in_order(self.diets, Tag))
        object.__setattr__(self, "allergies", _in_order(self.allergies, Allergen))
        object.__setattr__(self, "inscription", _inscription(self.inscription))
        _check_tiers(self.shape, self.tiers)
        _check_numbers(self)
        _check_words(self)

    @property
    def eaten_tiers(self) -> tuple[TierDesign, ...]:
        """The tiers that are served: no dummies, and not the one that is kept."""
        tiers = self.tiers[:-1] if self.keeps_top_tier else self.tiers
        return tuple(tier for tier in tiers if not tier.dummy)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; `from_json` reads them back to an equal design."""
        return {
            "format": self.format,
            "occasion": self.occasion,
            "needed_on": self.needed_on.isoformat(),
            "shape": self.shape.value,
            "tiers": [
                {
                    "height_cm": tier.height_cm,
                    "diameter_cm": tier.diameter_cm,
                    "length_cm": tier.length_cm,
                    "width_cm": tier.width_cm,
                    "layers": tier.layers,
                    "flavour": tier.flavour,
                    "filling": tier.filling,
                    "dummy": tier.dummy,
                }
                for tier in self.tiers
            ],
            "covering": self.covering.value,
            "colour": self.colour,
            "decoration": self.decoration.value,
            "drip": self.drip,
            "ink": self.ink,
            "toppings": [topping.value for topping in self.toppings],
            "inscription": self.inscription,
            "diets": [tag.value for tag in self.diets],
            "allergies": [allergen.value for allergen in self.allergies],
            "allergy_note": self.allergy_note,
            "budget_cents": self.budget_cents,
            "guests": self.guests,
            "keeps_top_tier": self.keeps_top_tier,
            "note": self.note,
        }

    @property
    def canonical(self) -> str:
        """The one way this design is written: equal designs give equal text, on every machine."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def hash(self) -> str:
        """The sha256 of the canonical text, in hex."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()


def from_json(stored: dict[str, Any]) -> CakeDesign:
    """A design as it was stored by `to_json`. Refuses (Invalid) what no design can be."""
    values = dict(stored)
    values["needed_on"] = date.fromisoformat(values["needed_on"])
    values["shape"], values["covering"] = Shape(values["shape"]), Covering(values["covering"])
    values["decoration"] = Decoration(values["decoration"])
    values["tiers"] = tuple(TierDesign(**tier) for tier in values["tiers"])
    values["toppings"] = tuple(Topping(word) for word in values["toppings"])
    values["diets"] = tuple(Tag(word) for word in values["diets"])
    values["allergies"] = tuple(Allergen(word) for word in values["allergies"])
    return CakeDesign(**values)


def _in_order(chosen: Iterable[Any], words: type[Any]) -> tuple[Any, ...]:
    """Each once, in the order of the enum: the order in which somebody ticked boxes means nothing."""
    found = set(chosen)
    return tuple(word for word in words if word in found)


def _inscription(text: str) -> str:
    try:
        return clean_message(text, MAX_INSCRIPTION)
    except Invalid as error:
        raise _refuse(error.message, "inscription") from error


def _check_tiers(shape: Shape, tiers: tuple[TierDesign, ...]) -> None:
    if not tiers:
        raise _refuse("A cake needs at least one tier.", "tiers")
    if len(tiers) > MAX_TIERS:
        raise _refuse(f"We build up to {MAX_TIERS} tiers; this cake has {len(tiers)}.", "tiers")
    for index, tier in enumerate(tiers):
        _check_size(shape, tier, index)
        if not 1 <= tier.layers <= MAX_LAYERS:
            raise _refuse(f"A tier has 1 to {MAX_LAYERS} layers.", f"tiers.{index}.layers")
        if index and (tier.long_cm > tiers[index - 1].long_cm or tier.short_cm > tiers[index - 1].short_cm):
            raise _refuse(
                f"Tier {index + 1} is wider than the tier below it, so it would fall.",
                f"tiers.{index}.{'length_cm' if shape is Shape.RECTANGLE else 'diameter_cm'}",
            )
    if sum(tier.height_cm for tier in tiers) > MAX_CAKE_CM:
        raise _refuse(f"All tiers together may be up to {MAX_CAKE_CM:g} cm high.", "tiers")
    if all(tier.dummy for tier in tiers):
        raise _refuse("At least one tier has to be cake.", "tiers.0.dummy")


def _check_size(shape: Shape, tier: TierDesign, index: int) -> None:
    wanted = ("length_cm", "width_cm") if shape is Shape.RECTANGLE else ("diameter_cm",)
    for name in ("diameter_cm", "length_cm", "width_cm"):
        value = getattr(tier, name)
        if name not in wanted:
            if value is not None:
                raise _refuse(f"A {shape.value} tier has no such measure.", f"tiers.{index}.{name}")
        # Written so that a number that is none (NaN) is refused as well.
        elif value is None or not MIN_ACROSS_CM <= value <= MAX_ACROSS_CM:
            raise _refuse(
                f"A tier is {MIN_ACROSS_CM:g} to {MAX_ACROSS_CM:g} cm across.", f"tiers.{index}.{name}"
            )
    if not MIN_TIER_CM <= tier.height_cm <= MAX_TIER_CM:
        raise _refuse(
            f"A tier is {MIN_TIER_CM:g} to {MAX_TIER_CM:g} cm high.",
            f"tiers.{index}.height_cm",
        )


def _check_numbers(design: CakeDesign) -> None:
    if len(design.toppings) > MAX_TOPPINGS:
        raise _refuse(f"Choose up to {MAX_TOPPINGS} toppings.", "toppings")
    budget, guests = design.budget_cents, design.guests
    if budget is not None and budget < 0:
        raise _refuse("A budget cannot be negative.", "budget_cents")
    if budget is not None and budget > MAX_BUDGET_CENTS:
        raise _refuse("Please ring us about a cake of this budget.", "budget_cents")
    if guests is not None and not 1 <= guests <= MAX_GUESTS:
        raise _refuse(f"Tell us a number of guests from 1 to {MAX_GUESTS:,}.", "guests")
    if design.keeps_top_tier and len(design.tiers) == 1:
        raise _refuse("A cake of one tier has no top tier to keep.", "keeps_top_tier")
    if design.keeps_top_tier and not design.eaten_tiers:
        raise _refuse("With its top tier kept, this cake would serve nobody.", "keeps_top_tier")
    if design.format != FORMAT:
        raise _refuse(f"This design is written in format {design.format}, which is not known.", "format")


def _check_words(design: CakeDesign) -> None:
    for name in ("allergy_note", "note"):
        if len(getattr(design, name)) > MAX_NOTE:
            raise _refuse(f"Keep it under {MAX_NOTE:,} characters.", name)
    if not design.occasion:
        raise _refuse("Tell us the occasion.", "occasion")
    if not design.colour:
        raise _refuse("Choose a colour.", "colour")
    for index, tier in enumerate(design.tiers):
        if not tier.dummy and not tier.flavour:
            raise _refuse("Choose a flavour for this tier.", f"tiers.{index}.flavour")
        if not tier.dummy and not tier.filling:
            raise _refuse("Choose a filling for this tier.", f"tiers.{index}.filling")
