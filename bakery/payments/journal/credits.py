"""What took something off a sale: refunds that lower its price, and the open part of one that was called off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import OrderStatus
from bakery.payments.journal.decided import read_decided
from bakery.payments.journal.sharing import Credit, Shares, share_credits
from bakery.payments.models import Receipt, Transaction, TransactionKind


@dataclass(frozen=True, slots=True)
class Credited:
    """What took something off sales: shares by entry number (`L-17`, `X-4`), credit notes by ledger row."""

    shares: dict[str, Shares]
    notes: dict[int, str]


def read_credits(session: Session, order_ids: Sequence[int]) -> Credited:
    """Each refund and each cancellation of these orders.

    All credits of an order are shared in the order of their time, whatever period is asked for.
    """
    if not order_ids:
        return Credited({}, {})
    rows = session.execute(
        select(Transaction.id, Transaction.order_id, Transaction.at, Transaction.kind, Transaction.amount_cents,
               Transaction.stripe_id)
        .where(Transaction.order_id.in_(order_ids), Transaction.credits)
        .order_by(Transaction.id)
    ).all()  # fmt: skip
    undoes = _undone(rows)
    decided = read_decided(session, rows, undoes)
    # In the order of their time; at the same one, of the ledger.
    credits: dict[int, list[tuple[tuple[datetime, int, int], Credit]]] = defaultdict(list)
    for row in rows:
        credit = Credit(f"L-{row.id}", -row.amount_cents, undoes.get(row.id, ""), decided.shares.get(row.id))
        credits[row.order_id].append(((row.at, 0, row.id), credit))
    for row in session.execute(cancelled().where(Order.id.in_(order_ids))):
        credits[row.order_id].append(((row.at, 1, row.id), Credit(f"X-{row.id}", row.open_cents)))
    sales = _sales(session, sorted(credits))
    shares: dict[str, Shares] = {}
    for order_id, of_one in credits.items():
        in_time = (credit for _, credit in sorted(of_one, key=lambda pair: pair[0]))
        shares |= share_credits(sales.get(order_id, {}), in_time)
    return Credited(shares, decided.notes)


def _undone(rows: Sequence[Any]) -> dict[int, str]:
    """Of a refund and its reversal the later one takes the earlier one back: the entry's number, by row."""
    first: dict[tuple[int, str], int] = {}
    found = {}
    for row in rows:
        if row.kind in (TransactionKind.REFUND, TransactionKind.REVERSAL):
            earlier = first.setdefault((row.order_id, row.stripe_id), row.id)
            if earlier != row.id:
                found[row.id] = f"L-{earlier}"
    return found


def _sales(session: Session, order_ids: Sequence[int]) -> dict[int, Shares]:
    """What was sold in each order, by tax class: (without tax, tax)."""
    inside = select(Order.prices_include_tax).where(Order.id == OrderLine.order_id).scalar_subquery()
    rows = session.execute(
        select(
            OrderLine.order_id,
            OrderLine.tax_code,
            inside.label("include_tax"),
            func.sum(OrderLine.total_cents).label("total"),
            func.sum(OrderLine.tax_cents).label("tax"),
        )
        .where(OrderLine.order_id.in_(order_ids))
        .group_by(OrderLine.order_id, OrderLine.tax_code)
        .order_by(OrderLine.order_id, OrderLine.tax_code)
    )
    sales: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        net = row.total - row.tax if row.include_tax else row.total
        sales[row.order_id][row.tax_code] = (int(net), int(row.tax))
    return sales  # type: ignore[return-value]


def cancelled() -> Select[Any]:
    """Orders that were invoiced and called off with a part of the price never paid: `open_cents`, now and for ever."""
    open_cents = Order.total_cents - Order.credited_cents - Order.held_cents
    return (
        select(
            OrderEvent.id,
            OrderEvent.at,
            Order.id.label("order_id"),
            Order.number.label("order_number"),
            Order.currency,
            open_cents.label("open_cents"),
            label_of(Receipt).label("document"),
        )
        .join(Order, Order.id == OrderEvent.order_id)
        .join(Receipt, Receipt.order_id == Order.id)
        .where(
            OrderEvent.kind == "status",
            OrderEvent.to_state == OrderStatus.CANCELLED,
            Order.status == OrderStatus.CANCELLED,
            open_cents > 0,
        )
    )


def label_of(*papers: Any) -> ColumnElement[Any]:
    """The number as printed of the first of these papers that there is."""
    return func.coalesce(*(_label(paper) for paper in papers))


def _label(paper: Any) -> ColumnElement[Any]:
    digits = cast(paper.number, Text)
    return paper.series + "-" + func.lpad(digits, func.greatest(func.length(digits), 6), "0")  # type: ignore[no-any-return]
