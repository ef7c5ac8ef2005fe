"""Receipts: a gapless number, the facts it was printed from, and the stored PDF."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, selectinload

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import FileMissing, Files
from bakery.orders.models import Order
from bakery.payments.models import Receipt, ReceiptSeries, Transaction
from bakery.payments.receipt_facts import collect
from bakery.payments.receipt_pdf import render_pdf
from bakery.shop.queries import get_profile

# One series a legal entity; the shop is one.
SERIES = "R"
PDF = "application/pdf"


@dataclass(frozen=True)
class ReceiptPdf:
    """What a person downloads."""

    name: str
    data: bytes
    sha256: str


def get_pdf(order_id: int, files: Files) -> ReceiptPdf:
    """The order's receipt, issued and printed on first demand. Refuses an order that was never confirmed."""
    with transaction() as session:
        receipt = issue(session, order_id)
        receipt_id, label, facts = receipt.id, receipt.label, dict(receipt.snapshot)
        key, kept = receipt.file_key, receipt.sha256
    if key is not None:
        try:
            data = files.get(key)
        except FileMissing:
            # Printed again from the facts: the same paper, whoever lost the first.
            data = b""
        if data and hashlib.sha256(data).hexdigest() == kept:
            return ReceiptPdf(f"{label}.pdf", data, kept or "")
    data = render_pdf(label, facts)
    digest = hashlib.sha256(data).hexdigest()
    key = f"receipts/{label}.pdf"
    files.put(key, data, content_type=PDF)
    with transaction() as session:
        kept_row = session.get_one(Receipt, receipt_id)
        kept_row.file_key, kept_row.sha256 = key, digest
    return ReceiptPdf(f"{label}.pdf", data, digest)


def issue(session: Session, order_id: int) -> Receipt:
    """The order's receipt with the next number of the series, or the one it has. In an open transaction.

    The series' row stays locked until the end of the transaction, so that numbers follow one another and a
    number that is rolled back is given to the next. Refuses an order that was never confirmed (NotFound).
    """
    known = find(session, order_id)
    if known is not None:
        return known
    order = session.scalar(select(Order).where(Order.id == order_id).options(selectinload(Order.lines)))
    if order is None or order.confirmed_at is None:
        raise NotFound("There is no receipt for this order yet.")
    session.execute(insert(ReceiptSeries).values(code=SERIES, last_number=0).on_conflict_do_nothing())
    series = session.scalars(_lock_series()).one()
    known = find(session, order_id)
    if known is not None:  # issued while we waited for the series
        return known
    series.last_number += 1
    issued_at = clock.now()
    ledger = session.scalars(
        select(Transaction).where(Transaction.order_id == order_id).order_by(Transaction.id)
    ).all()
    receipt = Receipt(
        series=SERIES,
        number=series.last_number,
        order_id=order_id,
        issued_at=issued_at,
        snapshot=collect(order, ledger, get_profile(session), issued_at),
    )
    session.add(receipt)
    session.flush()
    return receipt


def find(session: Session, order_id: int) -> Receipt | None:
    """The order's receipt, if it was issued."""
    return session.scalar(select(Receipt).where(Receipt.order_id == order_id))


def _lock_series() -> Select[ReceiptSeries]:
    query = select(ReceiptSeries).where(ReceiptSeries.code == SERIES)
    return query.with_for_update().execution_options(populate_existing=True)
