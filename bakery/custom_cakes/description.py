"""What a cake is, in a few sentences for staff: drafted from its design, theirs to correct, no promise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.custom_cakes import options
from bakery.custom_cakes.contents import allergens
from bakery.custom_cakes.in_words import tier_words
from bakery.custom_cakes.spec import CakeDesign


def provisional_description(design: CakeDesign, servings: int | None = None) -> str:
    """Equal designs, equal words. It says nothing that the design does not, and never "free from": an allergen
    that nobody has declared is called unknown.
    """
    count = f"{len(design.tiers)}-tier " if len(design.tiers) > 1 else ""
    feeds = f", serving about {servings}" if servings else ""
    parts = [
        f"{_called(options.OCCASIONS, design.occasion)}: a {count}{design.shape.value} cake{feeds}.",
        *_tiers(design),
        f"Covered in {_lower(options.COVERINGS[design.covering].name)}, {_colour(design.colour)}.",
        f"Drip in {_colour(design.drip)}." if design.drip else "",
        f"{options.DECORATIONS[design.decoration].name}.",
        _sentence("On it", (options.TOPPINGS[topping].name for topping in design.toppings)),
        f"Written on it: “{design.inscription}” in {_colour(design.ink)}." if design.inscription else "",
        *_allergen_sentences(allergens(design)),
        _sentence("Asked to be", _words(design.diets, TAG_WORDS)),
        _sentence("The customer avoids", _words(design.allergies, ALLERGEN_WORDS)),
    ]
    return " ".join(part for part in parts if part)


def _tiers(design: CakeDesign) -> Iterator[str]:
    for index, tier in enumerate(design.tiers, start=1):
        kept = " Kept, not served." if design.keeps_top_tier and index == len(design.tiers) else ""
        name = f"Tier {index}: " if len(design.tiers) > 1 else ""
        yield name + tier_words(tier) + kept


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


def _words(codes: Iterable[StrEnum], words: Mapping[Any, str]) -> Iterator[str]:
    return (words.get(code, code.value) for code in codes)


def _called(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)


def _colour(code: str) -> str:
    return _lower(_called(options.COLOURS, code))


def _lower(word: str) -> str:
    return word[:1].lower() + word[1:]
