"""What lines cost: tax per line, a summary per rate, and totals that always add up. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bakery.core.money import added_tax, included_tax


@dataclass(frozen=True, slots=True)
class PriceLine:
    """So many units at a price, in one tax class. The discount is the line's, not the unit's."""

    unit_price_cents: int
    quantity: int
    tax_code: str
    tax_name: str
    tax_rate_bp: int
    discount_cents: int = 0

    def __post_init__(self) -> None:
        for value in (self.unit_price_cents, self.quantity, self.discount_cents, self.tax_rate_bp):
            if type(value) is not int or value < 0:
                raise ValueError("prices, quantities, discounts and rates are whole and not negative")
        if self.quantity == 0:
            raise ValueError("a line sells at least one")
        if self.discount_cents > self.unit_price_cents * self.quantity:
            raise ValueError("a discount is not larger than its line")


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its amounts. `total_cents` is as priced: with its tax inside, or without it."""

    line: PriceLine
    total_cents: int
    tax_cents: int


@dataclass(frozen=True, slots=True)
class RateSummary:
    """What was sold at one rate: net + tax = gross."""

    code: str
    name: str
    rate_bp: int
    net_cents: int
    tax_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.tax_cents


@dataclass(frozen=True, slots=True)
class Totals:
    """Lines and their sums. `total_cents` is what the customer pays."""

    lines: tuple[PricedLine, ...]
    include_tax: bool
    subtotal_cents: int
    tax_cents: int
    total_cents: int
    rates: tuple[RateSummary, ...]


def price_lines(lines: Iterable[PriceLine], include_tax: bool) -> Totals:
    """Price lines whose prices include their tax, or have it added.

    Tax is rounded once, per line; everything else is a sum of lines, so it adds up to the cent.
    """
    priced = tuple(_price(line, include_tax) for line in lines)
    subtotal = sum(line.total_cents for line in priced)
    tax = sum(line.tax_cents for line in priced)
    return Totals(
        lines=priced,
        include_tax=include_tax,
        subtotal_cents=subtotal,
        tax_cents=tax,
        total_cents=subtotal if include_tax else subtotal + tax,
        rates=_summary(priced, include_tax),
    )


def _price(line: PriceLine, include_tax: bool) -> PricedLine:
    total = line.unit_price_cents * line.quantity - line.discount_cents
    tax = (included_tax if include_tax else added_tax)(total, line.tax_rate_bp)
    return PricedLine(line, total, tax)


def _summary(lines: tuple[PricedLine, ...], include_tax: bool) -> tuple[RateSummary, ...]:
    """One row for each tax class, the highest rate first."""
    rows: dict[tuple[int, str, str], tuple[int, int]] = {}
    for priced in lines:
        key = (-priced.line.tax_rate_bp, priced.line.tax_code, priced.line.tax_name)
        net, tax = rows.get(key, (0, 0))
        own = priced.total_cents - priced.tax_cents if include_tax else priced.total_cents
        rows[key] = (net + own, tax + priced.tax_cents)
    return tuple(
        RateSummary(code, name, -rate, net, tax) for (rate, code, name), (net, tax) in sorted(rows.items())
    )
