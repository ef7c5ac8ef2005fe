"""What a cart request says, from a form or JSON. Nothing is guessed: what cannot be is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import request

from bakery.core.errors import Invalid

_WHOLE = re.compile(r"^[+-]?[0-9]{1,12}$")
# Only the shop says what things cost; whoever sends a price is told so.
_PRICES = ("price", "price_cents", "unit_price", "unit_price_cents", "amount", "total", "total_cents")
# Longer than any message can be; what is longer still is not worth looking at.
_MAX_TEXT = 5000


@dataclass(frozen=True, slots=True)
class ItemInput:
    """A wish to add."""

    variant_id: int
    quantity: int
    message: str


@dataclass(frozen=True, slots=True)
class ChangeInput:
    """A wish to change a line; None leaves as it is."""

    quantity: int | None
    message: str | None
    remove: bool


def read_item() -> ItemInput:
    """The item to add. Refuses a variant or quantity that is no number, and any price sent along."""
    values = _values()
    _refuse_prices(values)
    variant_id = _whole(values.get("variant_id"), "variant_id", "Please choose a size.")
    if not 0 < variant_id < 2**62:
        raise Invalid("We do not sell that. Please choose something else.", field="variant_id")
    quantity = values.get("quantity", 1)
    return ItemInput(variant_id, _quantity(quantity, least=1), _text(values.get("message")) or "")


def read_change() -> ChangeInput:
    """The change to a line; a quantity of 0 removes it. Refuses as `read_item` does, and a change of nothing."""
    values = _values()
    _refuse_prices(values)
    quantity = _quantity(values["quantity"], least=0) if "quantity" in values else None
    message = _text(values.get("message"))
    remove = bool(values.get("remove"))
    if quantity is None and message is None and not remove:
        raise Invalid("Please say what to change: the quantity or the message.", field="quantity")
    return ChangeInput(quantity, message, remove)


def _values() -> dict[str, Any]:
    if not request.is_json:
        return request.form.to_dict()
    values = request.get_json(silent=True)
    if not isinstance(values, dict):
        raise Invalid("The request is not a JSON object.")
    return values


def _refuse_prices(values: dict[str, Any]) -> None:
    for name in _PRICES:
        if name in values:
            raise Invalid("The price is set by the shop and cannot be sent along.", field=name)


def _quantity(raw: Any, *, least: int) -> int:
    quantity = _whole(raw, "quantity", "The quantity has to be a whole number.")
    if quantity < least:
        raise Invalid(f"The quantity has to be at least {least}.", field="quantity")
    if quantity > 1000:
        raise Invalid("That is more than we can bake. Please ring us about large orders.", field="quantity")
    return quantity


def _whole(raw: Any, field: str, sentence: str) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and _WHOLE.match(raw.strip()):
        return int(raw)
    raise Invalid(sentence, field=field)


def _text(raw: Any) -> str | None:
    if raw is None:
        return None
    if not isinstance(raw, str) or len(raw) > _MAX_TEXT:
        raise Invalid("The message is too long to be piped on a cake.", field="message")
    return raw
