"""What Stripe kept of a payment, entered in the ledger of the order that it was for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra.transaction import transaction
from bakery.orders.models import Order
from bakery.payments.books.models import BalanceEntry
from bakery.payments.models import Payment, PaymentState, Transaction, TransactionKind
from bakery.payments.operations import ledger

AT_ONCE = 100
# A dispute's fee is entered with its dispute.
WITH_FEES = ("charge", "refund", "refund_failure")


def enter_fees(entry_ids: Sequence[int]) -> int:
    """Enter the fees of these entries, as far as their payments are known and it is not done yet; answers how many."""
    if not entry_ids:
        return 0
    with transaction() as session:
        rows = session.execute(_owed().where(BalanceEntry.id.in_(entry_ids))).all()
        # All their orders' locks, in one order.
        session.execute(
            select(Order.id)
            .where(Order.id.in_({row.order_id for row in rows}))
            .order_by(Order.id)
            .with_for_update(key_share=True)
        )
        return sum(ledger.enter(session, _entry(row)) for row in rows)


def entries_without_fee(session: Session, since: datetime) -> list[int]:
    """Entries booked since then whose fee could be in the ledger and is not."""
    query = _owed().with_only_columns(BalanceEntry.id).where(BalanceEntry.created_at >= since)
    return list(session.scalars(query.order_by(BalanceEntry.id)))


def _owed() -> Any:
    entered = select(Transaction.id).where(
        Transaction.kind == TransactionKind.FEE, Transaction.stripe_id == BalanceEntry.stripe_id
    )
    return (
        select(
            BalanceEntry.stripe_id,
            BalanceEntry.fee_cents,
            BalanceEntry.currency,
            Payment.id.label("payment_id"),
            Payment.order_id,
        )
        .join(Payment, Payment.payment_intent_id == BalanceEntry.payment_intent_id)
        .where(
            Payment.state == PaymentState.SUCCEEDED,
            Payment.currency == BalanceEntry.currency,
            BalanceEntry.category.in_(WITH_FEES),
            BalanceEntry.fee_cents != 0,
            ~entered.exists(),
        )
        .order_by(Payment.order_id, BalanceEntry.id)
    )


def _entry(row: Row[Any]) -> ledger.Entry:
    return ledger.Entry(
        row.order_id,
        TransactionKind.FEE,
        Money(-row.fee_cents, row.currency),
        row.stripe_id,
        payment_id=row.payment_id,
    )
