"""What Stripe tells of a dispute, in any order and however often: the object, its history, its money."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.core.states import words
from bakery.infra import outbox, queue
from bakery.infra.formats import money
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.dispute_models import (
    DISPUTE,
    ESCALATION,
    OPEN_DISPUTE,
    Dispute,
    DisputeEvent,
    DisputeState,
    Settled,
)
from bakery.payments.facts import DisputeFacts, Movement
from bakery.payments.models import Payment, PaymentState, TransactionKind
from bakery.payments.operations import attempts, dispute_news, fraud_warnings, ledger, promises
from bakery.payments.operations.results import Result, applied, flagged, ignored, waiting

STRIPE = Actor(None, "Stripe")
_D = DisputeState
# Stripe's word: (whether the bank only asks, the state). `prevented` ended before it could become a chargeback.
STANDING = {
    "warning_needs_response": (True, _D.NEEDS_RESPONSE),
    "warning_under_review": (True, _D.UNDER_REVIEW),
    "warning_closed": (True, _D.WON),
    "prevented": (True, _D.WON),
    "needs_response": (False, _D.NEEDS_RESPONSE),
    "under_review": (False, _D.UNDER_REVIEW),
    "won": (False, _D.WON),
    "lost": (False, _D.LOST),
}
# What a column of cents holds.
MOST_CENTS = 2**31 - 1


def take_dispute(session: Session, facts: DisputeFacts) -> Result:
    """Bring our object in line with what Stripe says of it. Takes the order's lock: a refund that is being approved
    waits for it, and then finds the order disputed.

    What is told late never leads back: a chargeback is never an inquiry again, and one that has ended stays ended.
    Money is entered whenever it is told, once for each of Stripe's balance transactions.
    """
    if unreadable := _unreadable(facts):
        return flagged(unreadable)
    found = attempts.of_intent(session, facts.payment_intent_id)
    if found is None or found.state != PaymentState.SUCCEEDED:
        return waiting(f"dispute {facts.dispute_id} of a payment that is not known (yet)")
    order = orders.lock_order(session, found.order_id)
    payment = attempts.fresh(session, found.id)
    dispute = find(session, str(facts.dispute_id))
    if dispute is not None and dispute.payment_id != payment.id:
        return flagged(f"dispute {facts.dispute_id} is told of two payments", order.id)
    if dispute is None:
        dispute, news = _open(session, order, payment, facts), "opened"
    else:
        news = _follow(session, order, dispute, facts)
    is_lost_now = news != "" and dispute.state == _D.LOST
    wrong = [
        _misfit(payment, dispute),
        *_enter(session, order, payment, dispute, facts.movements),
        _contradiction(dispute, facts),
    ]
    if is_lost_now:
        # After the bank's movements are in the ledger, which say what is left.
        promises.lower_by_lost(session, order, dispute, STRIPE)
    # What is wrong is said once, in however many events it is told.
    if unheard := [each for each in wrong if each and each not in dispute.trouble]:
        dispute.trouble = "; ".join([dispute.trouble, *unheard] if dispute.trouble else unheard)[:300]
        said = "; ".join(unheard)
        return flagged(f"Dispute {facts.dispute_id} of order {order.number}: {said}", order.id)
    return applied(news, order.id) if news else ignored("this much is known already", order.id)


def find(session: Session, stripe_id: str) -> Dispute | None:
    """A dispute by Stripe's id, as it is now; its order's lock is what guards it."""
    return session.scalar(
        select(Dispute).where(Dispute.stripe_id == stripe_id).execution_options(populate_existing=True)
    )


def lock_dispute(session: Session, dispute_id: int) -> tuple[Order, Dispute]:
    """A dispute with its order's lock, as they are now. Raises NotFound for a dispute that is not there."""
    order_id = session.scalar(select(Dispute.order_id).where(Dispute.id == dispute_id))
    order = orders.lock_order(session, order_id or 0)
    return order, session.get_one(Dispute, dispute_id, populate_existing=True)


def is_news(session: Session, facts: DisputeFacts) -> bool:
    """Whether Stripe's object says more than we know: for who asks Stripe by themselves."""
    dispute = find(session, str(facts.dispute_id))
    if dispute is None or facts.status not in STANDING:
        return True
    entered = all(
        ledger.entered(session, TransactionKind.DISPUTE, str(each.reference)) for each in facts.movements
    )
    return not entered or _is_later(dispute, *STANDING[facts.status])


