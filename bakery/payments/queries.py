"""What pages show of an order's payments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments.models import (
    EventOutcome,
    Payment,
    PaymentChannel,
    PaymentState,
    StripeEvent,
    Transaction,
)
from bakery.payments.operations.attempts import OPEN_STATES
from bakery.payments.timeline import Timeline, sale_of, tell

PAID_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "payment_intent.succeeded",
)


@dataclass(frozen=True, slots=True)
class LastTry:
    """How an order's latest attempt stands; `failure`: why it has not worked so far, for the customer."""

    kind: str = ""
    state: str = ""
    failure: str = ""
    # Where the owner of a saved card answers their bank.
    bank_url: str = ""
    # The bank has said yes to a saved card, and Stripe's event is on its way.
    charged: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def has_failed(self) -> bool:
        return self.state == PaymentState.FAILED


def last_try(session: Session, order_id: int) -> LastTry:
    """The latest attempt of an order; an empty one before the first."""
    found = session.scalar(
        select(Payment).where(Payment.order_id == order_id).order_by(Payment.id.desc()).limit(1)
    )
    if found is None:
        return LastTry()
    asks = found.channel == PaymentChannel.CARD and found.state == PaymentState.OPEN
    return LastTry(
        kind=found.kind,
        state=found.state,
        failure="" if found.state == PaymentState.SUCCEEDED else found.failure,
        bank_url=found.url or "" if asks else "",
        charged=asks and found.url is None and found.payment_intent_id is not None,
    )


def last_failure(session: Session, order_id: int) -> str:
    """Why the order's latest attempt has not worked so far, in a sentence for the customer; or empty."""
    return last_try(session, order_id).failure


def transactions(session: Session, order_id: int) -> Sequence[Transaction]:
    """An order's ledger, oldest first."""
    query = select(Transaction).where(Transaction.order_id == order_id).order_by(Transaction.id)
    return session.scalars(query).all()


def timeline(session: Session, order: Order) -> Timeline:
    """An order's money from the first line to the last; adds up to nothing."""
    kinds = {
        row.id: row.kind
        for row in session.execute(select(Payment.id, Payment.kind).where(Payment.order_id == order.id))
    }
    return tell(sale_of(order), transactions(session, order.id), kinds)


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
