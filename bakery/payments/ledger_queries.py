"""Reads of the ledger for jobs and pages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.payments.models import Transaction, TransactionKind


def refunds(session: Session, order_id: int) -> Sequence[Transaction]:
    """An order's refunds, oldest first."""
    return session.scalars(
        select(Transaction)
        .where(Transaction.order_id == order_id, Transaction.kind == TransactionKind.REFUND)
        .order_by(Transaction.id)
    ).all()
