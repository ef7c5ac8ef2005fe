"""Asking for money back, and deciding on it. Nothing here calls Stripe: what is decided is owed to a job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Forbidden, Invalid
from bakery.infra.formats import money
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.dispute_queries import is_frozen
from bakery.payments.operations import refund_moves
from bakery.payments.operations.refund_moves import Opened
from bakery.payments.refund_models import RefundPart, RefundRequest
from bakery.payments.refund_simulation import Choice, Simulation, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import RefundKind, RefundSource, RefundState
from bakery.people import audit
from bakery.people.models import User
from bakery.people.rights import Right
from bakery.people.trust import may, require
from bakery.stock import operations as stock

MOST_WORDS = 500
OWN = "This is your own order: somebody else has to decide on its refunds."
FROZEN = (
    "A dispute about this order is open. Nothing more goes back until it is over: the bank decides on the same "
    "money."
)
ASKED_ALREADY = "We have your request already, and a person looks at it. You will hear from us."


class Changed(Conflict):
    """What it would do is not what was shown: `now` is, and has to be looked at first."""

    def __init__(self, now: Simulation) -> None:
        super().__init__(
            f"This has changed since you looked: it would give back {money(now.amount)} now. Nothing was done; "
            "please look again."
        )
        self.now = now


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody wants back, and why. `key` names the page that is sent: it counts once, however often it comes.

    `seen` is the fingerprint of what was shown. `approve`: decide on it in the same breath.
    """

    order_id: int
    choice: Choice
    reason: str
    key: str
    actor: Actor
    source: RefundSource = RefundSource.STAFF
    seen: str = ""
    approve: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The request that came of it; `again` where it was there already."""

    id: int
    state: RefundState
    awaits_second: bool
    again: bool = False


def ask(wish: Ask) -> Asked:
    """Ask for money back. Refuses, with nothing done: no reason or a long one and what cannot be (Invalid), what is
    not what was shown (Changed), nothing left (NothingLeft), a customer's second request (Conflict).
    """
    reason = words_of(wish.reason, "Say why, in a few words.", "reason")
    with transaction() as session:
        order = orders.lock_order(session, wish.order_id)
        if not 8 <= len(wish.key) <= 80:
            raise Invalid("This page is too old. Reload it, and send it again.")
        known = _known(session, order, _own_key(wish))
        if known is not None:
            return _asked(known, again=True)
        if wish.source == RefundSource.CUSTOMER and _asked_by_customer(session, order.id):
            raise Conflict(ASKED_ALREADY)
        simulation = simulate(read_standing(session, order), wish.choice)
        if wish.seen and wish.seen != simulation.fingerprint:
            raise Changed(simulation)
        by = Opened(wish.source, reason, _own_key(wish), wish.actor)
        request = refund_moves.open_request(session, order, simulation, by)
        if wish.source != RefundSource.CUSTOMER:
            _audit(session, order, request, wish.actor, "refund.ask", reason)
        # Who asks for their own money leaves the decision to somebody else.
        if wish.approve and not is_own(session, order, wish.actor.id):
            decide(session, order, request, simulation, wish.actor)
        else:
            tell_asked(session, order, request)
        return _asked(request)


def approve(request_id: int, actor: Actor, seen: str = "") -> Asked:
    """Agree to a request, as it would be done now. Above the limit a second, different person has to agree as well.

    Refuses who may not (Forbidden), a request that is decided, an open dispute (Conflict), and what is not what was
    shown (Changed).
    """
    with transaction() as session:
        order, request = refund_moves.lock(session, request_id)
        if request.state != RefundState.REQUESTED:
            raise Conflict(f"This refund is {request.state.lower()} already; somebody was quicker.")
        standing = read_standing(session, order, but=request.id)
        simulation = simulate(standing, refund_moves.choice_now(session, request, standing))
        if seen and seen != simulation.fingerprint:
            raise Changed(simulation)
        decide(session, order, request, simulation, actor)
        return _asked(request)


def reject(request_id: int, actor: Actor, answer: str) -> None:
    """Decline a request, with a reason that its customer reads. Refuses one that is decided, and no reason."""
    answer = words_of(answer, "Say why; the customer reads it.", "answer")
    with transaction() as session:
        order, request = refund_moves.lock(session, request_id)
        require(session, actor, Right.REFUND)
        refund_moves.move(session, order, request, RefundState.REJECTED, actor, answer)
        # Nothing of it was begun.
        session.execute(delete(RefundPart).where(RefundPart.request_id == request.id))
        close_as_declined(session, order, request, actor, answer)


def close_as_declined(
    session: Session, order: Order, request: RefundRequest, actor: Actor, answer: str
) -> None:
    """What follows when a request ends with nothing given back."""
    request.answer, request.decided_at = answer, clock.now()
    refund_moves.settle(session, request, "refund_asked", "refund_second", "refund_failed", user_id=actor.id)
    _audit(session, order, request, actor, "refund.reject", answer)
    # Who never asked is not told that they get nothing.
    if request.source == RefundSource.CUSTOMER or request.kind == RefundKind.CANCELLATION:
        refund_moves.owe_declined(session, request)


def tell_asked(session: Session, order: Order, request: RefundRequest) -> None:
    """Tell the staff that somebody waits for a decision."""
    back = money(request.amount)
    if request.kind == RefundKind.CANCELLATION:
        what = f"Order {order.number} was cancelled, and {back} of it is to come back."
    else:
        who = "The customer" if request.source == RefundSource.CUSTOMER else request.asked_by
        what = f"{who} asks for {back} of order {order.number} back: {request.reason}"
    refund_moves.tell_staff(
        session, order, request, "refund_asked", f"{what[:400]} Please decide on it, under Refunds."
    )


def decide(
    session: Session, order: Order, request: RefundRequest, simulation: Simulation, actor: Actor
) -> None:
    """One person's yes, in an open transaction: the first one, or the second where the limit asks for it."""
    if is_frozen(session, request):
        raise Conflict(FROZEN)
    require(session, actor, Right.REFUND)
    if is_own(session, order, actor.id):
        raise Conflict(OWN)
    if request.first_by:
        _second(session, order, request, simulation, actor)
        return
    request.first_by_id, request.first_by = actor.id, actor.label
    refund_moves.write_lines(session, request, simulation)
    refund_moves.write_parts(session, request, simulation)
    refund_moves.settle(session, request, "refund_asked", user_id=actor.id)
    _audit(session, order, request, actor, "refund.approve", request.reason)
    if not simulation.needs_second:
        _begin(session, order, request, simulation, actor, "approved")
        return
    before = RefundState.REQUESTED
    refund_moves.note(session, order, request, actor, "approved; a second person has to agree", before=before)
    text = (
        f"{actor.label} has approved giving back {money(request.amount)} of order {order.number}. It is above what "
        "one person may approve: a second one has to look at it, under Refunds."
    )
    refund_moves.tell_staff(session, order, request, "refund_second", text)


