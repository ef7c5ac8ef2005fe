"""What each station has to do for a cake, in the kitchen's words."""

from __future__ import annotations

from collections.abc import Iterator

from bakery.custom_cakes import options
from bakery.custom_cakes.options import Choice
from bakery.custom_cakes.preview import size_words
from bakery.custom_cakes.spec import CakeDesign, TierDesign
from bakery.scheduling.types import Station


def kitchen_words(design: CakeDesign) -> dict[Station, tuple[str, ...]]:
    """A line for each thing that is baked, filled or put on, bottom tier first. Sizes are in centimetres."""
    return {
        Station.BAKE: tuple(_baked(design)),
        Station.FILL: tuple(_filled(design)),
        Station.DECORATE: tuple(_decorated(design)),
    }


def _baked(design: CakeDesign) -> Iterator[str]:
    for name, tier in _tiers(design):
        if not tier.dummy:
            flavour = _name(options.FLAVOURS, tier.flavour)
            yield (
                f"{name}{flavour}, {_layers(tier)}, {design.shape.value} {size_words(tier)}, "
                f"{tier.height_cm:g} high"
            )


def _filled(design: CakeDesign) -> Iterator[str]:
    for name, tier in _tiers(design):
        if tier.dummy:
            yield f"{name}foam, {design.shape.value} {size_words(tier)}, {tier.height_cm:g} high"
        else:
            yield f"{name}{_name(options.FILLINGS, tier.filling)}, {_layers(tier)}"
    covering = options.COVERINGS[design.covering].name
    yield f"Cover: {covering}, {_colour(design.colour)}"


def _decorated(design: CakeDesign) -> Iterator[str]:
    yield options.DECORATIONS[design.decoration].name
    if design.drip:
        yield f"Drip: {_colour(design.drip)}"
    if design.toppings:
        yield f"On top: {', '.join(options.TOPPINGS[topping].name.lower() for topping in design.toppings)}"
    if design.inscription:
        yield f"Write in {_colour(design.ink)}"
    if design.note:
        yield f"The customer: {design.note}"


def _tiers(design: CakeDesign) -> Iterator[tuple[str, TierDesign]]:
    several = len(design.tiers) > 1
    for number, tier in enumerate(design.tiers, start=1):
        yield (f"Tier {number}: " if several else ""), tier


def _layers(tier: TierDesign) -> str:
    return f"{tier.layers} layer{'' if tier.layers == 1 else 's'}"


def _name(offer: dict[str, Choice], code: str) -> str:
    return offer[code].name if code in offer else code


def _colour(code: str) -> str:
    return options.COLOURS.get(code, code).lower()
