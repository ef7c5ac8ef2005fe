"""What took something off a sale: refunds that lower its price, and the open part of one that was called off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import OrderStatus
from bakery.payments.journal.sharing import Credit, Shares, share_credits
from bakery.payments.models import Receipt, Transaction, TransactionKind


def credit_shares(session: Session, order_ids: Sequence[int]) -> dict[int, dict[str, Shares]]:
    """What each refund and each cancellation took off the sales of these orders, by order and entry number.

    All credits of an order are shared in the order of their time, whatever period is asked for.
    """
    if not order_ids:
        return {}
    sales = _sales(session, order_ids)
    credits: dict[int, list[tuple[datetime, str, Credit]]] = defaultdict(list)
    known = decided_shares(session, order_ids)
    rows = session.execute(
        select(Transaction.id, Transaction.order_id, Transaction.at, Transaction.kind, Transaction.amount_cents,
               Transaction.stripe_id)
        .where(Transaction.order_id.in_(order_ids), Transaction.credits)
        .order_by(Transaction.id)
    ).all()  # fmt: skip
    refunds = {row.stripe_id: f"L-{row.id}" for row in rows if row.kind == TransactionKind.REFUND}
    for row in rows:
        undoes = refunds.get(row.stripe_id, "") if row.kind == TransactionKind.REVERSAL else ""
        credit = Credit(f"L-{row.id}", -row.amount_cents, undoes, known.get(row.id))
        credits[row.order_id].append((row.at, credit.name, credit))
    for row in session.execute(cancelled().where(Order.id.in_(order_ids))):
        credits[row.order_id].append((row.at, f"X-{row.id}", Credit(f"X-{row.id}", row.open_cents)))
    return {
        order_id: share_credits(
            sales[order_id], (credit for *_, credit in sorted(of_one, key=lambda c: c[:2]))
        )
        for order_id, of_one in credits.items()
    }


def decided_shares(session: Session, order_ids: Sequence[int]) -> Mapping[int, Shares]:
    """Ledger rows of these orders whose shares by tax class somebody decided: refunds by line have a credit note.

    None so far: then an amount is shared in proportion.
    """
    return {}


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
