"""What is in a design: its allergens, what clashes with what the customer avoids, and the work it takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.custom_cakes import options
from bakery.custom_cakes.options import Choice
from bakery.custom_cakes.spec import CakeDesign

K = TypeVar("K")
# A choice that the shop no longer offers: nobody can say any more what was in it.
_FORGOTTEN = Choice("No longer offered", declared=False)


@dataclass(frozen=True, slots=True)
class Work:
    """A baker's minutes by step, and how long before collection the cake has to be asked for."""

    bake_minutes: int
    fill_minutes: int
    decorate_minutes: int
    lead_hours: int

    @property
    def minutes(self) -> int:
        return self.bake_minutes + self.fill_minutes + self.decorate_minutes


def _of(offer: dict[K, Choice], key: K) -> Choice:
    return offer.get(key, _FORGOTTEN)


def choices(design: CakeDesign) -> Iterator[Choice]:
    """Everything that goes into the cake, dummies apart."""
    for tier in design.tiers:
        if not tier.dummy:
            yield _of(options.FLAVOURS, tier.flavour)
            yield _of(options.FILLINGS, tier.filling)
    yield _of(options.COVERINGS, design.covering)
    yield _of(options.DECORATIONS, design.decoration)
    for topping in design.toppings:
        yield _of(options.TOPPINGS, topping)


def allergens(design: CakeDesign) -> dict[Allergen, Declaration]:
    """All fourteen, by the shop's own recipes.

    One choice that nobody has declared makes every other allergen unknown: unknown is never free from. What
    the customer asks to be left out changes nothing here; a person decides that, and writes it down.
    """
    chosen = list(choices(design))
    contains = {allergen for choice in chosen for allergen in choice.contains}
    may = {allergen for choice in chosen for allergen in choice.may_contain} | options.KITCHEN_MAY_CONTAIN
    rest = Declaration.NOT_CONTAINED if all(choice.declared for choice in chosen) else Declaration.UNKNOWN
    return {
        allergen: Declaration.CONTAINS
        if allergen in contains
        else Declaration.MAY_CONTAIN
        if allergen in may
        else rest
        for allergen in Allergen
    }


def clashes(design: CakeDesign) -> tuple[str, ...]:
    """Where the cake, made by the shop's own recipes, is not what the customer can eat: a sentence each."""
    states = allergens(design)
    found = []
    for allergen in design.allergies:
        if states[allergen] is not Declaration.NOT_CONTAINED:
            found.append(f"You avoid {ALLERGEN_WORDS[allergen].lower()}: this cake {_is(states[allergen])}.")
    for diet in design.diets:
        for allergen in Allergen:
            if (
                allergen in options.DIET_AVOIDS.get(diet, ())
                and states[allergen] is not Declaration.NOT_CONTAINED
            ):
                word = ALLERGEN_WORDS[allergen].lower()
                found.append(f"{TAG_WORDS[diet]}: this cake {_is(states[allergen])} ({word}).")
    return tuple(found)


def work(design: CakeDesign) -> Work:
    """How long the cake takes, in a baker's minutes: sponges by tier and layers, the rest by its choice."""
    bake = fill = 0
    for tier in design.tiers:
        if tier.dummy:
            continue
        bake += _of(options.FLAVOURS, tier.flavour).make_minutes + 5 * (tier.layers - 1)
        fill += _of(options.FILLINGS, tier.filling).make_minutes + 5 * (tier.layers - 1)
    # Covering a second tier takes as long as covering the first, also when it is foam.
    fill += _of(options.COVERINGS, design.covering).make_minutes * len(design.tiers)
    decorate = _of(options.DECORATIONS, design.decoration).decorate_minutes * len(design.tiers)
    decorate += sum(_of(options.TOPPINGS, topping).decorate_minutes for topping in design.toppings)
    if design.inscription:
        decorate += 10
    return Work(bake, fill, decorate, max(choice.lead_hours for choice in choices(design)))


def _is(state: Declaration) -> str:
    return {
        Declaration.CONTAINS: "contains it",
        Declaration.MAY_CONTAIN: "may contain it",
        Declaration.UNKNOWN: "has not been declared for it",
    }[state]
