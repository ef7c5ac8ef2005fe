"""A bank's inquiry that is settled by giving the money back: a refund like any other, with its limit and its second
person.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.payments.dispute_queries import inquiry_key
from bakery.payments.dispute_words import reason_words
from bakery.payments.operations import refund_moves
from bakery.payments.operations.refund_moves import Opened
from bakery.payments.refund_models import RefundRequest
from bakery.payments.refund_simulation import Choice, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import PartState, RefundKind, RefundSource, RefundState
from bakery.payments.services.refund_requests import decide
from bakery.people import audit

_NOT_SENT = (PartState.WAITING, PartState.SENT, PartState.TO_GIVE)


def open_refund(
    session: Session, order: Order, dispute: Dispute, decision: str, actor: Actor
) -> RefundRequest:
    """Ask for what an inquiry is about, and decide on it. Under the order's lock, in an open transaction.

    Only the payment that is asked about gives. Refuses who may not refund (Forbidden), a dispute of the order that is
    open beside it (Conflict), and when nothing is left (NothingLeft).
    """
    standing = read_standing(session, order)
    purses = tuple(purse for purse in standing.purses if purse.payment_id == dispute.payment_id)
    most = min(standing.available_cents, sum(purse.left_cents for purse in purses))
    choice = Choice(RefundKind.AMOUNT, amount_cents=min(most, dispute.amount_cents))
    simulation = simulate(replace(standing, purses=purses, available_cents=most), choice)
    reason = f"Settles the bank's inquiry {dispute.stripe_id}. {reason_words(dispute.reason).claim}"
    by = Opened(RefundSource.STAFF, reason[:500], inquiry_key(dispute.id, decision), actor)
    request = refund_moves.open_request(session, order, simulation, by)
    after = {"order": order.number, "amount_cents": request.amount_cents, "inquiry": dispute.stripe_id}
    audit.record(session, actor, "refund.ask", "refund", request.id, after=after, reason=request.reason)
    decide(session, order, request, simulation, actor)
    return request


def find_refund(session: Session, dispute_id: int, decision: str) -> RefundRequest | None:
    """The refund that a decision about an inquiry has opened."""
    query = select(RefundRequest).where(RefundRequest.ask_key == inquiry_key(dispute_id, decision))
    return session.scalar(query.execution_options(populate_existing=True))


def has_gone(session: Session, request: RefundRequest) -> bool:
    """Whether all of a refund is with Stripe or the bank, or has arrived."""
    if request.state == RefundState.PROCESSING:
        return all(part.state not in _NOT_SENT for part in refund_moves.parts_of(session, request.id))
    return request.state == RefundState.SUCCEEDED
