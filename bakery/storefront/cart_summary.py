"""What a cart comes to, and when all of it can be collected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra.formats import date_near, time_shop
from bakery.infra.memo import remember
from bakery.orders.basket import need_of
from bakery.orders.cart_queries import CartView
from bakery.pricing.totals import PriceLine, RateSummary, Totals, price_lines
from bakery.scheduling.queries import availability
from bakery.scheduling.types import Need


@dataclass(frozen=True, slots=True)
class RateView:
    """One tax rate's share of the total."""

    name: str
    tax: Money
    gross: Money


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals as a page shows them. Without an `earliest` pickup, `reason` says why there is none."""

    total: Money
    tax: Money
    net: Money
    rates: tuple[RateView, ...]
    earliest: datetime | None = None
    earliest_text: str = ""
    reason: str = ""


def totals_of(cart: CartView) -> Totals:
    """What it comes to, by the same function that prices the order. What is no longer for sale costs nothing."""
    lines = [
        PriceLine(line.unit.cents, line.quantity, line.tax_code, line.tax_name, line.tax_rate_bp)
        for line in cart.for_sale
    ]
    return price_lines(lines, cart.prices_include_tax)


def price(cart: CartView) -> Summary:
    """The totals as a page shows them."""
    totals = totals_of(cart)
    currency = cart.currency
    return Summary(
        total=Money(totals.total_cents, currency),
        tax=Money(totals.tax_cents, currency),
        net=Money(totals.total_cents - totals.tax_cents, currency),
        rates=tuple(_rate(rate, currency) for rate in totals.rates),
    )


def summarise(session: Session, cart: CartView) -> Summary:
    """The totals, and the earliest pickup of everything together."""
    totals = price(cart)
    if not cart.lines:
        return totals
    earliest = _earliest(session, need_of(cart.for_sale))
    return replace(totals, earliest=earliest.at, earliest_text=earliest.text, reason=earliest.reason)


@dataclass(frozen=True, slots=True)
class _Earliest:
    at: datetime | None
    text: str
    reason: str


def _earliest(session: Session, need: Need) -> _Earliest:
    """The first pickup, remembered until a slot or a rule changes; placing the order asks anew in any case."""

    def load() -> _Earliest:
        found = availability(session, need, open_days=1)
        slot = found.earliest
        if slot is None:
            return _Earliest(None, "", found.reason or "")
        return _Earliest(slot.starts_at, f"{date_near(slot.on)}, {time_shop(slot.at)}", "")

    # Cut-offs pass and notice runs.
    return remember(f"earliest:{need}", "shop", 30, load)


def _rate(rate: RateSummary, currency: str) -> RateView:
    return RateView(rate.name, Money(rate.tax_cents, currency), Money(rate.gross_cents, currency))
