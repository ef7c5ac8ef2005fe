"""Attempts to pay against charges, and receipts against confirmed orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.orders.models import Order
from bakery.payments.books.kinds import DifferenceKind, Fix, Found
from bakery.payments.books.pieces import Tell, pieces, rows_of
from bakery.payments.models import OWN_MONEY, Payment, Receipt, Transaction

_D = DifferenceKind
# A receipt is issued by a job, and surplus money is sent back by one: they are given the time to.
RECEIPT_WITHIN = timedelta(hours=1)
SURPLUS_WITHIN = timedelta(days=1)

_PAYMENTS = text(
    """
    SELECT * FROM (
        SELECT p.id, p.order_id, p.state, p.amount_cents, p.currency, p.created_at, p.payment_intent_id, o.number,
            c.rows, c.cents, c.reference,
            p.payment_intent_id IS DISTINCT FROM c.reference
                AND NOT (o.is_demo AND c.reference LIKE 'demo\\_%') AS is_other,
            CASE WHEN p.surplus AND p.ended_at < :surplus_before THEN (
                SELECT coalesce(sum(l.amount_cents), 0) FROM ledger_transaction l
                WHERE l.payment_id = p.id AND l.kind = ANY(:own)) ELSE 0 END AS kept,
            EXISTS (SELECT 1 FROM ledger_transaction l
                WHERE l.payment_id = p.id AND l.kind = 'reversal') AS came_back
        FROM payment p JOIN shop_order o ON o.id = p.order_id
        LEFT JOIN LATERAL (
            SELECT count(*) AS rows, sum(l.amount_cents) AS cents, min(l.stripe_id) AS reference
            FROM ledger_transaction l WHERE l.payment_id = p.id AND l.kind = 'charge'
        ) c ON true
        WHERE p.id > :after AND p.id <= :upto
    ) p
    WHERE (state = 'SUCCEEDED') <> (rows > 0) OR rows > 1 OR (rows = 1 AND (cents <> amount_cents OR is_other))
        OR kept > 0
    ORDER BY id
    """
)
_ORPHANS = text(
    """
    SELECT l.id, l.order_id, l.amount_cents, l.currency, l.stripe_id, l.at, o.number
    FROM ledger_transaction l JOIN shop_order o ON o.id = l.order_id
    LEFT JOIN payment p ON p.id = l.payment_id
    WHERE l.id > :after AND l.id <= :upto AND l.kind = 'charge'
        AND (p.id IS NULL OR p.order_id <> l.order_id)
    ORDER BY l.id
    """
)
_UNRECEIPTED = text(
    """
    SELECT o.id, o.number, o.currency, o.total_cents FROM shop_order o
    WHERE o.id > :after AND o.id <= :upto AND o.confirmed_at < :receipt_before AND NOT o.is_demo
        AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.order_id = o.id)
    ORDER BY o.id
    """
)
_UNSOLD = text(
    """
    SELECT r.id, r.order_id, o.number, o.currency FROM receipt r JOIN shop_order o ON o.id = r.order_id
    WHERE r.id > :after AND r.id <= :upto AND o.confirmed_at IS NULL
    ORDER BY r.id
    """
)


def check_papers(tell: Tell) -> Iterator[Found]:
    """Payments without their charge and charges without their payment; orders without receipt and receipts without."""
    yield from _attempts(lambda done: tell(done * 0.7))
    yield from _receipts(lambda done: tell(0.7 + done * 0.3))


def _attempts(tell: Tell) -> Iterator[Found]:
    own, before = [kind.value for kind in OWN_MONEY], clock.now() - SURPLUS_WITHIN
    for piece in pieces(Payment):
        for row in rows_of(_PAYMENTS, piece, own=own, surplus_before=before):
            yield from _of_payment(row)
        tell(piece.done / 2)
    for piece in pieces(Transaction):
        for row in rows_of(_ORPHANS, piece):
            yield _orphan(row)
        tell(0.5 + piece.done / 2)


def _receipts(tell: Tell) -> Iterator[Found]:
    for piece in pieces(Order):
        for row in rows_of(_UNRECEIPTED, piece, receipt_before=clock.now() - RECEIPT_WITHIN):
            sentence = f"Order {row.number} was confirmed over an hour ago and has no receipt."
            yield Found(_D.RECEIPT_MISSING, f"order:{row.id}", sentence, row.currency, order_id=row.id)
        tell(piece.done / 2)
    for piece in pieces(Receipt):
        for row in rows_of(_UNSOLD, piece):
            sentence = f"Order {row.number} has a receipt and was never confirmed."
            subject = f"receipt:{row.id}"
            yield Found(_D.RECEIPT_WITHOUT_SALE, subject, sentence, row.currency, order_id=row.order_id)
        tell(0.5 + piece.done / 2)


def _of_payment(row: Row[Any]) -> Iterator[Found]:
    amount = money(Money(row.amount_cents, row.currency))
    about = f"Payment {row.id} of {amount} for order {row.number}"
    if row.kept > 0:
        kept = money(Money(int(row.kept), row.currency))
        why = "came back from the bank" if row.came_back else "has not gone back"
        sentence = f"{about} bought nothing over a day ago, and {kept} of it {why}."
        found = _payment(row, _D.SURPLUS_KEPT, sentence, int(row.kept))
        # Asking once more would answer with the refund that failed.
        yield replace(found, fix=Fix.EXPLAIN) if row.came_back else found
    if row.rows > 1:
        sentence = f"{about} stands in the ledger {row.rows} times."
        yield _payment(row, _D.DOUBLE_IN_LEDGER, sentence, int(row.cents))
    elif row.rows == 0 and row.state == "SUCCEEDED":
        yield _payment(row, _D.PAYMENT_WITHOUT_CHARGE, f"{about} succeeded; the ledger has no charge.", 0)
    elif row.rows == 1 and (row.state != "SUCCEEDED" or row.cents != row.amount_cents or row.is_other):
        sum_ = money(Money(int(row.cents), row.currency))
        sentence = f"{about} is {row.state.lower()}; its charge in the ledger is {sum_} ({row.reference})."
        yield _payment(row, _D.CHARGE_WITHOUT_PAYMENT, sentence, int(row.cents))


def _payment(row: Row[Any], kind: DifferenceKind, sentence: str, found: int) -> Found:
    return Found(
        kind,
        f"payment:{row.id}",
        sentence,
        row.currency,
        expected_cents=0 if kind == _D.SURPLUS_KEPT else row.amount_cents,
        found_cents=found,
        order_id=row.order_id,
    )


def _orphan(row: Row[Any]) -> Found:
    amount = money(Money(row.amount_cents, row.currency))
    return Found(
        _D.CHARGE_WITHOUT_PAYMENT,
        f"charge:{row.stripe_id}"[:120],
        f"The ledger of order {row.number} has a charge of {amount} ({row.stripe_id}) without a payment.",
        row.currency,
        found_cents=row.amount_cents,
        order_id=row.order_id,
    )
