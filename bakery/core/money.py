"""Money as integers in the currency's minor unit, and the one place that rounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (cents) of one ISO 4217 currency.

    Refuses anything but an `int` amount, and arithmetic or comparison across currencies.
    """

    cents: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.cents) is not int:
            raise TypeError(f"cents must be int, not {type(self.cents).__name__}")

    def _same(self, other: Money) -> None:
        if not isinstance(other, Money):
            raise TypeError("money is only added to and compared with money")
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.cents + other.cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.cents - other.cents, self.currency)

    def __mul__(self, quantity: int) -> Money:
        if type(quantity) is not int:
            raise TypeError("money is multiplied by whole numbers only")
        return Money(self.cents * quantity, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.cents < other.cents


def round_half_up(value: Fraction) -> int:
    """The nearest whole minor unit, halves away from zero (the ATO's rule for GST on an invoice)."""
    sign = -1 if value < 0 else 1
    return sign * int(abs(value) + Fraction(1, 2))


def round_up(value: Fraction) -> int:
    """The next whole minor unit: of what is split in two, the first part takes the odd cent."""
    return math.ceil(value)


def included_tax(gross_cents: int, rate_bp: int) -> int:
    """The tax inside a tax-inclusive amount: gross x rate / (1 + rate). `rate_bp` in basis points."""
    return round_half_up(Fraction(gross_cents * rate_bp, 10_000 + rate_bp))


def added_tax(net_cents: int, rate_bp: int) -> int:
    """The tax on top of a tax-exclusive amount: net x rate. `rate_bp` in basis points."""
    return round_half_up(Fraction(net_cents * rate_bp, 10_000))
