"""A few days of a shop's life in ledger and papers, and the journal of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bakery.core.actor import Actor
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments import receipts
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.journal.balance import Sums, add_up
from bakery.payments.journal.entries import Entry
from bakery.payments.journal.queries import Period, read_journal
from bakery.payments.models import Payment, Transaction

ALWAYS = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
STAFF = Actor(None, "Parwin")


def journal(period: Period = ALWAYS) -> list[Entry]:
    db.session.rollback()
    return list(read_journal(db.session(), period))


def lines(entry: Entry) -> list[tuple[str, int]]:
    """(slot, debited) or (slot, -credited)."""
    return [(line.slot, line.debit_cents - line.credit_cents) for line in entry.lines]


def balances(period: Period = ALWAYS) -> dict[str, int]:
    """What each account moved by; those that ended where they began are left out."""
    sums: dict[tuple[str, str], Sums] = add_up(journal(period))
    return {slot: each.balance_cents for (_, slot), each in sums.items() if each.balance_cents}


def invoice(order: Order) -> str:
    with transaction() as session:
        return receipts.issue(session, order.id).label


def payment_of(order: Order) -> int:
    query = db.select(Payment.id).where(Payment.order_id == order.id).order_by(Payment.id.desc())
    return int(db.session.scalars(query).first())


def call_off(order: Order) -> None:
    with transaction() as session:
        locked = orders.lock_order(session, order.id)
        orders.change_status(session, locked, OrderStatus.CANCELLED, STAFF, "the customer rang")


def lose_dispute(order: Order, cents: int) -> None:
    with transaction() as session:
        session.add(
            Dispute(
                stripe_id=f"du_{order.id}",
                order_id=order.id,
                payment_id=payment_of(order),
                state=DisputeState.LOST,
                reason="fraudulent",
                amount_cents=cents,
                taken_cents=cents,
                currency=order.currency,
                opened_at=datetime(2026, 11, 1, tzinfo=UTC),
                closed_at=datetime(2026, 11, 28, tzinfo=UTC),
            )
        )


def ledger_sum(*kinds: Any) -> int:
    rows = db.session.scalars(db.select(Transaction.amount_cents).where(Transaction.kind.in_(kinds)))
    return sum(rows)


def day(offset: int = 0) -> Period:
    start = datetime(2026, 11, 28, tzinfo=UTC) + timedelta(days=offset)
    return Period(start, start + timedelta(days=1))
