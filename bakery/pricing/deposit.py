"""How much of a price is paid first, and how much of that stays with the shop. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bakery.core.money import round_up

# Card payments below this are refused by the payment service (50 cents of an Australian dollar), so neither the
# deposit nor the rest is ever smaller.
SMALLEST_CENTS = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """What of something is paid first: `percent` hundredths of it, or so many `cents` for each unit.

    Refuses both, neither, a percentage outside 1 to 100, and an amount of nothing. 100: all of it.
    """

    percent: int | None = None
    cents: int | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.cents is None):
            raise ValueError("a deposit is a percentage or an amount")
        if self.percent is not None and not 1 <= self.percent <= 100:
            raise ValueError("a deposit is 1 to 100 per cent")
        if self.cents is not None and self.cents < 1:
            raise ValueError("a deposit is more than nothing")

    def share(self, part: Part) -> Fraction:
        """Cents of a part that are paid first, to the exact fraction; never more than all of it."""
        if self.percent is not None:
            return Fraction(part.gross_cents * self.percent, 100)
        return Fraction(min((self.cents or 0) * part.quantity, part.gross_cents))


@dataclass(frozen=True, slots=True)
class Part:
    """A line of an order: what it comes to, tax and all, for how many units, and its own rule if it has one."""

    gross_cents: int
    quantity: int = 1
    rule: Rule | None = None

    def __post_init__(self) -> None:
        if self.gross_cents < 0 or self.quantity < 1:
            raise ValueError("a deposit is of an amount that is not negative, for one unit at least")


@dataclass(frozen=True, slots=True)
class Large:
    """Orders that come to so much or more ask for `percent` hundredths of their total first."""

    from_cents: int
    percent: int


def rule_of(percent: int | None = None, cents: int | None = None) -> Rule | None:
    """A rule as it is kept: None where neither is set, or both are 0."""
    return Rule(percent or None, cents or None) if percent or cents else None


def deposit_of(parts: Sequence[Part], large: Large | None = None) -> int:
    """The deposit in cents; 0: all is paid at once.

    Lines with a rule give their share of it, all others are paid whole; a large order gives its percentage. Where
    both fit, the larger is asked. What does not come out in whole cents is rounded up: an odd cent is on the deposit.
    Where the deposit or the rest would be too small to be paid by card, all is paid at once.
    """
    total = sum(part.gross_cents for part in parts)
    shares: list[Fraction] = []
    if any(part.rule for part in parts):
        shares.append(sum((_share(part) for part in parts), Fraction(0)))
    if large is not None and large.percent and total >= large.from_cents:
        shares.append(Rule(percent=large.percent).share(Part(total)))
    deposit = round_up(max(shares, default=Fraction(0)))
    return deposit if SMALLEST_CENTS <= deposit <= total - SMALLEST_CENTS else 0


def kept_of(deposit_cents: int, percent: int) -> int:
    """What of a deposit stays with the shop when its order is cancelled; the odd cent goes back to the customer."""
    if not 0 <= percent <= 100 or deposit_cents < 0:
        raise ValueError("0 to 100 per cent of a deposit is kept")
    return deposit_cents * percent // 100


def _share(part: Part) -> Fraction:
    return part.rule.share(part) if part.rule else Fraction(part.gross_cents)
