"""Reading ledger and papers as journal entries, in the order of their time and a few hundred at once."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from bakery.infra.transaction import end_read
from bakery.orders.models import Order, OrderEvent
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.journal import entries
from bakery.payments.journal.credits import Credited, cancelled, label_of, read_credits
from bakery.payments.journal.entries import Ending, Entry, Invoice, Movement
from bakery.payments.models import OWN_MONEY, Payment, Receipt, Transaction, TransactionKind
from bakery.payments.papers.models import PaymentReceipt

# Rows read at a time: few trips, and memory that does not grow with the shop.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant (included) to another (not included)."""

    start: datetime
    end: datetime


def read_journal(session: Session, period: Period) -> Iterator[Entry]:
    """Every entry of the period. Each chunk is a transaction of its own: nothing stays open while a file is taken."""
    sources = (_movements, _invoices, _cancellations, _lost_disputes)
    yield from heapq.merge(*(source(session, period) for source in sources), key=lambda entry: entry.at)


def _chunks(
    session: Session,
    query: Any,
    at: Any,
    row_id: Any,
    make: Callable[[Sequence[Row[Any]]], list[Entry]],
) -> Iterator[Entry]:
    """Entries of a query's rows, oldest first, each chunk beginning after the last row of the one before."""
    ordered = query.order_by(at, row_id).limit(CHUNK)
    place: ColumnElement[bool] | None = None
    while True:
        rows = session.execute(ordered if place is None else ordered.where(place)).all()
        made = make(rows)
        end_read()
        yield from made
        if len(rows) < CHUNK:
            return
        place = tuple_(at, row_id) > tuple_(rows[-1].at, rows[-1].id)


def _movements(session: Session, period: Period) -> Iterator[Entry]:
    paper = aliased(PaymentReceipt)
    on_it = Receipt.snapshot["payments"].contains(
        func.jsonb_build_array(func.jsonb_build_object("reference", Transaction.stripe_id))
    )
    query = (
        select(
            Transaction.id,
            Transaction.at,
            Transaction.kind,
            Transaction.amount_cents,
            Transaction.currency,
            Transaction.stripe_id,
            Transaction.note,
            Transaction.credits,
            Transaction.order_id,
            Order.number.label("order_number"),
            func.coalesce(Payment.surplus, False).label("surplus"),
            Receipt.id.is_not(None).label("invoiced"),
            func.coalesce(on_it, False).label("on_invoice"),
            label_of(paper, Receipt).label("document"),
        )
        .join(Order, Order.id == Transaction.order_id)
        .outerjoin(Payment, Payment.id == Transaction.payment_id)
        .outerjoin(Receipt, Receipt.order_id == Transaction.order_id)
        .outerjoin(paper, paper.transaction_id == Transaction.id)
        .where(Transaction.at >= period.start, Transaction.at < period.end)
    )

    def make(rows: Sequence[Row[Any]]) -> list[Entry]:
        crediting = {row.order_id for row in rows if row.credits and row.kind in OWN_MONEY}
        credited = read_credits(session, sorted(crediting))
        return [entries.of_movement(_movement(row, credited)) for row in rows]

    return _chunks(session, query, Transaction.at, Transaction.id, make)


def _movement(row: Row[Any], credited: Credited) -> Movement:
    return Movement(
        id=row.id,
        at=row.at,
        kind=TransactionKind(row.kind),
        cents=row.amount_cents,
        currency=row.currency,
        order_number=row.order_number,
        reference=row.stripe_id,
        note=row.note,
        document=credited.notes.get(row.id) or row.document or "",
        credits=row.credits,
        surplus=row.surplus,
        invoiced=row.invoiced,
        on_invoice=row.on_invoice,
        shares=credited.shares.get(f"L-{row.id}"),
    )


def _invoices(session: Session, period: Period) -> Iterator[Entry]:
    query = select(
        Receipt.id, Receipt.issued_at.label("at"), Receipt.snapshot, label_of(Receipt).label("label")
    ).where(Receipt.issued_at >= period.start, Receipt.issued_at < period.end)

    def make(rows: Sequence[Row[Any]]) -> list[Entry]:
        made = (entries.of_invoice(_invoice(row)) for row in rows)
        return [entry for entry in made if entry is not None]

    return _chunks(session, query, Receipt.issued_at, Receipt.id, make)


def _invoice(row: Row[Any]) -> Invoice:
    facts = row.snapshot
    sales: dict[str, tuple[int, int]] = {}
    for line in facts["lines"]:
        net, tax = sales.get(line["tax_code"], (0, 0))
        own = line["total_cents"] - (line["tax_cents"] if facts["prices_include_tax"] else 0)
        sales[line["tax_code"]] = (net + own, tax + line["tax_cents"])
    return Invoice(
        at=row.at,
        label=row.label,
        currency=facts["currency"],
        order_number=facts["order_number"],
        sales=sales,
        paid_cents=sum(payment["cents"] for payment in facts["payments"]),
    )


def _cancellations(session: Session, period: Period) -> Iterator[Entry]:
    query = cancelled().where(OrderEvent.at >= period.start, OrderEvent.at < period.end)

    def make(rows: Sequence[Row[Any]]) -> list[Entry]:
        shares = read_credits(session, [row.order_id for row in rows]).shares
        return [
            entries.of_cancellation(
                Ending(row.at, f"X-{row.id}", row.currency, row.order_number, row.document),
                shares[f"X-{row.id}"],
            )
            for row in rows
        ]

    return _chunks(session, query, OrderEvent.at, OrderEvent.id, make)


def _lost_disputes(session: Session, period: Period) -> Iterator[Entry]:
    query = (
        select(
            Dispute.id,
            Dispute.closed_at.label("at"),
            Dispute.taken_cents,
            Dispute.currency,
            Dispute.stripe_id,
            Order.number.label("order_number"),
        )
        .join(Order, Order.id == Dispute.order_id)
        .where(
            Dispute.state == DisputeState.LOST,
            Dispute.taken_cents > 0,
            Dispute.closed_at >= period.start,
            Dispute.closed_at < period.end,
        )
    )

    def make(rows: Sequence[Row[Any]]) -> list[Entry]:
        return [
            entries.of_lost_dispute(
                Ending(row.at, f"D-{row.id}", row.currency, row.order_number, stripe_id=row.stripe_id),
                row.taken_cents,
            )
            for row in rows
        ]

    return _chunks(session, query, Dispute.closed_at, Dispute.id, make)
