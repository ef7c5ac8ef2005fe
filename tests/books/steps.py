"""Sales whose money is in the books, tampering with the books, and what a proof of them finds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import select, text

from bakery.core import clock
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.books import mirror, proof
from bakery.payments.books.models import BalanceEntry, BooksDifference, BooksRun
from bakery.payments.models import Payment
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

LATER = timedelta(hours=2)
TABLES = ("shop_order", "ledger_transaction", "balance_entry")


def paid(gateway: FakeGateway, **changes: object) -> Order:
    """An order that was paid on Stripe's page, with its receipt."""
    order = steps.pending(**changes)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    issue_receipt(order)
    return steps.reread(order)


def issue_receipt(order: Order) -> None:
    receipts.issue(db.session(), order.id)
    db.session.commit()


def intent(order: Order) -> str:
    return str(steps.latest(order).payment_intent_id)


def refund(order: Order, gateway: FakeGateway, cents: int, key: str = "by hand") -> str:
    """The staff refund in Stripe's dashboard, and its event comes."""
    made = gateway.refund(intent(order), cents, idempotency_key=f"{key}-{order.id}")
    steps.tell("refund.updated", made.raw)
    return made.id


@contextmanager
def past_all_guards() -> Iterator[None]:
    """What somebody does who writes to the database by hand and switches its guards off."""
    db.session.rollback()
    for table in TABLES:
        db.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    yield
    db.session.flush()
    for table in TABLES:
        db.session.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    db.session.commit()
    db.session.expire_all()


def tamper(statement: str, **values: object) -> None:
    """Change the books past all guards."""
    with past_all_guards():
        assert db.session.execute(text(statement), values).rowcount


def read(gateway: FakeGateway) -> mirror.Reading:
    """The reconciler's next visit."""
    with clock.travel(clock.now() + timedelta(minutes=5)):
        return mirror.read_balance(gateway)


def prove(gateway: FakeGateway, *, after: timedelta = LATER) -> BooksRun:
    """A proof of everything, some time later."""
    with clock.travel(clock.now() + after):
        run_id = proof.prove(None, gateway)
    db.session.expire_all()
    return db.session.get_one(BooksRun, run_id)


def found(state: str = "OPEN") -> list[BooksDifference]:
    query = select(BooksDifference).where(BooksDifference.state == state).order_by(BooksDifference.id)
    return list(db.session.scalars(query))


def kinds(state: str = "OPEN") -> list[str]:
    return [each.kind for each in found(state)]


def entries() -> list[BalanceEntry]:
    return list(db.session.scalars(select(BalanceEntry).order_by(BalanceEntry.created_at, BalanceEntry.id)))


def payments(order: Order) -> list[Payment]:
    query = select(Payment).where(Payment.order_id == order.id).order_by(Payment.id)
    return list(db.session.scalars(query))
