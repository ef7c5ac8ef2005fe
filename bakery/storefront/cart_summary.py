"""What a cart comes to, and when all of it can be collected."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from bakery.core.money import Money, included_tax
from bakery.orders.cart_queries import CartView


@dataclass(frozen=True, slots=True)
class RateView:
    name: str
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class Summary:
    total: Money
    tax: Money
    rates: list[RateView] = field(default_factory=list)
    earliest: datetime | None = None
    earliest_text: str = ""
    reason: str = ""

    @property
    def net(self) -> Money:
        return self.total - self.tax


def summarise(session: Session, cart: CartView) -> Summary:
    total = sum(line.total.cents for line in cart.lines)
    tax = sum(included_tax(line.total.cents, line.tax_rate_bp) for line in cart.lines)
    return Summary(Money(total, cart.currency), Money(tax, cart.currency))
