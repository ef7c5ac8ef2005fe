"""What a form or a machine sends, as a design: every value checked, every refusal with its field."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import regex

from bakery.catalog.illustration.specs import Covering, Shape, Topping
from bakery.catalog.models import Allergen, Tag
from bakery.core.errors import Invalid
from bakery.core.states import find_state
from bakery.custom_cakes import options
from bakery.custom_cakes.options import Decoration
from bakery.custom_cakes.spec import MAX_TIERS, CakeDesign, TierDesign

E = TypeVar("E", bound=StrEnum)
_MAX_NUMBER = 10_000_000
# Unicode's control characters, halves of characters and private ones: no page, mail or ticket can show them.
UNPRINTABLE = regex.compile(r"[[\p{Cc}\p{Cs}\p{Co}]--[\n\r\t]]", regex.V1)


def read_wish(sent: Mapping[str, Any], today: date) -> CakeDesign:
    """The design that was sent as JSON-like values, on the shop's date `today`.

    Refuses with Invalid, naming the field: a word the shop does not offer, a number that is none, a date
    before today or none at all, and everything that `CakeDesign` refuses. Fields it does not know are ignored.
    """
    return CakeDesign(
        occasion=_offered(sent, "occasion", options.OCCASIONS),
        needed_on=_day(sent, today),
        shape=_word(sent, "shape", Shape),
        tiers=_tiers(sent),
        covering=_word(sent, "covering", Covering),
        colour=_offered(sent, "colour", options.COLOURS),
        decoration=_word(sent, "decoration", Decoration, Decoration.SIMPLE),
        drip=_offered(sent, "drip", options.COLOURS, ""),
        ink=_offered(sent, "ink", options.COLOURS, "chocolate"),
        toppings=_words(sent, "toppings", Topping, options.TOPPINGS),
        inscription=_text(sent, "inscription"),
        diets=_words(sent, "diets", Tag, tuple(Tag)),
        allergies=_words(sent, "allergies", Allergen, tuple(Allergen)),
        allergy_note=_text(sent, "allergy_note"),
        budget_cents=_whole(sent, "budget_cents", "budget_cents"),
        guests=_whole(sent, "guests", "guests"),
        keeps_top_tier=_flag(sent, "keeps_top_tier", "keeps_top_tier"),
        note=_text(sent, "note"),
    )


def _day(sent: Mapping[str, Any], today: date) -> date:
    try:
        on = date.fromisoformat(sent.get("needed_on", ""))
    except (ValueError, TypeError) as error:
        raise Invalid("Tell us the date you need the cake on.", field="needed_on") from error
    if on < today:
        raise Invalid("That date has passed. Choose a day to come.", field="needed_on")
    return on


def _tiers(sent: Mapping[str, Any]) -> tuple[TierDesign, ...]:
    tiers = sent.get("tiers")
    if not isinstance(tiers, Sequence) or isinstance(tiers, str | bytes):
        raise Invalid("A cake needs at least one tier.", field="tiers")
    if len(tiers) > MAX_TIERS:
        raise Invalid(f"We build up to {MAX_TIERS} tiers; this cake has {len(tiers)}.", field="tiers")
    return tuple(_tier(tier, f"tiers.{index}") for index, tier in enumerate(tiers))


def _tier(sent: object, at: str) -> TierDesign:
    if not isinstance(sent, Mapping):
        raise Invalid("This tier cannot be read.", field=at)
    height = _length(sent, "height_cm", at)
    if height is None:
        raise Invalid("Tell us how high the tier is.", field=f"{at}.height_cm")
    dummy = _flag(sent, "dummy", f"{at}.dummy")
    layers = _whole(sent, "layers", f"{at}.layers")
    return TierDesign(
        height_cm=height,
        diameter_cm=_length(sent, "diameter_cm", at),
        length_cm=_length(sent, "length_cm", at),
        width_cm=_length(sent, "width_cm", at),
        layers=1 if layers is None else layers,
        flavour="" if dummy else _offered(sent, "flavour", options.FLAVOURS, at=f"{at}.flavour"),
        filling="" if dummy else _offered(sent, "filling", options.FILLINGS, at=f"{at}.filling"),
        dummy=dummy,
    )


def _offered(
    sent: Mapping[str, Any], name: str, offer: Collection[str], blank: str | None = None, at: str = ""
) -> str:
    given = sent.get(name)
    if given in (None, "") and blank is not None:
        return blank
    if not isinstance(given, str) or given not in offer:
        raise Invalid(f"Choose one of: {', '.join(offer)}.", field=at or name)
    return given


def _word(sent: Mapping[str, Any], name: str, words: type[E], blank: E | None = None) -> E:
    given = sent.get(name)
    if given in (None, "") and blank is not None:
        return blank
    found = find_state(words, given) if isinstance(given, str) else None
    if found is None:
        raise Invalid(f"Choose one of: {', '.join(words)}.", field=name)
    return found


def _words(sent: Mapping[str, Any], name: str, words: type[E], offer: Collection[Any]) -> tuple[E, ...]:
    given = sent.get(name) or []
    if not isinstance(given, Sequence) or isinstance(given, str | bytes):
        raise Invalid("Send a list.", field=name)
    found = [find_state(words, word) if isinstance(word, str) else None for word in given]
    known = tuple(word for word in found if word is not None and word in offer)
    if len(known) < len(found):
        raise Invalid(f"Choose from: {', '.join(offer)}.", field=name)
    return known


def _text(sent: Mapping[str, Any], name: str) -> str:
    given = sent.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise Invalid("This is no text.", field=name)
    if UNPRINTABLE.search(given):
        raise Invalid("There is a character in it that we cannot print. Please type it again.", field=name)
    return given.strip()


def _number(given: object, field: str) -> float | None:
    """A number as a form or a machine writes it; None where nothing is written."""
    if given is None or given == "":
        return None
    try:
        if isinstance(given, bool) or not isinstance(given, int | float | str):
            raise ValueError
        value = float(given)
    except (ValueError, OverflowError) as error:
        raise Invalid("Write a number.", field=field) from error
    # Neither infinite nor a number that is none.
    if not abs(value) <= _MAX_NUMBER:
        raise Invalid("Write a smaller number.", field=field)
    return value


def _length(sent: Mapping[str, Any], name: str, at: str) -> float | None:
    return _number(sent.get(name), f"{at}.{name}")


def _whole(sent: Mapping[str, Any], name: str, field: str) -> int | None:
    value = _number(sent.get(name), field)
    if value is not None and value != int(value):
        raise Invalid("Write a whole number.", field=field)
    return None if value is None else int(value)


def _flag(sent: Mapping[str, Any], name: str, field: str) -> bool:
    given = sent.get(name)
    if given in (None, "", False):
        return False
    if given is True or given in ("on", "true", "yes", "1"):
        return True
    raise Invalid("Send true or false.", field=field)
