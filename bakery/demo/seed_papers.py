"""The tax invoices of the invented orders: numbered in the order of their payments, printed when somebody asks."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session, selectinload

from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.models import Receipt, ReceiptSeries, Transaction
from bakery.payments.receipt_facts import collect
from bakery.shop.queries import get_profile

# The mail with the invoice goes out a moment after the payment.
AFTER = timedelta(seconds=4)


def add_papers(session: Session) -> int:
    """An invoice for every order that was confirmed. Answers how many; the series goes on after them."""
    shop = get_profile(session)
    paid: dict[int, list[Transaction]] = defaultdict(list)
    for row in session.scalars(select(Transaction).order_by(Transaction.id)):
        paid[row.order_id].append(row)
    orders = session.scalars(
        select(Order)
        .where(Order.confirmed_at.is_not(None))
        .options(selectinload(Order.lines))
        .order_by(Order.confirmed_at, Order.id)
    ).all()
    rows = []
    for number, order in enumerate(orders, start=1):
        assert order.confirmed_at is not None
        at = order.confirmed_at + AFTER
        rows.append(
            {
                "series": receipts.SERIES,
                "number": number,
                "order_id": order.id,
                "issued_at": at,
                "snapshot": collect(order, paid[order.id], shop, at),
                "keep_until": receipts.keep_until(order, at, shop),
            }
        )
    session.execute(insert(ReceiptSeries).values(code=receipts.SERIES, last_number=len(rows)))
    if rows:
        session.execute(insert(Receipt), rows)
    return len(rows)
