"""What entries add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bakery.payments.journal.entries import Entry


@dataclass(slots=True)
class Sums:
    """Both sides of one account."""

    debit_cents: int = 0
    credit_cents: int = 0

    @property
    def balance_cents(self) -> int:
        """Positive: more was debited."""
        return self.debit_cents - self.credit_cents


def add_up(entries: Iterable[Entry]) -> dict[tuple[str, str], Sums]:
    """By (currency, slot). Together both sides are equal in every currency."""
    sums: dict[tuple[str, str], Sums] = {}
    for entry in entries:
        for line in entry.lines:
            account = sums.setdefault((entry.currency, line.slot), Sums())
            account.debit_cents += line.debit_cents
            account.credit_cents += line.credit_cents
    return sums
