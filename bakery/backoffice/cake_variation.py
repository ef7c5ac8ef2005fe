"""A cake as staff would rather make it: the design with some things changed, all of them in the page's address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from bakery.catalog.illustration.specs import Shape
from bakery.core.errors import Invalid
from bakery.custom_cakes import options
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.wish import read_wish

WHOLE = ("needed_on", "covering", "colour", "decoration", "inscription")
_UNREADABLE = "The changed cake cannot be read any more. Please change it again."


def sizes_of(shape: Shape) -> tuple[tuple[str, str], ...]:
    """The measures of a tier of that shape, with their names."""
    if shape is Shape.RECTANGLE:
        return ("length_cm", "Length, cm"), ("width_cm", "Width, cm")
    return (("diameter_cm", "Across, cm"),)


def offers_of(design: CakeDesign) -> dict[str, list[tuple[str, str]]]:
    """What the form offers, as (code, name); a flavour of this cake that is no longer on offer stays, by its code."""
    flavours = {code: choice.name for code, choice in options.FLAVOURS.items()}
    fillings = {code: choice.name for code, choice in options.FILLINGS.items()}
    for tier in design.tiers:
        if not tier.dummy:
            flavours.setdefault(tier.flavour, tier.flavour)
            fillings.setdefault(tier.filling, tier.filling)
    return {
        "flavours": list(flavours.items()),
        "fillings": list(fillings.items()),
        "coverings": [(code.value, choice.name) for code, choice in options.COVERINGS.items()],
        "decorations": [(code.value, choice.name) for code, choice in options.DECORATIONS.items()],
        "colours": list(options.COLOURS.items()),
    }


def read_variation(sent: Mapping[str, str], base: CakeDesign, today: date) -> CakeDesign:
    """The base with what was sent in its place; `tiers` says how many of them stay, from the bottom.

    Refuses (Invalid, with the field) what `read_wish` refuses.
    """
    values = base.to_json()
    values |= {name: sent[name] for name in WHOLE if name in sent}
    values["tiers"] = [
        tier | {name: sent[at] for name in tier if (at := f"tiers.{index}.{name}") in sent}
        for index, tier in enumerate(values["tiers"][: _count(sent, len(base.tiers))])
    ]
    if len(values["tiers"]) < len(base.tiers):
        # The tier that was to be kept is not there any more.
        values["keeps_top_tier"] = False
    return read_wish(values, today)


def write_hidden(design: CakeDesign) -> str:
    """The design as it goes through a hidden field."""
    return design.canonical


def read_hidden(text: str, today: date) -> CakeDesign:
    """What `write_hidden` wrote, checked like a wish. Refuses (Invalid) everything else."""
    try:
        found: Any = json.loads(text)
    # Nested beyond all measure is RecursionError's.
    except (ValueError, RecursionError) as error:
        raise Invalid(_UNREADABLE) from error
    if not isinstance(found, dict):
        raise Invalid(_UNREADABLE)
    return read_wish(found, today)


def _count(sent: Mapping[str, str], most: int) -> int:
    text = sent.get("tiers", "")
    return int(text) if text in [str(number) for number in range(1, most + 1)] else most
