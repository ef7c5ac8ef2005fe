"""The ledger: one append-only row for each movement of money, and what an order's rows add up to."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM
from bakery.core.money import Money
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import PaymentStatus
from bakery.payments.models import Payment, PaymentKind, PaymentState, Transaction, TransactionKind
from bakery.payments.queries import OWN_MONEY


def enter(
    session: Session, payment: Payment, kind: TransactionKind, amount: Money, stripe_id: str, note: str = ""
) -> bool:
    """Write one row. False when Stripe's object is in the ledger already."""
    row_id = session.execute(
        insert(Transaction)
        .values(
            order_id=payment.order_id,
            payment_id=payment.id,
            kind=kind,
            amount_cents=amount.cents,
            currency=amount.currency,
            stripe_id=stripe_id,
            note=note,
        )
        .on_conflict_do_nothing(index_elements=["kind", "stripe_id"])
        .returning(Transaction.id)
    ).scalar()
    return row_id is not None


def entered(session: Session, kind: TransactionKind, stripe_id: str) -> bool:
    """Whether Stripe's object is in the ledger."""
    query = select(Transaction.id).where(Transaction.kind == kind, Transaction.stripe_id == stripe_id)
    return session.scalar(query) is not None


def refunded(session: Session, refund_id: str, currency: str) -> Money:
    """What the ledger says that a refund sent; nothing when it is not there."""
    query = select(Transaction.amount_cents).where(
        Transaction.kind == TransactionKind.REFUND, Transaction.stripe_id == refund_id
    )
    return Money(-(session.scalar(query) or 0), currency)


def held_for_order(session: Session, order_id: int) -> int:
    """Cents of the order's money that the shop has now: captured less refunded."""
    return _sum(session, Transaction.order_id == order_id)


def held_for_payment(session: Session, payment_id: int) -> int:
    """The same for one payment."""
    return _sum(session, Transaction.payment_id == payment_id)


def settle_refunds(session: Session, order: Order, reason: str) -> None:
    """Bring `payment_status` to what the ledger says after money went back, or did not arrive there.

    An order that was paid twice and got one payment back is still paid; one whose deposit was, has its deposit.
    """
    if order.payment_status == PaymentStatus.UNPAID:
        return
    held = held_for_order(session, order.id)
    whole, full = order.total_cents, PaymentStatus.PAID
    if _only_deposits(session, order.id):
        whole, full = order.deposit_cents, PaymentStatus.DEPOSIT_PAID
    target = PaymentStatus.REFUNDED if held <= 0 else PaymentStatus.PARTIALLY_REFUNDED
    if held >= whole:
        target = full
    # A second part that went back is one more step of the history.
    if target != order.payment_status or target == PaymentStatus.PARTIALLY_REFUNDED:
        orders.change_payment_status(session, order, target, SYSTEM, reason)


def _only_deposits(session: Session, order_id: int) -> bool:
    """Whether nothing but the deposit was ever paid, be it twice: two halves by mistake are not the whole."""
    kinds = select(Payment.kind).where(Payment.order_id == order_id, Payment.state == PaymentState.SUCCEEDED)
    return set(session.scalars(kinds)) == {PaymentKind.DEPOSIT}


def _sum(session: Session, condition: object) -> int:
    query = select(func.coalesce(func.sum(Transaction.amount_cents), 0)).where(
        condition,  # type: ignore[arg-type]
        Transaction.kind.in_(OWN_MONEY),
    )
    return int(session.scalars(query).one())
