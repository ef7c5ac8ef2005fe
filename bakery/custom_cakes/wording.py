"""A design in words: row by row for a page, and as a short description for staff. Equal designs, equal words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.core.money import Money
from bakery.custom_cakes import options
from bakery.custom_cakes.contents import allergens
from bakery.custom_cakes.preview import size_words
from bakery.custom_cakes.spec import CakeDesign, TierDesign
from bakery.infra import formats


def spec_words(design: CakeDesign, currency: str) -> tuple[tuple[str, str], ...]:
    """What was asked for as (name, value) pairs, the customer's own notes apart. What is blank is left out."""
    rows = (
        ("Occasion", _called(options.OCCASIONS, design.occasion)),
        ("Needed on", formats.date_long(design.needed_on)),
        ("Guests", str(design.guests or "")),
        ("Budget", _budget(design, currency)),
        ("Shape", f"{design.shape.value.capitalize()}, {_count(len(design.tiers), 'tier')}"),
        *_tiers(design),
        (
            "Covering",
            f"{options.COVERINGS[design.covering].name} ({_called(options.COLOURS, design.colour)})",
        ),
        ("Drip", _called(options.COLOURS, design.drip)),
        ("Decoration", options.DECORATIONS[design.decoration].name),
        ("Toppings", ", ".join(options.TOPPINGS[topping].name for topping in design.toppings)),
        ("Inscription", _inscription(design)),
    )
    return tuple((name, value) for name, value in rows if value)


def provisional_description(design: CakeDesign, servings: int | None = None) -> str:
    """What the cake is, in a few sentences for staff. It says nothing that the design does not, and never "free
    from": an allergen that nobody has declared is called unknown.
    """
    count = f"{len(design.tiers)}-tier " if len(design.tiers) > 1 else ""
    feeds = f", serving about {servings}" if servings else ""
    parts = [
        f"{_called(options.OCCASIONS, design.occasion)}: a {count}{design.shape.value} cake{feeds}.",
        *(f"{name}: {value}." for name, value in _tiers(design)),
        f"Covered in {_lower(options.COVERINGS[design.covering].name)}, "
        f"{_lower(_called(options.COLOURS, design.colour))}.",
        f"Drip in {_lower(_called(options.COLOURS, design.drip))}." if design.drip else "",
        f"{options.DECORATIONS[design.decoration].name}.",
        _sentence("On it", (options.TOPPINGS[topping].name for topping in design.toppings)),
        f"Written on it: {_inscription(design)}." if design.inscription else "",
        *_allergen_sentences(allergens(design)),
        _sentence("Asked to be", _words(design.diets, TAG_WORDS)),
        _sentence("The customer avoids", _words(design.allergies, ALLERGEN_WORDS)),
    ]
    return " ".join(part for part in parts if part)


def _tiers(design: CakeDesign) -> Iterator[tuple[str, str]]:
    for index, tier in enumerate(design.tiers):
        name = "Cake" if len(design.tiers) == 1 else f"Tier {index + 1}"
        kept = design.keeps_top_tier and index == len(design.tiers) - 1
        yield name, _tier(tier) + (", kept and not served" if kept else "")


def _tier(tier: TierDesign) -> str:
    size = f"{size_words(tier)} cm across, {tier.height_cm:g} cm high"
    if tier.dummy:
        return f"{size}, foam"
    flavour = _name(options.FLAVOURS, tier.flavour)
    filling = _lower(_name(options.FILLINGS, tier.filling))
    return f"{size}, {_lower(flavour)} in {_count(tier.layers, 'layer')} with {filling}"


def _allergen_sentences(states: Mapping[Allergen, Declaration]) -> Iterator[str]:
    for state, words in (
        (Declaration.CONTAINS, "Contains"),
        (Declaration.MAY_CONTAIN, "May contain"),
        (Declaration.UNKNOWN, "Not declared, so unknown"),
    ):
        yield _sentence(words, (ALLERGEN_WORDS[a] for a in Allergen if states[a] is state))


def _sentence(start: str, words: Iterable[str]) -> str:
    listed = ", ".join(_lower(word) for word in words)
    return f"{start}: {listed}." if listed else ""


def _inscription(design: CakeDesign) -> str:
    if not design.inscription:
        return ""
    return f"“{design.inscription}” in {_lower(_called(options.COLOURS, design.ink))}"


def _budget(design: CakeDesign, currency: str) -> str:
    return "" if design.budget_cents is None else formats.money(Money(design.budget_cents, currency))


def _words(codes: Iterable[StrEnum], words: Mapping[Any, str]) -> Iterator[str]:
    return (words.get(code, code.value) for code in codes)


def _name(offer: Mapping[str, options.Choice], code: str) -> str:
    return offer[code].name if code in offer else code


def _called(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _lower(word: str) -> str:
    return word[:1].lower() + word[1:]
