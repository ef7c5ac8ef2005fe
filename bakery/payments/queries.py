"""What pages show of an order's payments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.payments.models import (
    OWN_MONEY,
    EventOutcome,
    Payment,
    PaymentState,
    StripeEvent,
    Transaction,
)

PAID_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "payment_intent.succeeded",
)


def attempts(session: Session, order_id: int) -> Sequence[Payment]:
    """An order's attempts to pay, the latest first."""
    return session.scalars(
        select(Payment).where(Payment.order_id == order_id).order_by(Payment.id.desc())
    ).all()


def last_failure(session: Session, order_id: int) -> str:
    """Why the order's latest attempt has not worked so far, in a sentence for the customer; or empty."""
    query = (
        select(Payment.failure, Payment.state).where(Payment.order_id == order_id).order_by(Payment.id.desc())
    )
    found = session.execute(query.limit(1)).first()
    return found.failure if found and found.state != PaymentState.SUCCEEDED else ""


def transactions(session: Session, order_id: int) -> Sequence[Transaction]:
    """An order's ledger, oldest first."""
    query = select(Transaction).where(Transaction.order_id == order_id).order_by(Transaction.id)
    return session.scalars(query).all()


def held(ledger: Sequence[Transaction], currency: str) -> Money:
    """What the shop has of the money in an order's ledger: what came in, less what went back and stayed there."""
    return Money(sum(row.amount_cents for row in ledger if row.kind in OWN_MONEY), currency)


def events(session: Session, order_id: int) -> Sequence[StripeEvent]:
    """What Stripe told about an order, oldest first."""
    query = select(StripeEvent).where(StripeEvent.order_id == order_id).order_by(StripeEvent.id)
    return session.scalars(query).all()


def is_paying(session: Session, order_id: int) -> bool:
    """Whether Stripe has told of money for this order that is not applied yet: its hold must not end now."""
    told = exists().where(
        StripeEvent.object_id.in_((Payment.session_id, Payment.payment_intent_id)),
        StripeEvent.outcome == EventOutcome.STORED,
        StripeEvent.type.in_(PAID_EVENTS),
    )
    return session.scalar(select(Payment.id).where(Payment.order_id == order_id, told).limit(1)) is not None
