"""What stands in the fields of the builder's page: read from a form, a link, a draft or a design, and given on.

Kept as it was typed, so that nobody loses a word over a cake that cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from werkzeug.datastructures import MultiDict

from bakery.catalog.illustration.specs import Shape
from bakery.core.errors import Invalid
from bakery.custom_cakes import options
from bakery.custom_cakes.spec import MAX_TIERS, CakeDesign, TierDesign
from bakery.custom_cakes.wish import UNPRINTABLE

Values = dict[str, Any]
MEASURES = ("diameter_cm", "length_cm", "width_cm", "height_cm")
TIER_WORDS = (*MEASURES, "layers", "flavour", "filling")
CHOICES = ("occasion", "needed_on", "shape", "covering", "colour", "decoration", "drip", "ink")
WORDS = ("inscription", "allergy_note", "budget", "guests", "note", "name", "email", "phone")
LISTS = ("toppings", "diets", "allergies")
FLAGS = ("keeps_top_tier", "sms_agreed", "rights")
# Kept of what is typed; every limit is far below.
LONGEST = 2500
# A tier on top is so much narrower, where that is still a cake.
STEP_CM, LEAST_CM = 6, 10
FIRST_TIER: Values = {
    "diameter_cm": "20",
    "length_cm": "30",
    "width_cm": "20",
    "height_cm": "10",
    "layers": "3",
    "flavour": "vanilla",
    "filling": "raspberry",
    "dummy": False,
}
FIRST: Values = {
    **dict.fromkeys(CHOICES + WORDS, ""),
    **{name: [] for name in LISTS},
    **dict.fromkeys(FLAGS, False),
    "occasion": "birthday",
    "shape": "round",
    "tiers": [FIRST_TIER],
    "covering": "buttercream",
    "colour": "blush",
    "decoration": "medium",
    "ink": "chocolate",
    "toppings": ["berries"],
}
# What a refusal of the models may name without saying which tier.
_OF_TIERS = frozenset({*TIER_WORDS, "tiers", ""})
_DOLLARS = re.compile(r"(?:AUD|A?\$)?\s*(-?[\d,]{1,12}(?:\.\d{1,2})?)", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\d{1,3}(\.\d{1,2})?", re.ASCII)


def read_form(form: MultiDict[str, str]) -> Values:
    """Everything the page sent, as it was typed."""
    values: Values = {name: _text(form.get(name, "")) for name in CHOICES + WORDS}
    values |= {name: [_text(each)[:40] for each in form.getlist(name)[:40]] for name in LISTS}
    values |= {name: bool(form.get(name)) for name in FLAGS}
    count = 0
    while count <= MAX_TIERS and f"tiers-{count}-height_cm" in form:
        count += 1
    values["tiers"] = [_read_tier(form, index) for index in range(count)]
    return values


def to_wish(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as `wish.read_wish` takes them. Refuses (Invalid) a budget that is no amount."""
    wish = {
        name: values[name] for name in (*CHOICES, "inscription", "allergy_note", "guests", "note", *LISTS)
    }
    wish["keeps_top_tier"] = values["keeps_top_tier"] and len(values["tiers"]) > 1
    wish["budget_cents"] = _cents(values["budget"])
    wish["tiers"] = [_wished_tier(values["shape"], tier) for tier in values["tiers"]]
    return wish


def from_design(design: CakeDesign) -> Values:
    """The fields of a design that exists."""
    stored = design.to_json()
    values = FIRST | {
        name: stored[name] for name in (*CHOICES, *LISTS, "inscription", "allergy_note", "note")
    }
    values["tiers"] = [_from_tier(tier) for tier in design.tiers]
    values["guests"] = str(design.guests or "")
    values["budget"] = (
        "" if design.budget_cents is None else f"{design.budget_cents / 100:.2f}".removesuffix(".00")
    )
    values["keeps_top_tier"] = design.keeps_top_tier
    return values


