"""What the deposit of a product may be."""

from __future__ import annotations

from bakery.core.errors import Invalid
from bakery.pricing.deposit import SMALLEST_CENTS

MOST_CENTS = 1_000_000


def check_deposit(percent: int | None, cents: int | None) -> None:
    """Refuse (Invalid, with the field) both at once, and what no card could pay."""
    if percent is not None and cents is not None:
        raise Invalid("Write a percentage or an amount for each: one of both.", field="deposit_percent")
    if percent is not None and not 1 <= percent <= 100:
        raise Invalid("Write 1 to 100 %; 100 means all of it at once.", field="deposit_percent")
    if cents is not None and not SMALLEST_CENTS <= cents <= MOST_CENTS:
        raise Invalid("Write $0.50 to $10,000.00, or leave it out.", field="deposit_cents")
