"""What a person does with their own saved cards. Whose card it is, is asked on every step."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.payments import card_queries, card_words, mandates
from bakery.payments.operations import cards, forgetting
from bakery.payments.operations.payer import Payer

NOT_YOURS = "There is no such card in your account."


def set_default_card(user_id: int, card_id: int) -> None:
    """Offer this card first from now on. Raises NotFound for one that is not theirs, or was removed."""
    with transaction() as session:
        _lock(session, user_id)
        theirs = cards.of_user(session, user_id)
        chosen = next((card for card in theirs if card.id == card_id), None)
        if chosen is None:
            raise NotFound(NOT_YOURS)
        for card in theirs:
            card.is_default = False
        # One default at a time: the old one gives way before the new one comes.
        session.flush()
        chosen.is_default = True


def remove_card(card_id: int, payer: Payer) -> None:
    """Take a card off its owner's list at once; Stripe forgets it by a job. What it was to pay by itself is not
    charged any more. Removed twice is removed; raises NotFound for one that is not theirs.
    """
    assert payer.user_id is not None
    with transaction() as session:
        card = card_queries.find_card(session, payer.user_id, card_id, removed=True)
        if card is None:
            raise NotFound(NOT_YOURS)
        for order_id in mandates.orders_charged_to(session, card.payment_method_id):
            order = orders.lock_order(session, order_id)
            mandates.revoke(session, order, payer, card_words.REMOVED)
        _lock(session, payer.user_id)
        session.refresh(card)
        if card.removed_at is not None:
            return
        cards.take_off(session, card)
        cards.consent(session, payer, card_words.REMOVED, granted=False)


def _lock(session: Session, user_id: int) -> None:
    if cards.lock_user(session, user_id) is None:
        raise NotFound(NOT_YOURS)


def forget_customer(user_id: int) -> None:
    """Let Stripe forget an account's customer and their cards; orders, ledger and documents stay.

    The cards lose their names here at once, nothing is charged by itself any more, and a job deletes the customer at
    Stripe. An account that Stripe never knew has nothing to forget.
    """
    with transaction() as session:
        forgetting.forget(session, user_id)
