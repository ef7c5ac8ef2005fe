"""What changed between two versions of a cake, in the customer's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from bakery.catalog.models import Allergen, Declaration
from bakery.catalog.words import ALLERGEN_WORDS, TAG_WORDS
from bakery.custom_cakes import options
from bakery.custom_cakes.contents import allergens
from bakery.custom_cakes.preview import size_words
from bakery.custom_cakes.spec import CakeDesign, TierDesign
from bakery.infra import formats

NONE = "none"


def differences(old: CakeDesign, new: CakeDesign) -> tuple[str, ...]:
    """A sentence for each thing that differs, allergens first; empty when nothing that is baked does.

    A change of an allergen never says "free from": only what is declared not contained is called so.
    """
    return (*allergen_changes(old, new), *design_changes(old, new))


def design_changes(old: CakeDesign, new: CakeDesign) -> tuple[str, ...]:
    """The same without the allergens, for who says those apart and louder."""
    return (*_words(old, new), *_tiers(old.tiers, new.tiers), *_sets(old, new))


def allergen_changes(old: CakeDesign, new: CakeDesign) -> tuple[str, ...]:
    """A sentence for each allergen that is declared otherwise now."""
    return tuple(_allergens(old, new))


def new_allergens(old: CakeDesign, new: CakeDesign) -> tuple[Allergen, ...]:
    """What the new cake contains and the old one did not: what somebody may have agreed to the old one without."""
    before, after = allergens(old), allergens(new)
    return tuple(
        each
        for each in Allergen
        if after[each] is Declaration.CONTAINS and before[each] is not Declaration.CONTAINS
    )


def _allergens(old: CakeDesign, new: CakeDesign) -> Iterator[str]:
    before, after = allergens(old), allergens(new)
    for allergen in Allergen:
        if before[allergen] is after[allergen]:
            continue
        word = ALLERGEN_WORDS[allergen]
        yield {
            Declaration.CONTAINS: f"Now contains {word.lower()}.",
            Declaration.MAY_CONTAIN: f"{word}: may be contained now.",
            Declaration.UNKNOWN: f"{word}: not declared any more, so we do not know.",
            Declaration.NOT_CONTAINED: f"{word}: not an ingredient any more.",
        }[after[allergen]]


def _words(old: CakeDesign, new: CakeDesign) -> Iterator[str]:
    pairs: tuple[tuple[str, str, str], ...] = (
        ("Date", formats.date_long(old.needed_on), formats.date_long(new.needed_on)),
        ("Occasion", _called(options.OCCASIONS, old.occasion), _called(options.OCCASIONS, new.occasion)),
        ("Shape", old.shape.value, new.shape.value),
        ("Covering", options.COVERINGS[old.covering].name, options.COVERINGS[new.covering].name),
        ("Colour", _called(options.COLOURS, old.colour), _called(options.COLOURS, new.colour)),
        ("Drip", _called(options.COLOURS, old.drip), _called(options.COLOURS, new.drip)),
        ("Writing in", _called(options.COLOURS, old.ink), _called(options.COLOURS, new.ink)),
        ("Decoration", old.decoration.value, new.decoration.value),
        ("Inscription", _quoted(old.inscription), _quoted(new.inscription)),
        ("Guests", str(old.guests or NONE), str(new.guests or NONE)),
        ("Top tier kept", "yes" if old.keeps_top_tier else "no", "yes" if new.keeps_top_tier else "no"),
    )
    for name, before, after in pairs:
        if before != after:
            yield f"{name}: {before} → {after}."
    for name, before, after in (
        ("Your allergy note", old.allergy_note, new.allergy_note),
        ("Your note", old.note, new.note),
    ):
        if before != after:
            yield f"{name} was changed." if after else f"{name} was taken out."


def _tiers(old: tuple[TierDesign, ...], new: tuple[TierDesign, ...]) -> Iterator[str]:
    for index, (before, after) in enumerate(zip(old, new, strict=False), start=1):
        changed = [
            f"{name} {was} → {is_}"
            for name, was, is_ in zip(_NAMES, _tier_words(before), _tier_words(after), strict=True)
            if was != is_
        ]
        if changed:
            yield f"Tier {index}: {', '.join(changed)}."
    for index, tier in enumerate(new[len(old) :], start=len(old) + 1):
        yield f"Tier {index} is new: {_whole(tier)}."
    for index, tier in enumerate(old[len(new) :], start=len(new) + 1):
        yield f"Tier {index} is gone: {_whole(tier)}."


_NAMES = ("size", "height", "layers", "flavour", "filling")


def _tier_words(tier: TierDesign) -> tuple[str, ...]:
    return (
        f"{size_words(tier)} cm",
        f"{tier.height_cm:g} cm",
        NONE if tier.dummy else str(tier.layers),
        "dummy"
        if tier.dummy
        else options.FLAVOURS[tier.flavour].name
        if tier.flavour in options.FLAVOURS
        else tier.flavour,
        NONE
        if tier.dummy
        else options.FILLINGS[tier.filling].name
        if tier.filling in options.FILLINGS
        else tier.filling,
    )


def _whole(tier: TierDesign) -> str:
    size, height, layers, flavour, filling = _tier_words(tier)
    if tier.dummy:
        return f"{size}, {height} high, dummy"
    return (
        f"{size}, {height} high, {flavour} with {filling} in {layers} layer{'s' if tier.layers > 1 else ''}"
    )


def _sets(old: CakeDesign, new: CakeDesign) -> Iterator[str]:
    toppings = {code: choice.name for code, choice in options.TOPPINGS.items()}
    yield from _set("toppings", _names(old.toppings, toppings), _names(new.toppings, toppings))
    yield from _set("diets", _names(old.diets, TAG_WORDS), _names(new.diets, TAG_WORDS))
    yield from _set(
        "allergies to mind", _names(old.allergies, ALLERGEN_WORDS), _names(new.allergies, ALLERGEN_WORDS)
    )


def _set(name: str, old: list[str], new: list[str]) -> Iterator[str]:
    added, gone = [w for w in new if w not in old], [w for w in old if w not in new]
    if added:
        yield f"Added {name}: {', '.join(added)}."
    if gone:
        yield f"Left out {name}: {', '.join(gone)}."


def _names(codes: Iterable[StrEnum], words: Mapping[Any, str]) -> list[str]:
    return [words.get(code, code.value) for code in codes]


def _called(words: dict[str, str], code: str) -> str:
    return words.get(code, code) or NONE


def _quoted(text: str) -> str:
    return f"“{text}”" if text else NONE
