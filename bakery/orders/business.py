"""A business that buys: what its tax invoice needs."""

from __future__ import annotations

from dataclasses import dataclass

from bakery.core.abn import parse_abn
from bakery.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Business:
    """A company's name and its ABN (eleven digits); both may be empty."""

    name: str = ""
    abn: str = ""

    def check(self) -> None:
        """Refuse a name that is too long, and eleven digits that are no ABN."""
        if len(self.name) > 120:
            raise Invalid("Keep the company's name under 120 characters.", field="business_name")
        if self.abn and parse_abn(self.abn) != self.abn:
            raise Invalid("That is not an ABN. It has eleven digits.", field="business_abn")


NOBODY = Business()
