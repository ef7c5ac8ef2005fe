"""Credit notes: a gapless number of their own series, the facts they were printed from, and the stored PDF."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files
from bakery.orders.models import Order, OrderLine
from bakery.payments import credit_note_facts, receipts
from bakery.payments.operations import numbering
from bakery.payments.papers import kinds, store
from bakery.payments.receipt_facts import Facts
from bakery.payments.receipts import ReceiptPdf
from bakery.payments.refund_models import CreditNote, RefundLine, RefundPart, RefundRequest
from bakery.shop.queries import get_profile

SERIES = "C"


def issue(session: Session, order: Order, request: RefundRequest) -> CreditNote:
    """The request's credit note with the next number of the series, or the one it has. In an open transaction, under
    the order's lock.

    The series' row stays locked until the end of the transaction, so that numbers follow one another and a number
    that is rolled back is given to the next.
    """
    known = session.scalar(select(CreditNote).where(CreditNote.request_id == request.id))
    if known is not None:
        return known
    facts = _facts(session, order, request)
    number = numbering.next_number(session, SERIES)
    # After the lock, so that numbers and times go up together.
    issued_at = clock.now()
    note = CreditNote(
        series=SERIES,
        number=number,
        request_id=request.id,
        order_id=order.id,
        issued_at=issued_at,
        snapshot=facts | {"issued_at": issued_at.isoformat()},
        keep_until=receipts.keep_until(order, issued_at, get_profile(session)),
    )
    session.add(note)
    session.flush()
    return note


def get_pdf(order_id: int, label: str, files: Files) -> ReceiptPdf:
    """A credit note of this order, by its number as printed. Raises NotFound, also for another order's."""
    with transaction() as session:
        note_id = _find(session, order_id, label).id
    return store.fetch(kinds.CREDIT_NOTE, note_id, files)


def _find(session: Session, order_id: int, label: str) -> CreditNote:
    for note in session.scalars(select(CreditNote).where(CreditNote.order_id == order_id)):
        if note.label == label:
            return note
    raise NotFound("There is no such credit note.")


def _facts(session: Session, order: Order, request: RefundRequest) -> Facts:
    lines = session.execute(
        select(RefundLine, OrderLine)
        .join(OrderLine, OrderLine.id == RefundLine.order_line_id)
        .where(RefundLine.request_id == request.id)
        .order_by(OrderLine.position)
    )
    parts = session.scalars(
        select(RefundPart).where(RefundPart.request_id == request.id).order_by(RefundPart.id)
    )
    return credit_note_facts.collect(
        order,
        request,
        [(part, sold) for part, sold in lines],
        parts.all(),
        receipts.find(session, order.id),
        get_profile(session),
    )
