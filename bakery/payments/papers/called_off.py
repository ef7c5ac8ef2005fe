"""The open part of invoiced orders that were called off. It has no paper: these rows are what takes its GST back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from bakery.infra.transaction import end_read
from bakery.orders.models import OrderEvent, OrderLine
from bakery.payments.journal.credits import cancelled, read_credits
from bakery.payments.models import Receipt
from bakery.payments.papers.tax_row import TaxRow

CALLED_OFF = "Called off, not paid"
CHUNK = 500


def read_called_off(session: Session, start: datetime, end: datetime) -> Iterator[TaxRow]:
    """A negative row for each tax class, at the instant of the cancellation, oldest first: what the journal enters.

    Read in chunks, each a transaction of its own.
    """
    query = cancelled().where(OrderEvent.at >= start, OrderEvent.at < end)
    query = query.order_by(OrderEvent.at, OrderEvent.id).limit(CHUNK)
    beyond = query
    while True:
        found = session.execute(beyond).all()
        rows = _rows(session, found)
        end_read()
        yield from rows
        if len(found) < CHUNK:
            return
        beyond = query.where(tuple_(OrderEvent.at, OrderEvent.id) > (found[-1].at, found[-1].id))


def _rows(session: Session, found: Sequence[Any]) -> list[TaxRow]:
    order_ids = [row.order_id for row in found]
    shares = read_credits(session, order_ids).shares
    rates, buyers = _rates(session, order_ids), _buyers(session, order_ids)
    rows = []
    for row in found:
        buyer = buyers[row.order_id]
        for code, (net, tax) in shares[f"X-{row.id}"].items():
            name, rate_bp = rates.get((row.order_id, code), ("", 0))
            rows.append(
                TaxRow(
                    at=row.at,
                    kind=CALLED_OFF,
                    # As the journal calls it.
                    label=f"X-{row.id}",
                    order_number=row.order_number,
                    buyer=buyer.get("business_name") or buyer["name"],
                    buyer_abn=buyer.get("abn", ""),
                    tax_code=code,
                    tax_name=name,
                    rate_bp=rate_bp,
                    net_cents=-net,
                    tax_cents=-tax,
                    gross_cents=-net - tax,
                    currency=row.currency,
                    sha256="",
                )
            )
    return rows


def _rates(session: Session, order_ids: Sequence[int]) -> dict[tuple[int, str], tuple[str, int]]:
    """Name and rate of each tax class of these orders, as sold."""
    query = select(OrderLine.order_id, OrderLine.tax_code, OrderLine.tax_name, OrderLine.tax_rate_bp)
    rows = session.execute(query.where(OrderLine.order_id.in_(order_ids)).distinct())
    return {(row.order_id, row.tax_code): (row.tax_name, row.tax_rate_bp) for row in rows}


def _buyers(session: Session, order_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Who stands on these orders' invoices."""
    query = select(Receipt.order_id, Receipt.snapshot["customer"].label("customer"))
    rows = session.execute(query.where(Receipt.order_id.in_(order_ids)))
    return {row.order_id: row.customer for row in rows}
