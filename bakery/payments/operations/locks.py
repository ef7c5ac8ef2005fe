"""The lock under which everything about one order's money happens."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments.models import Payment


def lock_order(session: Session, order_id: int) -> Order:
    """The order's row, locked, as it is now. Always before payments, stock and slots."""
    return session.scalars(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def fresh_payment(session: Session, payment_id: int) -> Payment:
    """A payment as it is now; the order's lock is what guards it."""
    return session.scalars(
        select(Payment).where(Payment.id == payment_id).execution_options(populate_existing=True)
    ).one()
