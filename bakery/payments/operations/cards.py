"""A customer's saved cards: one row's lock (their `stripe_customer`) orders whatever happens to them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.infra import outbox, queue
from bakery.integrations.gateway.card_port import CardOnHand
from bakery.payments.card_models import CardConsent, ConsentKind, SavedCard, StripeCustomer
from bakery.payments.card_words import Wording
from bakery.payments.operations.payer import Payer

DETACH = "jobs.cards.detach_card"
DELETE = "jobs.cards.delete_customer"


def lock_customer(session: Session, row_id: int) -> StripeCustomer:
    """A customer's row, locked, as it is now."""
    return session.scalars(
        select(StripeCustomer)
        .where(StripeCustomer.id == row_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_user(session: Session, user_id: int) -> StripeCustomer | None:
    """The same for an account; None for one that Stripe does not know yet, which has no cards either."""
    row_id = session.scalar(select(StripeCustomer.id).where(StripeCustomer.user_id == user_id))
    return lock_customer(session, row_id) if row_id is not None else None


def lock_named(session: Session, customer_id: str) -> StripeCustomer | None:
    """The same by Stripe's id."""
    row_id = session.scalar(select(StripeCustomer.id).where(StripeCustomer.customer_id == customer_id))
    return lock_customer(session, row_id) if row_id is not None else None


def of_user(session: Session, user_id: int) -> list[SavedCard]:
    """The cards that an account can pay with, as they are now: the default first, then the newest."""
    return list(
        session.scalars(
            select(SavedCard)
            .where(SavedCard.user_id == user_id, SavedCard.removed_at.is_(None))
            .order_by(SavedCard.is_default.desc(), SavedCard.id.desc())
            .execution_options(populate_existing=True)
        )
    )


def named(session: Session, payment_method_id: str) -> SavedCard | None:
    """The saved card under Stripe's name, removed or not."""
    return session.scalars(
        select(SavedCard)
        .where(SavedCard.payment_method_id == payment_method_id)
        .execution_options(populate_existing=True)
    ).one_or_none()


def keep(session: Session, user_id: int, card: CardOnHand) -> None:
    """Put a card on its owner's list; the first one is the default. The caller holds the customer's lock.

    The same card again takes the place of the one before: it may have another expiry.
    """
    if named(session, card.payment_method_id) is not None:
        return
    there = of_user(session, user_id)
    same = next((each for each in there if card.fingerprint and each.fingerprint == card.fingerprint), None)
    is_default = not there or (same is not None and same.is_default)
    if same is not None:
        _drop(session, same)
    session.add(
        SavedCard(
            user_id=user_id,
            payment_method_id=card.payment_method_id,
            brand=card.brand,
            last_four=card.last_four,
            expiry_month=card.expiry_month,
            expiry_year=card.expiry_year,
            fingerprint=card.fingerprint,
            is_default=is_default,
            added_at=clock.now(),
        )
    )
    session.flush()


def take_off(session: Session, card: SavedCard) -> None:
    """Take a card off the list at once, and owe that Stripe forgets it. The caller holds the customer's lock."""
    was_default = card.is_default
    _drop(session, card)
    left = of_user(session, card.user_id)
    if was_default and left:
        left[0].is_default = True
        session.flush()


def _drop(session: Session, card: SavedCard) -> None:
    card.removed_at, card.is_default = clock.now(), False
    session.flush()
    owe_detaching(session, card.payment_method_id, "off the list")


def owe_detaching(session: Session, payment_method_id: str, why: str) -> None:
    """Stripe forgets the card, unless somebody keeps it for another reason."""
    outbox.owe(
        session, DETACH, payment_method_id, on=queue.DEFAULT, key=f"card:{payment_method_id}:{why}"[:120]
    )


def owe_deleting(session: Session, row: StripeCustomer) -> None:
    """Stripe forgets the customer, and every card with them."""
    known = row.customer_id or "unheard"
    outbox.owe(session, DELETE, row.id, on=queue.DEFAULT, key=f"stripe_customer:{row.id}:delete:{known}")


def new_key() -> str:
    """What a customer is made with, once."""
    return f"customer-{ids.new_secret()[:24]}"


def consent(
    session: Session, payer: Payer, words: Wording, *, granted: bool, order_id: int | None = None
) -> None:
    """Enter a yes or no to keeping a card, with its words, time and address."""
    session.add(
        CardConsent(
            kind=ConsentKind.SAVE_CARD,
            granted=granted,
            user_id=payer.user_id,
            order_id=order_id,
            wording=words.text,
            wording_version=words.version,
            ip=payer.ip,
            at=clock.now(),
        )
    )
