"""Keeping the evidence of sales: written down once for each occasion, and checked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bakery.aftercare import evidence_facts
from bakery.aftercare.cake_facts import picture_keys
from bakery.aftercare.models import EvidenceKind, EvidenceRecord
from bakery.aftercare.sealing import digest_of, first_broken, seal
from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import FileMissing, Files
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.dispute_models import Dispute

log = structlog.get_logger(__name__)
SALE = "sale"


def store_record(order_id: int, kind: EvidenceKind, occasion: str, files: Files) -> bool:
    """Write down what is known of an order now, once for each occasion. False when that is done already, or (for a
    dispute) when nothing is new.

    Its receipt is printed first, if nobody has: the record holds its hash. Refuses an unknown order (NotFound);
    raises FilesUnavailable, to be tried again.
    """
    with transaction() as session:
        if _is_stored(session, order_id, occasion):
            return False
        confirmed = session.get_one(Order, order_id).confirmed_at is not None
        keys = picture_keys(session, order_id)
    if confirmed:
        receipts.get_pdf(order_id, files)
    hashes = {key: _hash_of(files, key) for key in keys}
    with transaction() as session:
        orders.lock_order(session, order_id)
        if _is_stored(session, order_id, occasion):
            return False
        before = list_records(session, order_id)
        facts = evidence_facts.collect(session, order_id, hashes)
        if kind == EvidenceKind.DISPUTE and before and digest_of(before[-1].facts) == digest_of(facts):
            return False
        record = EvidenceRecord(
            order_id=order_id,
            kind=kind,
            occasion=occasion,
            facts=facts,
            previous_sha256=before[-1].sha256 if before else "",
            at=clock.now(),
        )
        record.sha256 = seal(record)
        session.add(record)
    return True


def store_for_dispute(dispute_id: int, files: Files) -> bool:
    """Write down what is known of a disputed order, where that is more than its last record says."""
    with transaction() as session:
        dispute = session.get(Dispute, dispute_id)
        if dispute is None:
            raise NotFound("There is no such dispute.")
        order_id, known = dispute.order_id, len(list_records(session, dispute.order_id))
    return store_record(order_id, EvidenceKind.DISPUTE, f"dispute:{dispute_id}:{known + 1}", files)


def list_records(session: Session, order_id: int) -> Sequence[EvidenceRecord]:
    """An order's records, the oldest first."""
    query = select(EvidenceRecord).where(EvidenceRecord.order_id == order_id)
    return session.scalars(query.order_by(EvidenceRecord.id).execution_options(populate_existing=True)).all()


def backfill(files: Files, tell: Callable[[str], None] = lambda _: None) -> int:
    """Write down the sales of before anybody did: late, and saying when. Answers how many."""
    with transaction() as session:
        missing = session.execute(
            select(Order.id, Order.number)
            .where(Order.confirmed_at.is_not(None), ~exists().where(EvidenceRecord.order_id == Order.id))
            .order_by(Order.id)
        ).all()
    for at, (order_id, number) in enumerate(missing, start=1):
        store_record(order_id, EvidenceKind.SALE, SALE, files)
        tell(f"{at} of {len(missing)}: {number}")
    return len(missing)


def verify(tell: Callable[[str], None] = lambda _: None) -> int:
    """Look through all records for one that was changed. Answers how many orders have one."""
    with transaction() as session:
        numbers = session.execute(
            select(Order.id, Order.number)
            .where(exists().where(EvidenceRecord.order_id == Order.id))
            .order_by(Order.id)
        ).all()
    broken = 0
    for order_id, number in numbers:
        with transaction() as session:
            records = list_records(session, order_id)
            found = first_broken(records)
            if found is not None:
                broken += 1
                tell(f"{number}: record {found.id} ({found.occasion}) is not what was written")
            for record in records:
                session.expunge(record)
    return broken


def _is_stored(session: Session, order_id: int, occasion: str) -> bool:
    query = select(EvidenceRecord.id).where(
        EvidenceRecord.order_id == order_id, EvidenceRecord.occasion == occasion
    )
    return session.scalar(query) is not None


def _hash_of(files: Files, key: str) -> str | None:
    try:
        return hashlib.sha256(files.get(key)).hexdigest()
    except FileMissing:
        return None
