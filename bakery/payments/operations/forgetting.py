"""Somebody who is a customer at Stripe no longer: by their own wish, or because Stripe says so."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders import operations as orders
from bakery.payments import card_words, mandates
from bakery.payments.card_models import SavedCard, StripeCustomer
from bakery.payments.operations import cards
from bakery.payments.operations.payer import Payer


def forget(session: Session, user_id: int) -> None:
    """Owe that Stripe forgets an account's customer, and forget here what their cards are called.

    Locks the orders whose rest was to be charged, then the customer. Done twice is done.
    """
    found = session.scalars(select(StripeCustomer).where(StripeCustomer.user_id == user_id)).one_or_none()
    if found is None:
        return
    _revoke(session, found.customer_id, Payer(user_id=user_id))
    row = cards.lock_customer(session, found.id)
    for card in session.scalars(select(SavedCard).where(SavedCard.user_id == user_id)):
        card.is_default, card.removed_at = False, card.removed_at or clock.now()
        card.brand = card.last_four = card.fingerprint = ""
        card.expiry_month, card.expiry_year = 1, 1970
    if row.removed_at is None:
        row.removed_at = clock.now()
        cards.owe_deleting(session, row)


def lose(session: Session, row: StripeCustomer) -> None:
    """Stripe has deleted a customer past us: their cards are gone, and the next need makes a new one."""
    _revoke(session, row.customer_id, Payer(user_id=row.user_id))
    row = cards.lock_customer(session, row.id)
    if row.user_id is not None:
        for card in cards.of_user(session, row.user_id):
            card.is_default, card.removed_at = False, clock.now()
    row.customer_id, row.idempotency_key = None, cards.new_key()
    row.created_at = clock.now()


def _revoke(session: Session, customer_id: str | None, payer: Payer) -> None:
    for order_id in mandates.orders_of_customer(session, customer_id) if customer_id else ():
        mandates.revoke(session, orders.lock_order(session, order_id), payer, card_words.REMOVED)
