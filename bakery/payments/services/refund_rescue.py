"""What people do about a refund that did not go by itself: try again, or give it another way; and confirming what was
given by hand. How it ends otherwise is in `refund_end`.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound, Unavailable
from bakery.core.money import Money
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments import refund_words
from bakery.payments.dispute_queries import is_frozen
from bakery.payments.models import Payment, TransactionKind
from bakery.payments.operations import given_back, ledger, refund_moves, refund_parts
from bakery.payments.refund_models import RefundPart, RefundRequest
from bakery.payments.refund_standing import left_of_payment
from bakery.payments.refund_states import PartState, RefundState, Tender
from bakery.payments.refund_words import WAYS
from bakery.payments.services.refund_requests import FROZEN, words_of
from bakery.payments.services.refund_run import find_made, record
from bakery.people import audit
from bakery.people.rights import Right
from bakery.people.trust import require

AWAY = (
    "Stripe does not answer, so nobody can say yet whether it has this refund. Please try again in a minute."
)
SENT_AFTER_ALL = "Stripe had this refund after all: it is in the books now. Nothing more was done."
GONE = "This money is not with us any more: it went back another way, perhaps in Stripe's own dashboard."
NOT_TO_GIVE = "This is not to be given (any more); somebody was quicker."
# What the ledger calls money that a person gives back.
GIVEN_AS = {
    Tender.CASH: TransactionKind.CASH,
    Tender.EXTERNAL_CARD: TransactionKind.EXTERNAL_CARD,
    Tender.BANK_TRANSFER: TransactionKind.ADJUSTMENT,
}


def retry_part(part_id: int, actor: Actor, gateway: Gateway) -> None:
    """Send a part that failed once more, to the same card. Stripe is asked first whether it has the first one.

    Refuses what has not failed, an open dispute, and money that is gone (Conflict).
    """
    _refuse_sent(part_id, gateway)
    with transaction() as session:
        order, request, part = _failed(session, part_id, actor)
        if part.tender != Tender.STRIPE:
            raise Conflict("Only a card is tried again. Choose another way to give it.")
        _refuse_gone(session, order, part)
        again = refund_moves.add_part(session, request, Tender.STRIPE, part.payment_id, part.amount_cents)
        _replace(session, order, request, part, actor, "tried again")
        refund_moves.owe_run(session, request, str(again.id))


def give_otherwise(part_id: int, actor: Actor, tender: Tender, why: str, gateway: Gateway) -> None:
    """Give a part that failed another way: a person hands it over or transfers it, and confirms that.

    Refuses what has not failed, an open dispute, money that is gone (Conflict), and no reason (Invalid).
    """
    why = words_of(why, "Say why it goes another way.", "why")
    if tender not in GIVEN_AS:
        raise Invalid("Choose how it is given.", field="tender")
    _refuse_sent(part_id, gateway)
    with transaction() as session:
        order, request, part = _failed(session, part_id, actor)
        _refuse_gone(session, order, part)
        other = refund_moves.add_part(session, request, tender, part.payment_id, part.amount_cents)
        other.state, other.note = PartState.TO_GIVE, why[:300]
        _replace(session, order, request, part, actor, f"to be given {WAYS[tender]}: {why}")


def hand_over(part_id: int, actor: Actor, note: str = "") -> None:
    """Confirm that a part was given by hand: only now it is in the ledger.

    Refuses who may not, what is not to be given (any more), an open dispute, and money that is gone.
    """
    with transaction() as session:
        order, request, part = locked(session, part_id)
        # What goes out of the till is the counter's; a transfer is made by who may refund.
        require(session, actor, Right.REFUND if part.tender == Tender.BANK_TRANSFER else Right.TAKE_MONEY)
        if part.state != PartState.TO_GIVE:
            raise Conflict(NOT_TO_GIVE)
        _refuse_frozen(session, request)
        _refuse_gone(session, order, part)
        tender = Tender(part.tender)
        said = note.replace("\x00", "").strip()[:200]
        entry = ledger.Entry(
            order.id,
            GIVEN_AS[tender],
            Money(-part.amount_cents, request.currency),
            f"refund-part:{part.id}",
            payment_id=part.payment_id,
            note=f"given back {WAYS[tender]}. {said}".strip(),
            credits=True,
            actor=actor,
        )
        ledger.enter(session, entry)
        part.state, part.ended_at = PartState.SUCCEEDED, clock.now()
        part.given_by_id, part.given_by = actor.id, actor.label
        part.note = f"{part.note} {said}".strip()[:300]
        session.flush()
        ledger.settle_refunds(session, order, f"given back {WAYS[tender]}")
        record_step(session, order, request, part, actor, "refund.hand_over", said)
        refund_parts.conclude(session, order, request)


def not_given(part_id: int, actor: Actor, why: str) -> None:
    """Say that a part is not given by hand: it has failed, and is seen to like any other that did. Nothing goes out, so
    neither an open dispute nor money that is gone stands against it.

    Refuses who may not, what is not to be given (any more) (Conflict), and no reason (Invalid).
    """
    why = words_of(why, "Say why it is not given.", "not_given")
    with transaction() as session:
        order, request, part = locked(session, part_id)
        require(session, actor, Right.REFUND)
        if part.state != PartState.TO_GIVE:
            raise Conflict(NOT_TO_GIVE)
        record_step(session, order, request, part, actor, "refund.not_given", why)
        told = f"not given {WAYS[Tender(part.tender)]}: {why}"
        refund_moves.note(session, order, request, actor, told, before=RefundState(request.state))
        refund_parts.fail(session, order, part, f"{actor.label} did not give it: {why}")


def call_back(part_id: int, actor: Actor, gateway: Gateway) -> None:
    """Call back a refund that waits for its customer to tell Stripe where it goes. Refuses any other (Conflict)."""
    with transaction() as session:
        order, request, part = locked(session, part_id)
        require(session, actor, Right.REFUND)
        if part.state != PartState.PENDING or part.stripe_refund_id is None:
            raise Conflict("Only a refund that waits for its customer can be called back.")
        refund_id = part.stripe_refund_id
        record_step(session, order, request, part, actor, "refund.call_back", "")
    try:
        made = gateway.cancel_refund(refund_id)
    except GatewayUnavailable as error:
        raise Unavailable(AWAY) from error
    except GatewayRefused as error:
        raise Conflict("Stripe cannot call this one back: it is on its way to the bank.") from error
    record(part_id, made)


def look_first(part_id: int, gateway: Gateway) -> str:
    """Ask Stripe whether it has a refund that we believe failed and do not know to have come back, and take it into
    the books: then nothing more is to be done (Conflict). Answers why the books cannot take it, where they cannot.
    """
    with transaction() as session:
        part = session.get(RefundPart, part_id)
        if part is None:
            raise NotFound("There is no such refund.")
        came_back = part.stripe_refund_id is not None and part.stripe_status in given_back.FAILED
        unasked = part.tender != Tender.STRIPE or part.asked_at is None
        if came_back or unasked or part.state != PartState.FAILED:
            return ""
        intent_id = str(session.get_one(Payment, part.payment_id).payment_intent_id)
    try:
        made = find_made(gateway, intent_id, part_id)
    except (GatewayUnavailable, GatewayRefused) as error:
        raise Unavailable(AWAY) from error
    if made is None:
        return ""
    note = record(part_id, made)
    if made.status in given_back.FAILED:
        # It came back, in whatever order Stripe has told of it.
        return ""
    if note:
        return refund_words.not_in_books(note)
    raise Conflict(SENT_AFTER_ALL)


def _refuse_sent(part_id: int, gateway: Gateway) -> None:
    """What Stripe has sent is not sent or given again, whatever the books say."""
    if said := look_first(part_id, gateway):
        raise Conflict(said)


def locked(session: Session, part_id: int) -> tuple[Order, RefundRequest, RefundPart]:
    """A part as it is now, with its order, locked, and its request. Raises NotFound."""
    request_id = session.scalar(select(RefundPart.request_id).where(RefundPart.id == part_id))
    if request_id is None:
        raise NotFound("There is no such refund.")
    order, request = refund_moves.lock(session, request_id)
    return order, request, session.get_one(RefundPart, part_id, populate_existing=True)


def _failed(session: Session, part_id: int, actor: Actor) -> tuple[Order, RefundRequest, RefundPart]:
    """A part that failed, of a refund that may go on."""
    order, request, part = locked(session, part_id)
    require(session, actor, Right.REFUND)
    if part.state != PartState.FAILED or request.state != RefundState.FAILED:
        raise Conflict("This has not failed, or somebody has seen to it already.")
    _refuse_frozen(session, request)
    return order, request, part


def _replace(
    session: Session, order: Order, request: RefundRequest, part: RefundPart, actor: Actor, why: str
) -> None:
    """Another part has taken its place; the request goes on unless a further part has failed."""
    part.state = PartState.REPLACED
    session.flush()
    record_step(session, order, request, part, actor, "refund.retry", why)
    others = refund_moves.parts_of(session, request.id)
    if any(other.state == PartState.FAILED for other in others):
        refund_moves.note(session, order, request, actor, why, before=RefundState.FAILED)
        return
    refund_moves.settle(session, request, "refund_failed", user_id=actor.id)
    refund_moves.move(session, order, request, RefundState.PROCESSING, actor, why)


def _refuse_frozen(session: Session, request: RefundRequest) -> None:
    if is_frozen(session, request):
        raise Conflict(FROZEN)


def _refuse_gone(session: Session, order: Order, part: RefundPart) -> None:
    """A person gives nothing that the ledger does not have."""
    if is_gone(session, order, part):
        raise Conflict(GONE)


def is_gone(session: Session, order: Order, part: RefundPart) -> bool:
    """Whether the ledger has less than a part would give."""
    left = order.held_cents if part.payment_id is None else left_of_payment(session, part.payment_id)
    return left < part.amount_cents


def record_step(  # noqa: PLR0913 of which, what, who, why
    session: Session,
    order: Order,
    request: RefundRequest,
    part: RefundPart | None,
    actor: Actor,
    action: str,
    reason: str,
) -> None:
    """What somebody did about a refund, in the audit log."""
    after = {"order": order.number, "amount_cents": request.amount_cents}
    if part is not None:
        after |= {"part": part.id, "tender": part.tender, "part_cents": part.amount_cents}
    audit.record(session, actor, action, "refund", request.id, after=after, reason=reason)