def is_own(session: Session, order: Order, user_id: int | None) -> bool:
    """Whether somebody of the staff is the customer of an order, by account or by email: they decide on no refund of
    it, however small.
    """
    user = session.get(User, user_id) if user_id is not None else None
    return user is not None and (order.user_id == user.id or order.contact_email.lower() == user.email)


def _second(
    session: Session, order: Order, request: RefundRequest, simulation: Simulation, actor: Actor
) -> None:
    if actor.id is None or actor.id == request.first_by_id:
        raise Conflict("You have approved it already; a second person has to agree as well.")
    if not may(session, actor, Right.REFUND_ABOVE):
        raise Forbidden(f"Your account may not {Right.REFUND_ABOVE.value}.")
    if simulation.amount_cents != request.amount_cents:
        raise Conflict("Money has gone back another way since it was approved. Decline it, and ask anew.")
    request.second_by_id, request.second_by = actor.id, actor.label
    refund_moves.settle(session, request, "refund_second", user_id=actor.id)
    _audit(session, order, request, actor, "refund.approve_second", request.reason)
    _begin(session, order, request, simulation, actor, "approved by a second person")


def _begin(
    session: Session,
    order: Order,
    request: RefundRequest,
    simulation: Simulation,
    actor: Actor,
    why: str,
) -> None:
    request.decided_at = clock.now()
    refund_moves.move(session, order, request, RefundState.APPROVED, actor, why)
    shelf: dict[int, int] = {}
    for line in simulation.lines:
        if line.variant_id is not None and line.to_shelf:
            shelf[line.variant_id] = shelf.get(line.variant_id, 0) + line.to_shelf
    if shelf:
        stock.return_units(session, order.ref, shelf, actor, f"refund {request.id}")
    refund_moves.begin(session, order, request, actor)


def _known(session: Session, order: Order, key: str) -> RefundRequest | None:
    return session.scalar(
        select(RefundRequest).where(RefundRequest.ask_key == key, RefundRequest.order_id == order.id)
    )


def _own_key(wish: Ask) -> str:
    """The page's key in its order's own room: nobody can take a key that another order, or the shop itself, needs."""
    return f"page:{wish.order_id}:{hashlib.sha256(wish.key.encode()).hexdigest()[:40]}"


def _asked_by_customer(session: Session, order_id: int) -> bool:
    query = select(RefundRequest.id).where(
        RefundRequest.order_id == order_id,
        RefundRequest.source.in_((RefundSource.CUSTOMER, RefundSource.POLICY)),
        RefundRequest.state == RefundState.REQUESTED,
    )
    return session.scalar(query.limit(1)) is not None


def _asked(request: RefundRequest, *, again: bool = False) -> Asked:
    return Asked(request.id, RefundState(request.state), request.awaits_second, again)


def words_of(text: str, missing: str, field: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(missing, field=field)
    if len(text) > MOST_WORDS:
        raise Invalid(f"Keep it under {MOST_WORDS} characters; these are {len(text):,}.", field=field)
    return text


def _audit(
    session: Session, order: Order, request: RefundRequest, actor: Actor, action: str, reason: str
) -> None:
    audit.record(
        session,
        actor,
        action,
        "refund",
        request.id,
        after={"order": order.number, "amount_cents": request.amount_cents, "state": request.state},
        reason=reason,
    )
