"""What staff see of the tries to pay an order, and why nobody may try again just now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments.card_models import SavedCard
from bakery.payments.card_words import card_name
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import tries

_S = PaymentState
# What became of an attempt at which no card was refused.
_PAGE = {
    _S.CREATED: "Stripe has not answered yet",
    _S.OPEN: "The page is open; no card was tried there",
    _S.EXPIRED: "The page closed without a card: the customer left, or time ran out",
    _S.FAILED: "Stripe opened no page",
}
_CARD = {
    _S.CREATED: "Stripe has not answered yet",
    _S.OPEN: "The bank asks the customer, or Stripe's word is on its way",
    _S.EXPIRED: "Called off before the bank had said yes: the customer left, or chose another way",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to collect as staff see it: how, how much, and each card that was refused."""

    payment: Payment
    way: str
    amount: Money
    refused: list[PaymentFailure]
    # What became of it where no card was refused.
    outcome: str

    @staticmethod
    def card_of(failure: PaymentFailure) -> str:
        """`Visa ending 4242`; empty where Stripe did not say."""
        return card_name(failure.brand, failure.last_four) if failure.brand or failure.last_four else ""


def list_attempts(session: Session, order_id: int) -> list[Attempt]:
    """Every attempt to pay an order, the latest first: three queries."""
    payments = session.scalars(
        select(Payment).where(Payment.order_id == order_id).order_by(Payment.id.desc())
    ).all()
    refused = defaultdict(list)
    query = select(PaymentFailure).where(PaymentFailure.order_id == order_id).order_by(PaymentFailure.id)
    for failure in session.scalars(query):
        refused[failure.payment_id].append(failure)
    names = [payment.payment_method_id for payment in payments if payment.payment_method_id]
    saved = {}
    if names:
        found = session.scalars(select(SavedCard).where(SavedCard.payment_method_id.in_(names)))
        saved = {card.payment_method_id: card for card in found}
    return [
        _attempt(payment, refused[payment.id], saved.get(payment.payment_method_id or ""))
        for payment in payments
    ]


def why_paused(session: Session, order: Order, tried_from: str) -> str:
    """Why nobody may try to pay now, in a sentence for the customer; empty when one may."""
    return tries.why_paused(session, order, tried_from)


def _attempt(payment: Payment, refused: list[PaymentFailure], card: SavedCard | None) -> Attempt:
    by_card = payment.channel == PaymentChannel.CARD
    way = "Stripe's page"
    if by_card:
        way = card.name if card and card.brand else "Saved card"
        way += ", customer away" if payment.off_session else ""
    words = (_CARD if by_card else _PAGE).get(PaymentState(payment.state), "")
    amount = Money(payment.amount_cents, payment.currency)
    return Attempt(payment, way, amount, refused, payment.failure or words)
