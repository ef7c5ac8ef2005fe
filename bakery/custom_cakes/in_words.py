"""A design in words, row by row: what a customer reads back, and what staff read before they decide."""

from __future__ import annotations

from collections.abc import Iterator

from bakery.catalog.models import Allergen
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.core.money import Money
from bakery.custom_cakes import options
from bakery.custom_cakes.contents import allergens
from bakery.custom_cakes.preview import size_words
from bakery.custom_cakes.spec import CakeDesign, TierDesign
from bakery.infra import formats


def spec_rows(design: CakeDesign, currency: str) -> tuple[tuple[str, str], ...]:
    """(name, words) of everything that was chosen, in the order of the builder; what was left open is missing."""
    rows = (
        ("For", f"{_word(options.OCCASIONS, design.occasion)}, {formats.date_long(design.needed_on)}"),
        ("Guests", str(design.guests or "")),
        ("Shape", options.SHAPES[design.shape]),
        *_tiers(design),
        ("Covering", f"{options.COVERINGS[design.covering].name}, {_colour(design.colour)}"),
        ("Drip", _colour(design.drip)),
        ("Decoration", options.DECORATIONS[design.decoration].name),
        ("Toppings", ", ".join(options.TOPPINGS[topping].name for topping in design.toppings)),
        ("Written on it", f"“{design.inscription}”" if design.inscription else ""),
        ("In the colour", _colour(design.ink) if design.inscription else ""),
        ("Diets", ", ".join(TAG_WORDS[tag] for tag in design.diets)),
        ("Allergies", ", ".join(ALLERGEN_WORDS[allergen] for allergen in design.allergies)),
        ("About allergies", design.allergy_note),
        ("Budget", _budget(design, currency)),
        ("Note", design.note),
    )
    return tuple((name, words) for name, words in rows if words)


def allergen_rows(design: CakeDesign) -> tuple[tuple[str, str], ...]:
    """(words, state) of all fourteen, in the order of a label."""
    states = allergens(design)
    return tuple((words, states[Allergen(code)].value) for code, words in ALLERGEN_WORDS.items())


def _tiers(design: CakeDesign) -> Iterator[tuple[str, str]]:
    several = len(design.tiers) > 1
    for index, tier in enumerate(design.tiers, start=1):
        name = f"Tier {index}" if several else "Cake"
        kept = " Kept for later." if design.keeps_top_tier and index == len(design.tiers) else ""
        yield name, tier_words(tier) + kept


def tier_words(tier: TierDesign) -> str:
    """`20 cm across, 10 cm high. Walnut with vanilla buttercream, 3 layers.`"""
    size = f"{size_words(tier)} cm across, {tier.height_cm:g} cm high."
    if tier.dummy:
        return f"{size} A dummy: nobody eats it."
    flavour, filling = (
        offer[code].name if code in offer else code
        for offer, code in ((options.FLAVOURS, tier.flavour), (options.FILLINGS, tier.filling))
    )
    layers = f"{tier.layers} layer{'s' if tier.layers > 1 else ''}"
    return f"{size} {flavour} with {filling[:1].lower()}{filling[1:]}, {layers}."


def _word(words: dict[str, str], code: str) -> str:
    return words.get(code, code)


def _colour(code: str) -> str:
    return options.COLOURS.get(code, code).lower()


def _budget(design: CakeDesign, currency: str) -> str:
    if design.budget_cents is None:
        return ""
    return f"up to {formats.money(Money(design.budget_cents, currency))}"
