"""Refunds against their credit notes, and refunds that do not move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.payments.books.kinds import DifferenceKind, Found
from bakery.payments.books.pieces import Tell, pieces, rows_of
from bakery.payments.refund_models import RefundRequest

_D = DifferenceKind
# A bank takes days, and a person some too; nothing that moves at all stands still so long.
MOVES_WITHIN = timedelta(days=14)

# A refund that came back after its credit note is FAILED, and on its way once more it is PROCESSING: less may have
# gone then, but never more. One that was ended as such, some part given up, is even with what the bank gave back in a
# dispute about the same payment.
_NOTES = text(
    """
    SELECT * FROM (
        SELECT r.id, r.order_id, r.state, r.currency, o.number,
            n.series || '-' || lpad(n.number::text, greatest(length(n.number::text), 6), '0') AS label,
            (n.snapshot->>'total_cents')::bigint AS credited,
            coalesce((SELECT -sum(l.amount_cents) FROM ledger_transaction l
                WHERE l.order_id = r.order_id AND l.credits AND EXISTS (
                    SELECT 1 FROM refund_part p WHERE p.request_id = r.id
                        AND l.stripe_id IN ('refund-part:' || p.id, p.stripe_refund_id))), 0)::bigint AS went,
            CASE WHEN r.amount_cents > (SELECT coalesce(sum(p.amount_cents), 0) FROM refund_part p
                WHERE p.request_id = r.id AND p.state <> 'REPLACED')
            THEN coalesce((SELECT -sum(l.amount_cents) FROM ledger_transaction l
                WHERE l.kind = 'dispute' AND l.payment_id IN (
                    SELECT p.payment_id FROM refund_part p WHERE p.request_id = r.id)), 0)
            ELSE 0 END::bigint AS lost
        FROM refund_request r
        JOIN credit_note n ON n.request_id = r.id
        JOIN shop_order o ON o.id = r.order_id
        WHERE r.id > :after AND r.id <= :upto AND r.state <> 'FAILED'
    ) r
    WHERE went > credited OR (went + lost < credited AND state <> 'PROCESSING')
    ORDER BY id
    """
)
# Nothing of a demo's moves by itself.
_STUCK = text(
    """
    SELECT r.id, r.order_id, r.amount_cents, r.currency, o.number, s.moved_at, s.open
    FROM refund_request r
    JOIN shop_order o ON o.id = r.order_id AND NOT o.is_demo
    CROSS JOIN LATERAL (
        SELECT greatest(
                (SELECT max(e.at) FROM refund_event e WHERE e.request_id = r.id),
                max(p.created_at), max(p.asked_at), max(p.ended_at)) AS moved_at,
            coalesce(sum(p.amount_cents) FILTER (WHERE p.state IN ('WAITING', 'SENT', 'PENDING', 'TO_GIVE')), 0)::bigint
                AS open,
            min(coalesce(p.asked_at, p.created_at)) FILTER (WHERE p.state IN ('SENT', 'PENDING', 'TO_GIVE'))
                AS waits_since
        FROM refund_part p WHERE p.request_id = r.id
    ) s
    WHERE r.id > :after AND r.id <= :upto
        AND (s.waits_since < :before OR (r.state IN ('APPROVED', 'PROCESSING') AND s.moved_at < :before))
    ORDER BY r.id
    """
)


def check_refunds(tell: Tell) -> Iterator[Found]:
    """Credit notes that are not what went back, and refunds that nobody moves on."""
    before = clock.now() - MOVES_WITHIN
    for piece in pieces(RefundRequest):
        for row in rows_of(_NOTES, piece):
            yield _note(row)
        for row in rows_of(_STUCK, piece, before=before):
            yield _stuck(row)
        tell(piece.done)


def _note(row: Row[Any]) -> Found:
    credited, went = (money(Money(cents, row.currency)) for cents in (row.credited, row.went))
    return Found(
        _D.CREDIT_NOTE_DIFFERS,
        f"refund:{row.id}",
        f"Credit note {row.label} of order {row.number} says {credited}; by the ledger {went} went back.",
        row.currency,
        expected_cents=row.credited,
        found_cents=row.went,
        order_id=row.order_id,
    )


def _stuck(row: Row[Any]) -> Found:
    amount, rest = (money(Money(cents, row.currency)) for cents in (row.amount_cents, row.open))
    return Found(
        _D.REFUND_STUCK,
        f"refund:{row.id}",
        f"The refund of {amount} for order {row.number} has stood still for two weeks; {rest} of it has not gone.",
        row.currency,
        expected_cents=0,
        found_cents=row.open,
        order_id=row.order_id,
    )
