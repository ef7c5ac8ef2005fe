"""What goes back of what was sold: by units, by an amount, or all of it; always to the cent. Pure.

A line is anything an order charges for. Orders have nothing but goods so far (they are collected at the counter); a
charge for delivery, say, is one more line of one unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bakery.core.money import round_half_up


@dataclass(frozen=True, slots=True)
class Sold:
    """A line as it was sold, and what has gone back of it. `key` is the caller's own name for it.

    `total_cents` is as priced, less the discount: with its tax inside (`include_tax`), or without it. What went back
    is always counted with its tax: `gone_cents` of which `gone_tax_cents`, and `gone_units`.
    """

    key: int
    quantity: int
    unit_price_cents: int
    total_cents: int
    tax_cents: int
    include_tax: bool
    rate_bp: int
    tax_code: str
    tax_name: str
    gone_units: int = 0
    gone_cents: int = 0
    gone_tax_cents: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.gone_units <= self.quantity or self.quantity < 1:
            raise ValueError("no more units go back than were sold")
        if not 0 <= self.gone_cents <= self.gross_cents or not 0 <= self.left_tax_cents <= self.left_cents:
            raise ValueError("no more goes back than was charged")

    @property
    def gross_cents(self) -> int:
        """What was charged for it, tax included."""
        return self.total_cents if self.include_tax else self.total_cents + self.tax_cents

    @property
    def left_units(self) -> int:
        return self.quantity - self.gone_units

    @property
    def left_cents(self) -> int:
        return self.gross_cents - self.gone_cents

    @property
    def left_tax_cents(self) -> int:
        return self.tax_cents - self.gone_tax_cents


@dataclass(frozen=True, slots=True)
class Given:
    """What goes back of one line: `cents` with the tax in it. `discount_cents`: what its units cost less for that."""

    key: int
    units: int
    cents: int
    tax_cents: int
    discount_cents: int = 0


@dataclass(frozen=True, slots=True)
class GivenRate:
    """What goes back at one rate: net + tax = gross."""

    tax_code: str
    tax_name: str
    rate_bp: int
    net_cents: int
    tax_cents: int

    @property
    def gross_cents(self) -> int:
        return self.net_cents + self.tax_cents


def give_units(line: Sold, units: int) -> Given:
    """So many units of a line. Each gives back its even share of the line in whole cents, the last unit what is left.

    So any number of partial refunds ends at exactly what was charged, and none gives more before. Where an amount
    went back on the line already, its units share what that left. Refuses (ValueError) more units than are left.
    """
    if not 0 < units <= line.left_units:
        raise ValueError("some units, and no more than are left")
    discount = _discount(line, units)
    if units == line.left_units:
        return Given(line.key, units, line.left_cents, line.left_tax_cents, discount)
    share = min(line.gross_cents // line.quantity, line.left_cents // line.left_units)
    return Given(line.key, units, units * share, _tax(line, units * share), discount)


def give_amount(lines: Iterable[Sold], cents: int) -> tuple[Given, ...]:
    """An amount spread over lines in proportion to what is left of each, to the cent by the largest remainders.

    Lines that get nothing are left out. Refuses (ValueError) an amount that is not positive, or more than is left.
    """
    open_lines = [line for line in lines if line.left_cents > 0]
    left = sum(line.left_cents for line in open_lines)
    if not 0 < cents <= left:
        raise ValueError("an amount above zero, and no more than is left")
    shares = spread(cents, [line.left_cents for line in open_lines])
    return tuple(
        Given(line.key, 0, share, _tax(line, share))
        for line, share in zip(open_lines, shares, strict=True)
        if share
    )


def give_rest(lines: Iterable[Sold]) -> tuple[Given, ...]:
    """All that is left of every line: its units, and its money to the last cent."""
    return tuple(
        Given(
            line.key, line.left_units, line.left_cents, line.left_tax_cents, _discount(line, line.left_units)
        )
        for line in lines
        if line.left_cents or line.left_units
    )


def cut_down(given: Sequence[Given], cents: int) -> tuple[Given, ...]:
    """The same lines when only `cents` of what they were to give back went: in proportion, the units as they were.

    More than all of it leaves them as they are.
    """
    whole = sum(part.cents for part in given)
    if cents >= whole:
        return tuple(given)
    shares = spread(cents, [part.cents for part in given])
    return tuple(
        replace(part, cents=share, tax_cents=round_half_up(Fraction(part.tax_cents * share, part.cents or 1)))
        for part, share in zip(given, shares, strict=True)
    )


def spread(cents: int, weights: Sequence[int]) -> list[int]:
    """`cents` in parts that are in proportion to the weights and add up; what rounding leaves goes to those that
    lost most by it, the earlier first. No part is larger than its weight while `cents` is no larger than their sum.
    """
    whole = sum(weights)
    if cents < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError("something to spread over, and nothing negative")
    parts = [cents * weight // whole for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda at: (-(cents * weights[at] % whole), at))
    for at in by_loss[: cents - sum(parts)]:
        parts[at] += 1
    return parts


def by_rate(lines: Iterable[Sold], given: Iterable[Given]) -> tuple[GivenRate, ...]:
    """What goes back, a row for each tax class, the highest rate first."""
    sold = {line.key: line for line in lines}
    sums: dict[tuple[int, str, str], tuple[int, int]] = {}
    for part in given:
        line = sold[part.key]
        key = (-line.rate_bp, line.tax_code, line.tax_name)
        net, tax = sums.get(key, (0, 0))
        sums[key] = (net + part.cents - part.tax_cents, tax + part.tax_cents)
    return tuple(
        GivenRate(code, name, -rate, net, tax) for (rate, code, name), (net, tax) in sorted(sums.items())
    )


def _tax(line: Sold, cents: int) -> int:
    """The tax in a part of what is left of a line; all of it goes with the last cent."""
    if cents == line.left_cents:
        return line.left_tax_cents
    return round_half_up(Fraction(line.left_tax_cents * cents, line.left_cents))


def _discount(line: Sold, units: int) -> int:
    """By how much less than their price the next units were sold, rounding included; adds up to the line's."""
    return units * line.unit_price_cents - (
        _worth(line, line.gone_units + units) - _worth(line, line.gone_units)
    )


def _worth(line: Sold, units: int) -> int:
    """The first units' even share of the line as priced."""
    return line.total_cents if units == line.quantity else units * (line.total_cents // line.quantity)
