"""What is in a design: its allergens, what clashes with what the customer avoids, and the work it takes when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.custom_cakes import options
from bakery.custom_cakes.options import Choice
from bakery.custom_cakes.spec import CakeDesign
from bakery.scheduling.types import Need, Station, StepNeed

# Boxing a cake and showing it to whoever collects it: all that it asks of its pickup slot.
HANDOVER_MINUTES = 15
# No station works longer than this on one cake in a day: what takes longer goes on several days.
DAYS_WORK = 240
# A cake that is filled and decorated within this much is baked one day and finished the next.
FINISHED_IN = 150

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


def need_of(design: CakeDesign) -> Need:
    """What a cake asks of its pickup slot, and of the kitchen's stations on the working days before: the one answer
    for pages, estimates, holds and the queue.
    """
    takes = work(design)
    return Need(
        lead_time_hours=takes.lead_hours,
        make_minutes=HANDOVER_MINUTES,
        forced_by="A cake like this",
        steps=steps(takes),
        far=True,
    )


def steps(takes: Work) -> tuple[StepNeed, ...]:
    """The work by station and working day, the first first; decorated no later than the day before it is collected."""
    decorating = _days(Station.DECORATE, takes.decorate_minutes, 1)
    finished = takes.fill_minutes + takes.decorate_minutes <= FINISHED_IN
    filling = _days(Station.FILL, takes.fill_minutes, 1 if finished else _day_before(decorating))
    baking = _days(Station.BAKE, takes.bake_minutes, _day_before(filling or decorating))
    return (*baking, *filling, *decorating)


def _days(station: Station, minutes: int, last: int) -> tuple[StepNeed, ...]:
    """One station's work, shared out evenly over as few days as it takes, up to `last` days before."""
    count = -(-minutes // DAYS_WORK)
    return tuple(
        StepNeed(station, last + later, minutes * (later + 1) // count - minutes * later // count)
        for later in reversed(range(count))
    )


def _day_before(steps: tuple[StepNeed, ...]) -> int:
    return max((step.days_before for step in steps), default=0) + 1


def _is(state: Declaration) -> str:
    return {
        Declaration.CONTAINS: "contains it",
        Declaration.MAY_CONTAIN: "may contain it",
        Declaration.UNKNOWN: "has not been declared for it",
    }[state]
