"""What was promised of a cancelled order, once a bank has given of the same money."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.payments.operations import refund_moves
from bakery.payments.refund_models import RefundRequest
from bakery.payments.refund_simulation import Choice, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import RefundKind, RefundState


def lower_by_lost(session: Session, order: Order, dispute: Dispute, actor: Actor) -> None:
    """The bank gave the customer a part of what a cancellation promised, or more: only the rest is still to come, and
    where none is left the request ends. For the moment a dispute is lost, under the order's lock.

    Leaves alone what a person has decided already.
    """
    request = session.scalar(
        select(RefundRequest)
        .where(
            RefundRequest.order_id == order.id,
            RefundRequest.kind == RefundKind.CANCELLATION,
            RefundRequest.state == RefundState.REQUESTED,
            RefundRequest.first_by == "",
        )
        .execution_options(populate_existing=True)
    )
    if request is None or dispute.currency != order.currency:
        return
    standing = read_standing(session, order, but=request.id, with_bank=True)
    left = min(request.amount_cents - dispute.amount_cents, standing.available_cents)
    gave = f"Your bank has given you {money(Money(dispute.amount_cents, dispute.currency))} back"
    if left > 0:
        choice = Choice(RefundKind.CANCELLATION, amount_cents=left, restock=request.restock)
        refund_moves.write_lines(session, request, simulate(standing, choice))
        refund_moves.note(
            session, order, request, actor, f"{gave}: this is the rest", before=RefundState.REQUESTED
        )
        return
    request.answer, request.decided_at = f"{gave}, so nothing more is to come from us.", clock.now()
    refund_moves.move(session, order, request, RefundState.REJECTED, actor, request.answer)
    refund_moves.settle(session, request, "refund_asked")
    refund_moves.owe_declined(session, request)