def from_link(values: Values, args: MultiDict[str, str]) -> Values:
    """The fields with what a link asks for (`?shape=round&diameter_cm=25`), as far as it makes sense.

    Several `diameter_cm` are tiers, the lowest first.
    """
    asked = dict(values)
    for name, offer in (("shape", tuple(Shape)), ("occasion", options.OCCASIONS)):
        if args.get(name) in offer:
            asked[name] = args[name]
    if re.fullmatch(r"\d{1,4}", args.get("guests", ""), re.ASCII):
        asked["guests"] = args["guests"]
    sizes = {name: [size for size in args.getlist(name) if _NUMBER.fullmatch(size)] for name in MEASURES}
    count = min(MAX_TIERS, max(len(sizes["diameter_cm"]), len(sizes["length_cm"])))
    if count:
        tiers = [asked["tiers"][min(index, len(asked["tiers"]) - 1)] for index in range(count)]
        asked["tiers"] = [
            tier | {name: given[min(index, len(given) - 1)] for name, given in sizes.items() if given}
            for index, tier in enumerate(tiers)
        ]
        asked["keeps_top_tier"] = args.get("keeps_top_tier") == "1" and count > 1
    return asked


def add_tier(values: Values) -> None:
    """One more tier on top, narrower than the one it stands on."""
    top = values["tiers"][-1] if values["tiers"] else FIRST_TIER
    narrower = {name: _narrower(top[name]) for name in ("diameter_cm", "length_cm", "width_cm")}
    values["tiers"] = [*values["tiers"], top | narrower | {"dummy": False}]


def remove_tier(values: Values, index: int) -> None:
    """Take a tier away; the last one stays."""
    if len(values["tiers"]) > 1 and 0 <= index < len(values["tiers"]):
        values["tiers"] = [tier for at, tier in enumerate(values["tiers"]) if at != index]


def field_id(field: str | None) -> str:
    """The page's name for the field of a refusal: `tiers-1-diameter_cm`. What it does not have is about the tiers."""
    named = (field or "").removesuffix("_cents").replace(".", "-")
    parts = named.split("-")
    if parts[0] == "tiers" or named in _OF_TIERS:
        return named if len(parts) == 3 and parts[2] in (*TIER_WORDS, "dummy") else "tiers"
    return named


def _text(given: str) -> str:
    # Nobody types those; they come along with what is pasted.
    return UNPRINTABLE.sub("", given[:LONGEST])


def _read_tier(form: MultiDict[str, str], index: int) -> Values:
    tier: Values = {name: _text(form.get(f"tiers-{index}-{name}", ""))[:40] for name in TIER_WORDS}
    return tier | {"dummy": bool(form.get(f"tiers-{index}-dummy"))}


def _wished_tier(shape: str, tier: Mapping[str, Any]) -> dict[str, Any]:
    """Only the measures that a tier of this shape has: the fields of the others are hidden, not emptied."""
    other = ("diameter_cm",) if shape == Shape.RECTANGLE else ("length_cm", "width_cm")
    return {name: value for name, value in tier.items() if name not in other}


def _from_tier(tier: TierDesign) -> Values:
    values = dict(FIRST_TIER)
    values |= {name: f"{size:g}" for name in MEASURES if (size := getattr(tier, name)) is not None}
    values |= {"layers": str(tier.layers), "dummy": tier.dummy}
    if not tier.dummy:
        values |= {"flavour": tier.flavour, "filling": tier.filling}
    return values


def _narrower(size: str) -> str:
    try:
        return f"{min(float(size), max(LEAST_CM, float(size) - STEP_CM)):g}"
    except ValueError:
        return size


def _cents(text: str) -> int | None:
    if not text.strip():
        return None
    found = _DOLLARS.fullmatch(text.strip())
    try:
        return int(100 * Decimal(found[1].replace(",", ""))) if found else _no_amount()
    except InvalidOperation:
        return _no_amount()


def _no_amount() -> int:
    raise Invalid("Write your budget as an amount, like 250.", field="budget_cents")
