"""What one version of a quote changed in the one before it, in sentences for both sides."""

from __future__ import annotations

from bakery.core.money import Money
from bakery.custom_cakes.differences import differences
from bakery.custom_cakes.models import Quote
from bakery.custom_cakes.spec import from_json
from bakery.infra.formats import datetime_shop, money


def quote_changes(before: Quote, after: Quote, zone: str) -> tuple[str, ...]:
    """A sentence for everything that differs and is the customer's business; times are said in `zone`."""
    terms = term_changes(before, after, zone)
    if before.design_hash == after.design_hash:
        return terms
    return terms + differences(from_json(before.design), from_json(after.design))


def term_changes(before: Quote, after: Quote, zone: str) -> tuple[str, ...]:
    """What differs beside the cake itself: price, servings, times."""
    pairs = (
        ("Price", _price(before), _price(after)),
        ("Servings", str(before.servings), str(after.servings)),
        ("Pickup", datetime_shop(before.pickup_at, zone), datetime_shop(after.pickup_at, zone)),
        ("Holds until", datetime_shop(before.expires_at, zone), datetime_shop(after.expires_at, zone)),
    )
    return tuple(f"{name}: {was} → {now}." for name, was, now in pairs if was != now)


def _price(quote: Quote) -> str:
    return money(Money(quote.price_cents, quote.currency))
