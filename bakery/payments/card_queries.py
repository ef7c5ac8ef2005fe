"""What pages show of saved cards and of what they are to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments import card_words
from bakery.payments.card_models import CardMandate, CardSetup, SavedCard, SetupState, StripeCustomer
from bakery.payments.operations.attempts import CardOnFile


@dataclass(frozen=True, slots=True)
class AgreedCharge:
    """The rest of an order that is charged by itself: which order, how much, when, to which card."""

    order_number: str
    rest: Money
    on: date
    card: str
    payment_method_id: str | None

    @property
    def card_known(self) -> bool:
        return self.payment_method_id is not None


def list_cards(session: Session, user_id: int) -> list[SavedCard]:
    """The cards that somebody can pay with: the default first, then the newest."""
    query = select(SavedCard).where(SavedCard.user_id == user_id, SavedCard.removed_at.is_(None))
    return list(session.scalars(query.order_by(SavedCard.is_default.desc(), SavedCard.id.desc())))


def find_card(session: Session, user_id: int, card_id: int, *, removed: bool = False) -> SavedCard | None:
    """Somebody's own card; one that was removed only where that is asked for."""
    query = select(SavedCard).where(SavedCard.id == card_id, SavedCard.user_id == user_id)
    return session.scalar(query if removed else query.where(SavedCard.removed_at.is_(None)))


def on_file(session: Session, card: SavedCard) -> CardOnFile | None:
    """A card by Stripe's names for it and for its owner."""
    customer_id = session.scalar(
        select(StripeCustomer.customer_id).where(StripeCustomer.user_id == card.user_id)
    )
    return CardOnFile(customer_id, card.payment_method_id) if customer_id else None


def agreed_charges(session: Session, user_id: int) -> list[AgreedCharge]:
    """What is charged by itself of somebody's orders, the next first."""
    rows = session.execute(
        select(Order, CardMandate)
        .join(CardMandate, CardMandate.order_id == Order.id)
        .where(Order.user_id == user_id, CardMandate.revoked_at.is_(None))
        .order_by(Order.pickup_at)
    ).all()
    return [_agreed(row.Order, row.CardMandate) for row in rows if row.Order.due_later.cents]


def agreed_charge(session: Session, order: Order) -> AgreedCharge | None:
    """What is charged by itself of one order; None when nothing is due, or nobody agreed."""
    mandate = session.scalar(
        select(CardMandate).where(CardMandate.order_id == order.id, CardMandate.revoked_at.is_(None))
    )
    return _agreed(order, mandate) if mandate is not None and order.due_later.cents else None


def setup_is_done(session: Session, user_id: int, setup_id: int) -> bool | None:
    """Whether the card of a page has been saved; None for a page that is not theirs, or was left."""
    state = session.scalar(
        select(CardSetup.state).where(CardSetup.id == setup_id, CardSetup.user_id == user_id)
    )
    return state == SetupState.DONE if state not in (None, SetupState.EXPIRED) else None


def _agreed(order: Order, mandate: CardMandate) -> AgreedCharge:
    return AgreedCharge(
        order.number,
        order.due_later,
        card_words.charge_day(order),
        card_words.card_name(mandate.brand or "card", mandate.last_four),
        mandate.payment_method_id,
    )
