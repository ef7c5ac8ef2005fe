"""What Stripe tells of a refund, followed in its part and its request, in whatever order it comes. Under the order's
lock, after the ledger has it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.money import Money
from bakery.infra import outbox, queue
from bakery.infra.formats import money
from bakery.orders.models import Order
from bakery.payments import credit_notes, refund_words
from bakery.payments.facts import RefundFacts
from bakery.payments.models import Payment, TransactionKind
from bakery.payments.operations import attempts, ledger, refund_moves
from bakery.payments.operations.refund_moves import Opened
from bakery.payments.refund_models import RefundPart, RefundRequest
from bakery.payments.refund_simulation import LineBack, Simulation
from bakery.payments.refund_standing import Line, lines_gone, read_standing
from bakery.payments.refund_states import PartState, RefundKind, RefundSource, RefundState, Tender
from bakery.pricing import refunds

STRIPE = Actor(None, "Stripe")
_UNDER_WAY = ("pending", "requires_action")
# Requests whose parts may still move.
RUNNING = (RefundState.APPROVED, RefundState.PROCESSING, RefundState.SUCCEEDED, RefundState.FAILED)


def follow(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> bool:
    """Bring the part that a refund at Stripe belongs to in line with it; one that nobody here asked for is taken into
    the books as a request of its own. The ledger decides what is true, so any order of events comes to the same.

    True where a refund that did not arrive is told to the staff by its request.
    """
    state = _state(session, facts)
    if payment.surplus:
        return False
    part = _find(session, payment, facts)
    if state is None:
        _tell_twice(session, order, part, facts)
        return False
    if part is None and state != PartState.FAILED and (facts.amount_cents or 0) <= payment.amount_cents:
        part = _adopt(session, order, payment, facts)
    if part is None:
        return False
    request = refund_moves.fresh(session, part.request_id)
    news = (part.state, part.stripe_status) != (state, facts.status or "")
    part.stripe_refund_id, part.stripe_status = facts.refund_id, facts.status or ""
    if part.state == PartState.REPLACED:
        return _twice(session, order, request, part, state)
    if news:
        _settle(part, state, facts)
        conclude(session, order, request)
    return True


def fail(session: Session, order: Order, part: RefundPart, why: str) -> None:
    """A part that will not go by itself."""
    part.state, part.failure, part.ended_at = PartState.FAILED, why[:300], clock.now()
    conclude(session, order, refund_moves.fresh(session, part.request_id))


def conclude(session: Session, order: Order, request: RefundRequest) -> None:
    """What a request's parts come to: it failed with any of them, and has succeeded with the last."""
    if request.state not in RUNNING:
        return
    session.flush()
    parts = [part for part in refund_moves.parts_of(session, request.id) if part.state != PartState.REPLACED]
    states = {part.state for part in parts}
    if PartState.FAILED in states:
        _failed(session, order, request, next(part for part in parts if part.state == PartState.FAILED))
    elif states == {PartState.SUCCEEDED}:
        _succeeded(session, order, request)
    else:
        _reach(session, order, request, RefundState.PROCESSING, "on its way")


def _state(session: Session, facts: RefundFacts) -> PartState | None:
    """How a refund stands by the ledger; None where the ledger could not take it."""
    refund_id = facts.refund_id or ""
    if ledger.entered(session, TransactionKind.REVERSAL, refund_id):
        return PartState.FAILED
    if ledger.entered(session, TransactionKind.REFUND, refund_id):
        return PartState.SUCCEEDED
    return PartState.PENDING if facts.status in _UNDER_WAY else None


def _find(session: Session, payment: Payment, facts: RefundFacts) -> RefundPart | None:
    """The part of a refund: by Stripe's id, else by the id that we sent along, where all of it fits."""
    found = session.scalar(select(RefundPart).where(RefundPart.stripe_refund_id == facts.refund_id))
    if found is None and facts.part_id is not None:
        found = session.get(RefundPart, facts.part_id)
        fits = (
            found is not None
            and (found.payment_id, found.amount_cents) == (payment.id, facts.amount_cents)
            and found.tender == Tender.STRIPE
            and found.stripe_refund_id is None
        )
        found = found if fits else None
    if found is not None:
        session.refresh(found)
    return found


def _settle(part: RefundPart, state: PartState, facts: RefundFacts) -> None:
    part.state = state
    part.failure = ""
    if state == PartState.FAILED:
        part.failure = refund_words.failed(facts.failure_reason, facts.status or "")
    part.ended_at = None if state == PartState.PENDING else clock.now()


def _twice(
    session: Session, order: Order, request: RefundRequest, part: RefundPart, state: PartState
) -> bool:
    """Another part took its place, and yet it arrived: money went twice, and a person has to know."""
    if state != PartState.FAILED:
        text = (
            f"Order {order.number}: a refund of {money(Money(part.amount_cents, request.currency))} was believed "
            "lost and given another way, and Stripe has sent it after all."
        )
        refund_moves.tell_staff(session, order, request, "refund_twice", text)
    return True


def _tell_twice(session: Session, order: Order, part: RefundPart | None, facts: RefundFacts) -> None:
    """The ledger could not take it, since its money has gone another way: that it went twice has to be said."""
    if part is not None and part.state == PartState.REPLACED and facts.status == "succeeded":
        part.stripe_refund_id, part.stripe_status = facts.refund_id, facts.status
        request = refund_moves.fresh(session, part.request_id)
        _twice(session, order, request, part, PartState.SUCCEEDED)


