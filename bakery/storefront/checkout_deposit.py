"""What the checkout says of a deposit before anybody pays: by the rules, and for the pickup time that is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import Response, make_response, render_template
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.orders import deposit_terms
from bakery.orders.cart_queries import CartView
from bakery.pricing.cancellation import tiers_of
from bakery.pricing.deposit import Part, kept_of
from bakery.scheduling.queries import first_pickup_due_later
from bakery.shop.queries import get_profile
from bakery.storefront.cart_answers import private
from bakery.storefront.cart_summary import totals_of


@dataclass(frozen=True, slots=True)
class Preview:
    """A cart's deposit by the rules; nothing where all is paid at once. Pickups before `first_on` are paid at once in
    any case; None: all of them are.
    """

    deposit: Money
    rest: Money
    kept_words: str = ""
    due_days: int = 0
    first_on: date | None = None

    @property
    def is_asked(self) -> bool:
        return self.deposit.cents > 0 and self.first_on is not None


def preview(session: Session, cart: CartView) -> Preview:
    """The deposit of a cart, for any pickup that is far enough away."""
    shop, currency = get_profile(session), cart.currency
    parts = _parts(cart)
    cents = deposit_terms.deposit_asked(parts, shop)
    total = sum(part.gross_cents for part in parts)
    deposit, rest = Money(cents, currency), Money(total - cents, currency)
    if not cents:
        return Preview(deposit, rest)
    kept = Money(kept_of(cents, shop.deposit_kept_percent), currency)
    return Preview(
        deposit,
        rest,
        deposit_terms.kept_words(deposit, kept, tiers_of(shop.cancellation_tiers)),
        shop.balance_due_days,
        first_pickup_due_later(session, shop.balance_due_days),
    )


def show(session: Session, cart: CartView, starts_at: datetime) -> Response:
    """The part of the page that says what is paid now for a pickup at this moment."""
    shop, parts = get_profile(session), _parts(cart)
    total = Money(sum(part.gross_cents for part in parts), cart.currency)
    terms = deposit_terms.agree(session, parts, shop, starts_at)
    words = deposit_terms.wording(terms, total, shop.time_zone, tiers_of(shop.cancellation_tiers))
    return private(
        make_response(
            render_template(
                "storefront/checkout/_deposit.html", deposit=preview(session, cart), words=words, total=total
            )
        )
    )


def _parts(cart: CartView) -> list[Part]:
    return deposit_terms.parts_of(totals_of(cart), cart.for_sale)
