"""What pages, mails and jobs read of an order's refunds."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from bakery.core.errors import NotFound
from bakery.core.money import Money
from bakery.payments.refund_models import CreditNote, RefundEvent, RefundRequest
from bakery.payments.refund_states import PartState, RefundKind


def get_request(session: Session, request_id: int) -> RefundRequest:
    """A refund with its lines and parts. Raises NotFound."""
    query = select(RefundRequest).where(RefundRequest.id == request_id)
    found = session.scalar(
        query.options(selectinload(RefundRequest.lines), selectinload(RefundRequest.parts))
    )
    if found is None:
        raise NotFound("There is no such refund.")
    return found


def of_order(session: Session, order_id: int) -> Sequence[RefundRequest]:
    """An order's refunds with their parts, the latest first."""
    query = select(RefundRequest).where(RefundRequest.order_id == order_id).order_by(RefundRequest.id.desc())
    return session.scalars(query.options(selectinload(RefundRequest.parts))).all()


def history(session: Session, request_id: int) -> Sequence[RefundEvent]:
    """What happened to a refund, oldest first."""
    query = select(RefundEvent).where(RefundEvent.request_id == request_id).order_by(RefundEvent.id)
    return session.scalars(query).all()


def credit_notes_of(session: Session, order_id: int) -> dict[int, CreditNote]:
    """An order's credit notes, by the refund that each belongs to."""
    query = select(CreditNote).where(CreditNote.order_id == order_id)
    return {note.request_id: note for note in session.scalars(query)}


def of_cancellation(session: Session, order_id: int) -> RefundRequest | None:
    """What was asked back when the order was cancelled; None where nothing was."""
    return session.scalar(
        select(RefundRequest).where(
            RefundRequest.order_id == order_id, RefundRequest.kind == RefundKind.CANCELLATION
        )
    )


def sums_by_way(request: RefundRequest) -> list[tuple[str, Money]]:
    """How much of a refund goes which way, replaced parts left out."""
    found: dict[str, int] = {}
    for part in request.parts:
        if part.state != PartState.REPLACED:
            found[part.tender] = found.get(part.tender, 0) + part.amount_cents
    return [(tender, Money(cents, request.currency)) for tender, cents in found.items()]
