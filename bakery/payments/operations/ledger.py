"""The ledger: one append-only row for each movement of money, and what an order's rows add up to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.money import Money
from bakery.infra import outbox, queue
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import AGREED, PaymentStatus
from bakery.payments.models import (
    OWN_MONEY,
    PAST_STRIPE,
    Payment,
    PaymentKind,
    PaymentState,
    Transaction,
    TransactionKind,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement to write down: towards the shop positive, away from it negative.

    `reference` is Stripe's id of what moved it, or a name of our own for what moved past Stripe; a kind has each
    reference once. `credits`: it lowers what the order costs, or takes that back.
    """

    order_id: int
    kind: TransactionKind
    amount: Money
    reference: str
    payment_id: int | None = None
    note: str = ""
    credits: bool = False
    actor: Actor = SYSTEM
    slip: str = ""


def enter(session: Session, entry: Entry) -> bool:
    """Write one row; the order's `held_cents` and `credited_cents` follow. False when it is in the ledger already.

    The caller holds the order's lock. The database refuses another currency than the order's, an amount of nothing,
    a sign that does not fit the kind, and to give back more than is held.
    """
    row_id = session.execute(
        insert(Transaction)
        .values(
            order_id=entry.order_id,
            payment_id=entry.payment_id,
            kind=entry.kind,
            amount_cents=entry.amount.cents,
            currency=entry.amount.currency,
            stripe_id=entry.reference,
            slip=entry.slip[:60],
            note=entry.note[:300],
            credits=entry.credits,
            actor_id=entry.actor.id,
            actor_label="" if entry.actor == SYSTEM else entry.actor.label,
            at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["kind", "stripe_id"])
        .returning(Transaction.id)
    ).scalar()
    order = session.identity_map.get(session.identity_key(Order, entry.order_id))
    if order is not None:
        session.expire(order, ["held_cents", "credited_cents"])
    return row_id is not None


def entered(session: Session, kind: TransactionKind, stripe_id: str) -> bool:
    """Whether Stripe's object is in the ledger."""
    query = select(Transaction.id).where(Transaction.kind == kind, Transaction.stripe_id == stripe_id)
    return session.scalar(query) is not None


def find(session: Session, kind: TransactionKind, stripe_id: str) -> Transaction | None:
    """The row of one of Stripe's objects."""
    return session.scalar(
        select(Transaction).where(Transaction.kind == kind, Transaction.stripe_id == stripe_id)
    )


def owe_thanks(session: Session, transaction_id: int, key: str) -> None:
    """Owe the mail that says that money towards what was due has come in, with its receipt."""
    outbox.owe(session, "jobs.orders.send_payment_received", transaction_id, on=queue.DEFAULT, key=key)


def held_for_payment(session: Session, payment_id: int) -> int:
    """Cents of one payment that the shop has now: captured less refunded."""
    query = select(func.coalesce(func.sum(Transaction.amount_cents), 0)).where(
        Transaction.payment_id == payment_id, Transaction.kind.in_(OWN_MONEY)
    )
    return int(session.scalars(query).one())


def taken_for_payment(session: Session, payment_id: int) -> int:
    """Cents of one payment that banks took in disputes, as the ledger has them: negative, less what came back."""
    query = select(func.coalesce(func.sum(Transaction.amount_cents), 0)).where(
        Transaction.payment_id == payment_id, Transaction.kind == TransactionKind.DISPUTE
    )
    return int(session.scalars(query).one())


def surplus_of(session: Session, order_id: int) -> int:
    """Cents that the shop still has of money that bought nothing and goes back."""
    query = (
        select(func.coalesce(func.sum(Transaction.amount_cents), 0))
        .join(Payment, Payment.id == Transaction.payment_id)
        .where(Transaction.order_id == order_id, Payment.surplus, Transaction.kind.in_(OWN_MONEY))
    )
    return int(session.scalars(query).one())


def settle_refunds(session: Session, order: Order, reason: str) -> None:
    """Bring `payment_status` to what the ledger says after money went back, or did not arrive there.

    An order that was paid twice and got one payment back is still paid; one whose deposit was, has its deposit.
    """
    if order.payment_status == PaymentStatus.UNPAID:
        return
    target = standing(session, order)
    # A second part that went back is one more step of the history.
    if target != order.payment_status or target == PaymentStatus.PARTIALLY_REFUNDED:
        orders.change_payment_status(session, order, target, SYSTEM, reason)


def standing(session: Session, order: Order) -> PaymentStatus:
    """What the ledger says of an order for which money has come in."""
    held = order.held_cents
    whole, full = order.total_cents, PaymentStatus.PAID
    if _only_deposits(session, order.id):
        whole, full = order.deposit_cents, PaymentStatus.DEPOSIT_PAID
    if held <= 0:
        # All that was paid has gone back. What the order still costs beside it was never given away with that.
        still_costs = order.status in AGREED and order.credited_cents < order.total_cents
        return PaymentStatus.PARTIALLY_REFUNDED if still_costs else PaymentStatus.REFUNDED
    if order.credited_cents == 0 and held >= whole:
        return full
    # A part of the rest is paid; what was paid whole and is not any more has gone back in part.
    a_part = order.deposit_cents and held >= order.deposit_cents and order.credited_cents == 0
    if a_part and order.payment_status != PaymentStatus.PAID:
        return PaymentStatus.DEPOSIT_PAID
    return PaymentStatus.PARTIALLY_REFUNDED


def _only_deposits(session: Session, order_id: int) -> bool:
    """Whether nothing but the deposit was ever paid, be it twice: two halves by mistake are not the whole."""
    rows = session.execute(
        select(Payment.kind, Payment.surplus).where(
            Payment.order_id == order_id, Payment.state == PaymentState.SUCCEEDED
        )
    ).all()
    bought = {row.kind for row in rows if not row.surplus} or {row.kind for row in rows}
    return bought == {PaymentKind.DEPOSIT} and not _past_stripe(session, order_id)


def _past_stripe(session: Session, order_id: int) -> bool:
    """Whether somebody took money for the order by hand, or corrected its ledger: for what it still cost."""
    query = select(Transaction.id).where(
        Transaction.order_id == order_id, Transaction.kind.in_(PAST_STRIPE), Transaction.amount_cents > 0
    )
    return session.scalar(query.limit(1)) is not None