def note(  # noqa: PLR0913 who, what, from, to, why
    session: Session,
    dispute: Dispute,
    kind: str,
    reason: str,
    *,
    actor: Actor = STRIPE,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """One row of a dispute's history."""
    session.add(
        DisputeEvent(
            dispute_id=dispute.id,
            at=clock.now(),
            kind=kind,
            from_state=before,
            to_state=after,
            reason=reason[:500],
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    session.flush()


def _unreadable(facts: DisputeFacts) -> str:
    """Why nothing can be made of what was told; empty when something can."""
    if facts.dispute_id is None or facts.status not in STANDING:
        return f"a dispute without an id or with an unknown state: {facts.dispute_id} {facts.status}"
    cents = facts.amount_cents
    if cents is None or not 0 < cents <= MOST_CENTS or len(facts.currency) != 3:
        return f"dispute {facts.dispute_id} of {cents} {facts.currency}"
    return ""


def _open(session: Session, order: Order, payment: Payment, facts: DisputeFacts) -> Dispute:
    inquiry, state = STANDING[str(facts.status)]
    now = clock.now()
    dispute = Dispute(
        stripe_id=facts.dispute_id,
        order_id=order.id,
        payment_id=payment.id,
        state=state,
        is_inquiry=inquiry,
        reason=facts.reason[:60],
        amount_cents=facts.amount_cents,
        currency=facts.currency,
        due_by=facts.due_by,
        opened_at=facts.opened_at or now,
        closed_at=None if state in OPEN_DISPUTE else now,
    )
    session.add(dispute)
    session.flush()
    what = "the bank asks about the payment" if inquiry else "the cardholder disputes the payment"
    note(session, dispute, "state", what, after=state)
    fraud_warnings.settle(session, payment.id, Settled.DISPUTED)
    dispute_news.tell(session, order, dispute, opened=True)
    _owe_gathering(session, dispute)
    return dispute


def _owe_gathering(session: Session, dispute: Dispute) -> None:
    """Write down what is known of the order by now, while it is fresh."""
    key = f"{dispute.ref}:gather:{'inquiry' if dispute.is_inquiry else 'chargeback'}"
    outbox.owe(session, "jobs.disputes.gather", dispute.id, on=queue.LOW, key=key)


def _is_later(dispute: Dispute, inquiry: bool, state: DisputeState) -> bool:
    """Whether this lies ahead of where the dispute is. A chargeback lies ahead of every state of its inquiry."""
    if dispute.is_inquiry != inquiry:
        return dispute.is_inquiry
    return state in DISPUTE.allowed(DisputeState(dispute.state))


def _follow(session: Session, order: Order, dispute: Dispute, facts: DisputeFacts) -> str:
    """Move on, where what is told lies ahead; answers what happened."""
    inquiry, state = STANDING[str(facts.status)]
    before = DisputeState(dispute.state)
    if not _is_later(dispute, inquiry, state):
        if (dispute.is_inquiry, before) == (inquiry, state) and facts.due_by and dispute.due_by:
            # Told of two days, whoever answers by the first is in time.
            dispute.due_by = min(dispute.due_by, facts.due_by)
        return ""
    escalated = dispute.is_inquiry and not inquiry
    (ESCALATION if escalated else DISPUTE).check(before, state)
    if escalated:
        dispute.is_inquiry, dispute.due_by = False, facts.due_by
        dispute.amount_cents, dispute.currency = int(facts.amount_cents or 0), facts.currency
        dispute.reason = facts.reason[:60]
    dispute.state = state
    dispute.closed_at = None if state in OPEN_DISPUTE else clock.now()
    session.flush()
    kind, why = ("escalated", "the inquiry became a dispute") if escalated else ("state", "")
    note(session, dispute, kind, why, before=before, after=state)
    dispute_news.tell(session, order, dispute, escalated=escalated)
    if escalated:
        _owe_gathering(session, dispute)
    return "the inquiry became a dispute" if escalated else f"is {words(state)}"


def _enter(
    session: Session, order: Order, payment: Payment, dispute: Dispute, movements: Sequence[Movement]
) -> list[str]:
    """The ledger follows Stripe's balance transactions, each once; answers what could not be entered."""
    wrong = []
    for moved in movements:
        cents, fee = moved.amount_cents, moved.fee_cents
        if moved.reference is None or cents is None or fee is None or moved.currency != order.currency:
            wrong.append(f"{moved.reference} moved {cents} {moved.currency} in an order of {order.currency}")
        elif _too_much(session, payment, moved) or abs(fee) > MOST_CENTS:
            wrong.append(f"{moved.reference} moved {cents}, more than the payment of {payment.amount_cents}")
        else:
            _enter_one(session, order, dispute, moved.reference, (cents, fee))
    return wrong


def _too_much(session: Session, payment: Payment, moved: Movement) -> bool:
    """Whether the bank would have more of a payment than the payment was."""
    if ledger.entered(session, TransactionKind.DISPUTE, str(moved.reference)):
        return False
    cents = moved.amount_cents or 0
    taken = -ledger.taken_for_payment(session, payment.id) - min(cents, 0)
    return max(abs(cents), taken) > payment.amount_cents


def _enter_one(
    session: Session, order: Order, dispute: Dispute, reference: str, moved: tuple[int, int]
) -> None:
    cents, fee = moved

    def enter(kind: TransactionKind, amount: int, words_: str) -> bool:
        entry = ledger.Entry(
            order.id,
            kind,
            Money(amount, order.currency),
            reference,
            payment_id=dispute.payment_id,
            note=f"{words_}, dispute {dispute.stripe_id}",
        )
        return amount != 0 and ledger.enter(session, entry)

    taken = "taken by the bank" if cents < 0 else "given back by the bank"
    if enter(TransactionKind.DISPUTE, cents, taken):
        dispute.taken_cents -= cents
        note(session, dispute, "money", f"{money(Money(abs(cents), order.currency))} {taken}")
    if enter(TransactionKind.DISPUTE_FEE, -fee, "Stripe's fee" if fee > 0 else "Stripe's fee returned"):
        dispute.fee_cents += fee


def _misfit(payment: Payment, dispute: Dispute) -> str:
    if dispute.currency != payment.currency:
        return f"it is in {dispute.currency}, the payment in {payment.currency}"
    if dispute.amount_cents > payment.amount_cents:
        return f"it is of {dispute.amount_cents}, the payment of {payment.amount_cents}"
    return ""


def _contradiction(dispute: Dispute, facts: DisputeFacts) -> str:
    """An end that is told otherwise: nobody but Stripe knows which one holds, and a person asks there."""
    inquiry, state = STANDING[str(facts.status)]
    ends = dispute.state not in OPEN_DISPUTE and state not in OPEN_DISPUTE
    if ends and dispute.is_inquiry == inquiry and dispute.state != state:
        return f"it is {words(DisputeState(dispute.state))} here, and Stripe says {words(state)}"
    return ""
