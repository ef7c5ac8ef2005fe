"""Sending what is decided: intent and idempotency key committed, Stripe called outside any transaction, its answer
recorded. Killed in between, run twice or late, it comes to the same: Stripe and the books agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused
from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import refund_words
from bakery.payments.dispute_queries import is_frozen
from bakery.payments.facts import refund_facts
from bakery.payments.models import EventOutcome, Payment
from bakery.payments.operations import attempts, given_back, refund_moves, refund_parts
from bakery.payments.refund_models import RefundPart, RefundRequest
from bakery.payments.refund_states import PartState, RefundState, Tender

log = structlog.get_logger(__name__)
# A refund whose event does not come is asked for after this long.
PATIENCE = timedelta(minutes=10)
# A bank sends money back for up to a month.
LOOK_BACK = timedelta(days=35)
_TO_SEND = (PartState.WAITING, PartState.SENT)


@dataclass(frozen=True, slots=True)
class Due:
    """A part that Stripe is asked for. `again`: an earlier try was cut short, and Stripe may have it."""

    part_id: int
    intent_id: str
    cents: int
    key: str
    metadata: dict[str, str]
    again: bool
    frozen: bool


def run_refund(request_id: int, gateway: Gateway) -> None:
    """Send every part of a decided refund that waits. Raises GatewayUnavailable, to be tried again; what Stripe
    refuses is a task for the staff.
    """
    for part_id in _to_send(request_id):
        _send(part_id, gateway)


def give_up_refund(request_id: int) -> None:
    """Stripe did not answer for as long as the job was tried: what was not heard of is a task for the staff."""
    for part_id in _to_send(request_id):
        _fail(part_id, refund_words.NO_ANSWER)


def follow_refunds(gateway: Gateway) -> int:
    """Ask Stripe for refunds whose news did not come: those on their way, and those that a bank sent back. Answers how
    many had news.
    """
    news = 0
    for refund_id in _overdue():
        try:
            made = gateway.get_refund(refund_id)
        except GatewayRefused as error:
            # Another account, or one that was emptied: the others are followed all the same.
            log.error("refund_unknown_at_stripe", refund=refund_id, error=str(error))
            continue
        news += _take(made)
    for made in gateway.list_refunds(clock.now() - LOOK_BACK):
        if made.status in given_back.FAILED and _believed_sent(made.id):
            news += _take(made)
    return news


def find_made(gateway: Gateway, intent_id: str, part_id: int) -> GatewayRefund | None:
    """The refund that Stripe has made for a part, if it has."""
    for made in gateway.list_refunds_of(intent_id):
        if refund_facts(made.raw).part_id == part_id:
            return made
    return None


def record(part_id: int, made: GatewayRefund) -> str:
    """Take Stripe's answer for a part into the books, as its event would be. Answers why they cannot take it; empty
    when they did. Then the part has failed as far as the books know, and a person is told.
    """
    with transaction() as session:
        part, order = _locked(session, part_id)
        assert part.payment_id is not None
        payment = attempts.fresh(session, part.payment_id)
        result = given_back.take_refund(session, order, payment, refund_facts(made.raw))
        if result.outcome != EventOutcome.FLAGGED:
            return ""
        if part.state in (*_TO_SEND, PartState.PENDING):
            part.stripe_refund_id, part.stripe_status = made.id, made.status
            refund_parts.fail(session, order, part, refund_words.not_in_books(result.note))
        return result.note


def _to_send(request_id: int) -> list[int]:
    with transaction() as session:
        query = (
            select(RefundPart.id)
            .where(
                RefundPart.request_id == request_id,
                RefundPart.tender == Tender.STRIPE,
                RefundPart.state.in_(_TO_SEND),
            )
            .order_by(RefundPart.id)
        )
        return list(session.scalars(query))


def _send(part_id: int, gateway: Gateway) -> None:
    due = _intend(part_id)
    if due is None:
        return
    # Stripe forgets idempotency keys after a day; what it made it does not forget.
    made = find_made(gateway, due.intent_id, part_id) if due.again else None
    if made is None and due.frozen:
        _fail(part_id, refund_words.DISPUTED)
        return
    try:
        made = made or gateway.refund(
            due.intent_id, due.cents, idempotency_key=due.key, metadata=due.metadata
        )
    except GatewayRefused as error:
        log.warning("refund_refused", part=part_id, code=error.code)
        _fail(part_id, refund_words.refused(error.code, str(error)))
        return
    record(part_id, made)
    log.info("refund_sent", part=part_id, status=made.status)


def _intend(part_id: int) -> Due | None:
    """First transaction: this part is about to be asked for. None when it is not (any more) to be sent."""
    with transaction() as session:
        part, order = _locked(session, part_id)
        request = refund_moves.fresh(session, part.request_id)
        if part.state not in _TO_SEND or request.state not in refund_parts.RUNNING:
            return None
        payment = session.get_one(Payment, part.payment_id)
        again, frozen = part.state == PartState.SENT, is_frozen(session, request)
        if request.state == RefundState.APPROVED:
            refund_moves.move(session, order, request, RefundState.PROCESSING, SYSTEM, "sent to Stripe")
        if not frozen and not again:
            part.state, part.asked_at = PartState.SENT, clock.now()
        return Due(
            part_id=part.id,
            intent_id=str(payment.payment_intent_id),
            cents=part.amount_cents,
            key=part.idempotency_key,
            metadata={
                "refund_request": str(request.id),
                "refund_part": str(part.id),
                "order_number": order.number,
            },
            again=again,
            frozen=frozen,
        )


def _fail(part_id: int, why: str) -> None:
    with transaction() as session:
        part, order = _locked(session, part_id)
        if part.state in _TO_SEND:
            refund_parts.fail(session, order, part, why)


def _locked(session: Session, part_id: int) -> tuple[RefundPart, Order]:
    """A part as it is now, under its order's lock."""
    query = (
        select(RefundRequest.order_id)
        .join(RefundPart, RefundPart.request_id == RefundRequest.id)
        .where(RefundPart.id == part_id)
    )
    order = orders.lock_order(session, session.scalars(query).one())
    part = session.get_one(RefundPart, part_id, populate_existing=True)
    return part, order


def _overdue() -> list[str]:
    """Refunds on their way at Stripe of which nothing was heard for a while."""
    before: datetime = clock.now() - PATIENCE
    with transaction() as session:
        query = select(RefundPart.stripe_refund_id).where(
            RefundPart.state == PartState.PENDING,
            RefundPart.stripe_refund_id.is_not(None),
            RefundPart.asked_at < before,
        )
        return [str(refund_id) for refund_id in session.scalars(query)]


def _believed_sent(refund_id: str) -> bool:
    with transaction() as session:
        query = select(RefundPart.id).where(
            RefundPart.stripe_refund_id == refund_id,
            RefundPart.state.in_((PartState.SUCCEEDED, PartState.PENDING)),
        )
        return session.scalar(query) is not None


def _take(made: GatewayRefund) -> bool:
    with transaction() as session:
        part_id, status = session.execute(
            select(RefundPart.id, RefundPart.stripe_status).where(RefundPart.stripe_refund_id == made.id)
        ).one()
    if status == made.status:
        return False
    record(part_id, made)
    return True
