"""Ending a refund that failed with what has gone back of it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.dispute_queries import is_frozen
from bakery.payments.operations import refund_moves, refund_parts
from bakery.payments.refund_models import CreditNote, RefundPart, RefundRequest
from bakery.payments.refund_states import PartState, RefundState
from bakery.payments.services.refund_requests import close_as_declined, words_of
from bakery.payments.services.refund_rescue import is_gone, look_first, record_step
from bakery.people.rights import Right
from bakery.people.trust import require
from bakery.pricing.refunds import Given, cut_down

PROMISED = (
    "Its credit note is issued, so the customer has this money coming. Try it again, or give it another way."
)
ON_ITS_WAY = "A part of it is still on its way. Wait for it."
BY_THE_BANK = "the bank gave this money back to the customer in the dispute; the credit note stays"
OTHERWISE = "this money is not with us any more; the credit note stays"


def leave_it(request_id: int, actor: Actor, why: str, gateway: Gateway) -> None:
    """End a refund that failed with what has gone back: all of it declined where nothing has, else cut down to that.
    One whose credit note is issued ends only where its money is gone, since the customer has it by another way.

    Refuses one that has not failed, one that is promised and can still be kept (Conflict), and no reason (Invalid).
    """
    why = words_of(why, "Say why; the customer may read it.", "answer")
    with transaction() as session:
        failed = [
            part.id for part in refund_moves.parts_of(session, request_id) if part.state == PartState.FAILED
        ]
    for part_id in failed:
        look_first(part_id, gateway)
    with transaction() as session:
        order, request = refund_moves.lock(session, request_id)
        require(session, actor, Right.REFUND)
        if request.state != RefundState.FAILED:
            raise Conflict("Only a refund that failed is left at what has gone back.")
        if _is_promised(session, request):
            _end_promised(session, order, request, actor, why)
        elif went := _what_went(session, request_id):
            _cut_down(session, request, went)
            record_step(session, order, request, None, actor, "refund.cut_down", why)
            refund_moves.move(session, order, request, RefundState.PROCESSING, actor, f"left at that: {why}")
            refund_parts.conclude(session, order, request)
        else:
            refund_moves.move(session, order, request, RefundState.REJECTED, actor, why)
            close_as_declined(session, order, request, actor, why)


def can_be_left(session: Session, order: Order, request: RefundRequest) -> bool:
    """Whether a refund that failed may end with what has gone back."""
    if not _is_promised(session, request):
        return True
    failed = _failed(session, request)
    return not is_frozen(session, request) and all(is_gone(session, order, part) for part in failed)


def _is_promised(session: Session, request: RefundRequest) -> bool:
    query = select(CreditNote.id).where(CreditNote.request_id == request.id)
    return session.scalar(query) is not None


def _failed(session: Session, request: RefundRequest) -> list[RefundPart]:
    parts = refund_moves.parts_of(session, request.id)
    return [part for part in parts if part.state == PartState.FAILED]


def _end_promised(session: Session, order: Order, request: RefundRequest, actor: Actor, why: str) -> None:
    """The customer has what the credit note says, and not by this refund. Nobody writes to them: nothing is new."""
    if not can_be_left(session, order, request):
        raise Conflict(PROMISED)
    failed = _failed(session, request)
    lost = select(Dispute.id).where(
        Dispute.payment_id.in_([part.payment_id for part in failed]), Dispute.state == DisputeState.LOST
    )
    said = OTHERWISE if session.scalar(lost.limit(1)) is None else BY_THE_BANK
    _what_went(session, request.id)
    record_step(session, order, request, None, actor, "refund.end", why)
    refund_moves.move(session, order, request, RefundState.PROCESSING, actor, f"left at that: {why}")
    refund_moves.move(session, order, request, RefundState.SUCCEEDED, actor, said)
    refund_moves.settle(session, request, "refund_failed", user_id=actor.id)


def _what_went(session: Session, request_id: int) -> int:
    """What of a refund has arrived, in cents; the parts that failed are given up."""
    went = 0
    for part in refund_moves.parts_of(session, request_id):
        if part.state == PartState.SUCCEEDED:
            went += part.amount_cents
        elif part.state == PartState.FAILED:
            part.state = PartState.REPLACED
        elif part.state != PartState.REPLACED:
            raise Conflict(ON_ITS_WAY)
    return went


def _cut_down(session: Session, request: RefundRequest, cents: int) -> None:
    """The request as if no more had been asked for: its money in proportion, its units as they were."""
    rows = {line.id: line for line in refund_moves.lines_of(session, request.id) if line.amount_cents}
    given = [Given(line.id, line.quantity, line.amount_cents, line.tax_cents) for line in rows.values()]
    for part in cut_down(given, cents):
        rows[part.key].amount_cents, rows[part.key].tax_cents = part.cents, part.tax_cents
    request.amount_cents = cents
    request.tax_cents = sum(line.tax_cents for line in rows.values())
    session.flush()
