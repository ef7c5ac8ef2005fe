"""What the file for the bank says, as plain data: taken from the records of the sale, never from what it became.

What was bought and agreed is told by the record of the day of the sale; what happened since, by the latest one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from bakery.aftercare.evidence import list_records
from bakery.aftercare.models import EvidenceKind, EvidenceRecord
from bakery.aftercare.sealing import first_broken
from bakery.payments.dispute_models import Dispute
from bakery.payments.dispute_words import reason_words
from bakery.payments.models import Payment, TransactionKind

Facts = dict[str, Any]
# Told by the first record: nobody can say that it was written to fit the dispute.
OF_THE_SALE = ("order", "lines", "shop", "terms")
# Told by the last.
SINCE = ("consents", "ledger", "cake", "messages", "history", "kitchen", "handover", "receipt")


def compose(session: Session, dispute: Dispute) -> Facts | None:
    """The facts of a dispute's file; None while no record of the order is written."""
    records = list_records(session, dispute.order_id)
    if not records:
        return None
    first = next((record for record in records if record.kind == EvidenceKind.SALE), records[0])
    last = records[-1]
    payment = session.get_one(Payment, dispute.payment_id)
    return (
        {name: first.facts[name] for name in OF_THE_SALE}
        | {name: last.facts[name] for name in SINCE}
        | {
            "dispute": _dispute(dispute, payment, last.facts["ledger"]),
            "records": _records(records),
            "sale_written_at": first.at.isoformat(),
            "written_at": last.at.isoformat(),
        }
    )


def refunds(pack: Facts) -> list[Facts]:
    """What went back, less what did not arrive; oldest first."""
    came_back = {row["reference"] for row in pack["ledger"] if row["kind"] == TransactionKind.REVERSAL}
    return [
        row
        for row in pack["ledger"]
        if row["kind"] == TransactionKind.REFUND and row["reference"] not in came_back
    ]


def _dispute(dispute: Dispute, payment: Payment, ledger: Sequence[Facts]) -> Facts:
    charges = [row for row in ledger if row["reference"] == payment.payment_intent_id]
    return {
        "id": dispute.stripe_id,
        "is_inquiry": dispute.is_inquiry,
        "reason": dispute.reason,
        "claim": reason_words(dispute.reason).claim,
        "amount_cents": dispute.amount_cents,
        "currency": dispute.currency,
        "opened_at": dispute.opened_at.isoformat(),
        "payment": payment.payment_intent_id,
        "payment_cents": payment.amount_cents,
        "paid_at": charges[0]["at"] if charges else None,
    }


def _records(records: Sequence[EvidenceRecord]) -> list[Facts]:
    broken = first_broken(records)
    return [
        {
            "kind": record.kind,
            "at": record.at.isoformat(),
            "sha256": record.sha256,
            # Whatever follows a record that was changed proves nothing either.
            "whole": broken is None or record.id < broken.id,
        }
        for record in records
    ]
