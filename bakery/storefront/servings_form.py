"""What an address of /servings asks: read strictly, so that a typing slip is never taken for a small cake."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from bakery.core.errors import Invalid
from bakery.forecasting.servings import Occasion, SliceKind, Tier, Wish, make_tier

Choice = TypeVar("Choice", SliceKind, Occasion)
SIDES = ("diameter_cm", "length_cm", "width_cm")
SHARES = (100, 85, 70)
DEFAULT_HEIGHT_CM = 10.2
# What the page starts with: an eight-inch cake, a 13 by 9 inch sheet.
FIRST_CAKE = {
    "shape": "round",
    "diameter_cm": "20.3",
    "length_cm": "33",
    "width_cm": "23",
    "height_cm": f"{DEFAULT_HEIGHT_CM}",
    "slice": SliceKind.PARTY.value,
}
FIRST_WISH = {"guests": "20", "occasion": Occasion.BIRTHDAY.value, "share": "100", "keep_top": ""}
_NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CakeQuery:
    tier: Tier
    kind: SliceKind


def read_cake(args: MultiDict[str, str]) -> CakeQuery:
    """One cake as machines ask for it. Refuses, naming the field, whatever is not one number in its range.

    Without a height it is the usual one, without a slice a party's.
    """
    values = {name: _once(args, name) for name in ("shape", *SIDES, "height_cm", "slice")}
    sides = {name: number(values[name], name) for name in SIDES if values[name] is not None}
    height = DEFAULT_HEIGHT_CM if values["height_cm"] is None else number(values["height_cm"], "height_cm")
    return CakeQuery(
        make_tier(values["shape"] or "", height, sides),
        _choice(SliceKind, values["slice"] or "party", "slice"),
    )


def read_cake_form(values: Mapping[str, str]) -> CakeQuery:
    """One cake as the page's form sends it: the fields of the other shapes come along and mean nothing."""
    wanted = ("length_cm", "width_cm") if values["shape"] == "rectangle" else ("diameter_cm",)
    kept = [("shape", values["shape"]), ("height_cm", values["height_cm"]), ("slice", values["slice"])]
    return read_cake(MultiDict(kept + [(name, values[name]) for name in wanted]))


def read_wish(values: Mapping[str, str]) -> Wish:
    """Guests and occasion. Refuses, naming the field, what is no whole number and no choice of the form."""
    if not re.fullmatch(r"\d{1,6}", values["guests"].strip(), re.ASCII):
        raise Invalid("Write the number of guests, like 40.", field="guests")
    if values["share"] not in {str(share) for share in SHARES}:
        raise Invalid("Choose how many of them eat cake.", field="share")
    return Wish(
        guests=int(values["guests"]),
        occasion=_choice(Occasion, values["occasion"], "occasion"),
        share=int(values["share"]),
        keep_top=values["keep_top"] == "1",
    )


def kept_values(args: MultiDict[str, str], first: Mapping[str, str]) -> dict[str, str]:
    """What stands in the form's fields: what was sent, and where nothing was, what the page starts with.

    A box that is not ticked is not sent at all.
    """
    sent = any(name in args for name in first)
    return {
        name: args.get(name, "" if sent and name == "keep_top" else start) for name, start in first.items()
    }


def cake_address(query: CakeQuery) -> str:
    """The address of one cake."""
    footprint = query.tier.footprint
    sides = {"diameter_cm": footprint.length_cm}
    if footprint.width_cm is not None:
        sides = {"length_cm": footprint.length_cm, "width_cm": footprint.width_cm}
    sizes = {name: f"{size:.4g}" for name, size in [*sides.items(), ("height_cm", query.tier.height_cm)]}
    return "/servings?" + urlencode({"shape": footprint.shape.value, **sizes, "slice": query.kind.value})


def wish_address(values: Mapping[str, str]) -> str:
    """The address of a plan, without what the page starts with."""
    pairs = [(name, value.strip()) for name, value in values.items() if value.strip() != FIRST_WISH[name]]
    return "/servings?" + urlencode(pairs) if pairs else "/servings"


def number(text: str | None, field: str) -> float:
    """A plain decimal number. Refuses everything else: words, NaN, powers of ten, digits of other scripts."""
    if not _NUMBER.fullmatch((text or "").strip()):
        raise Invalid(
            f"Write the {field.removesuffix('_cm')} as a number of centimetres, like 20.3.", field=field
        )
    return float(text or "")


def _once(args: MultiDict[str, str], name: str) -> str | None:
    """The one value of a parameter. Refuses two of them, and a parameter written as a list."""
    if len(args.getlist(name)) > 1 or any(key.startswith(f"{name}[") for key in args):
        raise Invalid(f"Give one {name.removesuffix('_cm')}, not several.", field=name)
    return args.get(name)


def _choice(kinds: type[Choice], value: str, field: str) -> Choice:
    if value not in {each.value for each in kinds}:
        raise Invalid(f"The {field} is one of {', '.join(each.value for each in kinds)}.", field=field)
    return kinds(value)