def _adopt(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> RefundPart:
    """A refund made in Stripe's own dashboard, as a request: with what it gives back of which line and rate.

    Where one of ours of the same payment and amount has failed, it is that one, sent again by hand.
    """
    if again := _sent_by_hand(session, order, payment, facts):
        return again
    simulation = _spread(session, order, payment, int(facts.amount_cents or 0))
    by = Opened(RefundSource.STRIPE, "Made in Stripe's dashboard", f"stripe:{facts.refund_id}", STRIPE)
    request = refund_moves.open_request(session, order, simulation, by)
    for state in (RefundState.APPROVED, RefundState.PROCESSING):
        refund_moves.move(session, order, request, state, STRIPE, "decided there")
    request.first_by, request.decided_at = STRIPE.label, clock.now()
    refund_moves.tell_staff(
        session,
        order,
        request,
        "refund_adopted",
        f"{money(request.amount)} of order {order.number} was given back in Stripe's own dashboard. It is in the "
        "books now; next time please do it here, so that the limit and the second person hold.",
    )
    part = refund_moves.add_part(session, request, Tender.STRIPE, payment.id, request.amount_cents)
    part.state, part.asked_at = PartState.SENT, clock.now()
    return part


def _sent_by_hand(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> RefundPart | None:
    failed = session.scalar(
        select(RefundPart)
        .join(RefundRequest, RefundRequest.id == RefundPart.request_id)
        .where(
            RefundPart.payment_id == payment.id,
            RefundPart.amount_cents == facts.amount_cents,
            RefundPart.state == PartState.FAILED,
            RefundRequest.state == RefundState.FAILED,
        )
        .order_by(RefundPart.id)
        .limit(1)
    )
    if failed is None:
        return None
    request = refund_moves.fresh(session, failed.request_id)
    failed.state = PartState.REPLACED
    part = refund_moves.add_part(session, request, Tender.STRIPE, payment.id, failed.amount_cents)
    part.state, part.asked_at = PartState.SENT, clock.now()
    refund_moves.move(
        session, order, request, RefundState.PROCESSING, STRIPE, "sent again in Stripe's dashboard"
    )
    return part


def _spread(session: Session, order: Order, payment: Payment, cents: int) -> Simulation:
    """An amount over what is left of the lines; where that is less, as far as it goes."""
    standing = read_standing(session, order)
    lines = standing.lines
    if sum(line.sold.left_cents for line in lines) < cents:
        # What is decided and not sent has lost the race: Stripe will refuse it.
        lines = lines_gone(session, order)
    sold = [line.sold for line in lines]
    left = sum(line.left_cents for line in sold)
    given = refunds.give_amount(sold, min(cents, left)) if 0 < min(cents, left) < left else ()
    if 0 < left <= cents:
        given = refunds.give_rest(sold)
    known: dict[int, Line] = {line.sold.key: line for line in lines}
    return Simulation(
        kind=RefundKind.AMOUNT,
        currency=payment.currency,
        amount_cents=cents,
        tax_cents=sum(part.tax_cents for part in given),
        lines=tuple(
            LineBack(
                part.key,
                known[part.key].name,
                known[part.key].size,
                known[part.key].variant_id,
                part.units,
                part.cents,
                part.tax_cents,
                part.discount_cents,
            )
            for part in given
        ),
        rates=refunds.by_rate(sold, given),
        parts=(),
        restock=False,
        slot_freed=False,
        needs_second=False,
        left_cents=max(0, standing.available_cents - cents),
    )


def _failed(session: Session, order: Order, request: RefundRequest, part: RefundPart) -> None:
    if request.state != RefundState.FAILED:
        _reach(session, order, request, RefundState.FAILED, part.failure)
    back = money(Money(part.amount_cents, request.currency))
    text = (
        f"{back} did not go back to the customer of order {order.number}. {part.failure} Try it again, or give it "
        "another way."
    )
    if part.stripe_status == "succeeded":
        text = f"{back} of order {order.number} went back at Stripe and is not in the books. {part.failure}"
    refund_moves.tell_staff(session, order, request, "refund_failed", text)


def _succeeded(session: Session, order: Order, request: RefundRequest) -> None:
    """The last cent has gone: the credit note in the same breath, once, and the customer is told."""
    if request.state == RefundState.SUCCEEDED:
        return
    _reach(session, order, request, RefundState.SUCCEEDED, "all of it has gone back")
    refund_moves.settle(session, request, "refund_failed")
    credit_notes.issue(session, order, request)
    # An open page asks for what was due before.
    attempts.owe_closing_others(session, order.id)
    if order.due_later.cents and not order.held_cents:
        _tell_owing(session, order, request)
    # Sent again after it had come back is told again; the credit note stays the one.
    times = refund_moves.count_steps(session, request.id, RefundState.SUCCEEDED)
    outbox.owe(
        session,
        "jobs.refunds.send_refunded",
        request.id,
        times,
        on=queue.DEFAULT,
        key=f"{request.ref}:refunded:{times}",
    )


def _tell_owing(session: Session, order: Order, request: RefundRequest) -> None:
    """All that was paid is back with the customer, and the order stands: a person says what is meant."""
    text = (
        f"All that was paid for order {order.number} has gone back, and the order was not cancelled: "
        f"{money(order.due_later)} of it is still due, and nothing is charged by itself. Cancel it, or take the money."
    )
    refund_moves.tell_staff(session, order, request, "refund_of_all", text)


def _reach(session: Session, order: Order, request: RefundRequest, target: RefundState, why: str) -> None:
    """Move a request to where its parts are, by way of PROCESSING."""
    by_way = request.state != RefundState.PROCESSING and target != RefundState.PROCESSING
    if by_way and request.state != RefundState.SUCCEEDED:
        refund_moves.move(session, order, request, RefundState.PROCESSING, SYSTEM, "begun")
    if request.state != target:
        refund_moves.move(session, order, request, target, SYSTEM, why)
