"""Why an order cannot be placed. Each keeps the cart as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bakery.core.errors import Conflict


class CartChanged(Conflict):
    """The cart is empty, or is not the one that the checkout page showed."""


class NotOrderable(Conflict):
    """Lines that cannot be ordered as they are. `problems` has a sentence for each of them."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class TooManyUnpaid(Conflict):
    """As many orders as one person may leave unpaid wait for money already; `numbers` are theirs.

    They are shown only to who may see each of them: anybody can type an email address.
    """

    def __init__(self, message: str, numbers: Sequence[str]) -> None:
        super().__init__(message)
        self.numbers = tuple(numbers)


@dataclass(frozen=True, slots=True)
class PriceDifference:
    """A line whose price is not the one the customer saw."""

    name: str
    quantity: int
    seen_cents: int
    now_cents: int


class PricesChanged(Conflict):
    """The total is not the one the customer accepted; never charge silently. Show both and ask again."""

    def __init__(
        self, message: str, accepted_cents: int, total_cents: int, differences: Sequence[PriceDifference]
    ) -> None:
        super().__init__(message)
        self.accepted_cents = accepted_cents
        self.total_cents = total_cents
        self.differences = tuple(differences)


class DepositChanged(Conflict):
    """What is asked first is not what the checkout page spoke of."""
