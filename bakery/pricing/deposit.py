"""How much of a price is paid first. Pure."""

from __future__ import annotations

from fractions import Fraction

from bakery.core.money import round_half_up

# Card payments below this are refused by the payment service (50 cents of an Australian dollar), so neither the
# deposit nor the rest is ever smaller.
SMALLEST_CENTS = 50


def deposit_of(total_cents: int, percent: int) -> int:
    """The deposit in cents: `percent` hundredths of the total, rounded to the cent. 0: all is paid at once.

    That is so for no and for the whole percentage, and where a part would be too small to be paid by card.
    Refuses a percentage outside 0 to 100 and a negative total.
    """
    if not 0 <= percent <= 100 or total_cents < 0:
        raise ValueError("a deposit is 0 to 100 per cent of a total that is not negative")
    deposit = round_half_up(Fraction(total_cents * percent, 100))
    if deposit < SMALLEST_CENTS or total_cents - deposit < SMALLEST_CENTS:
        return 0
    return deposit
