"""Numbers as people type them: `$1,090.50`, `20,3`, `12`. What was typed stays in the field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import StringField
from wtforms.validators import StopValidation

_PLAIN = re.compile(r"-?\d{1,9}(\.\d{1,4})?", re.ASCII)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(\D|$))")


class NumberField(StringField):
    """A number with so many decimals; `data` is a Decimal, or None where nothing is written.

    Refuses what is no number, more decimals, and nothing where `needed` says what is missing.
    """

    def __init__(
        self, label: str, *, places: int = 0, needed: str = "", amount: bool = False, **more: Any
    ) -> None:
        super().__init__(label, **more)
        self.places, self.needed, self.cents_shown = places, needed, amount
        if needed:
            self.flags.required = True

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """What was sent, as a number."""
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if not text:
            return
        plain = _THOUSANDS.sub("", text.removeprefix("$").strip()).replace(",", ".")
        if not _PLAIN.fullmatch(plain):
            raise ValueError("Write a number." if self.places else "Write a whole number.")
        number = Decimal(plain)
        if number != round(number, self.places):
            raise ValueError(
                f"Write it with at most {self.places} decimals." if self.places else "Write a whole number."
            )
        self.data = number

    def pre_validate(self, form: object) -> None:
        """Nothing written where something has to be."""
        if self.data is None and not self.process_errors and self.needed:
            raise StopValidation(self.needed)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        text = f"{Decimal(str(self.data)):.{self.places}f}"
        # A price keeps its cents; a length loses zeros that say nothing.
        return text if self.cents_shown or "." not in text else text.rstrip("0").rstrip(".")

    @property
    def whole(self) -> int:
        """The number of a field that was validated; 0 where nothing is written."""
        return int(self.data or 0)

    @property
    def cents(self) -> int:
        """The amount of a price field in minor units."""
        return int((self.data or 0) * 100)
