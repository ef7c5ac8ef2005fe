"""What staff decide about a dispute: the answer that they work on, sending it, or giving in.

Nothing goes out without a person: a decision is committed first, with who made it and what they saw, and a job
carries it to Stripe (`delivery`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.aftercare.fields import check_texts
from bakery.aftercare.models import ANSWER, AnswerState, DisputeAnswer
from bakery.aftercare.pack_facts import compose
from bakery.aftercare.sealing import digest_of
from bakery.core import clock, ids
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.core.money import Money
from bakery.core.states import words
from bakery.infra import outbox, queue
from bakery.infra.formats import datetime_shop, money
from bakery.infra.transaction import transaction
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.operations import disputes, ledger
from bakery.payments.services import inquiry_refunds
from bakery.people import audit

_A = AnswerState
SEND, ACCEPT = "jobs.disputes.send_answer", "jobs.disputes.accept"
_GATHERING = "The evidence is still being gathered. Please try again in a minute."
_FILE_CHANGED = "More is known about this order than when you opened the page. Please look at the file again."
_MEANWHILE = "Somebody has changed this answer since you opened the page. Please look at it again."


class NothingToAnswer(Conflict):
    """The bank takes no answer (any more), or somebody has decided already: says why."""


class ChangedMeanwhile(Conflict):
    """What was approved is not what would go out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody had before them when they decided. `version` 0: nobody had saved anything yet."""

    dispute_id: int
    version: int
    texts: Mapping[str, str]
    pack_hash: str = ""


def current(session: Session, dispute: Dispute) -> DisputeAnswer | None:
    """The answer to where the dispute is now; None while nobody has begun one. An inquiry has its own."""
    return session.scalar(
        select(DisputeAnswer)
        .where(DisputeAnswer.dispute_id == dispute.id, DisputeAnswer.to_inquiry == dispute.is_inquiry)
        .execution_options(populate_existing=True)
    )


def why_closed(dispute: Dispute, answer: DisputeAnswer | None, zone: str) -> str:
    """Why nothing can be answered (any more), in a sentence; empty when something can."""
    if answer is not None and answer.state != _A.DRAFT:
        what = "to accept it" if answer.state in (_A.ACCEPTING, _A.ACCEPTED) else "to send the answer"
        return f"{answer.approved_label} has decided {what} already."
    if dispute.state != DisputeState.NEEDS_RESPONSE:
        return f"This dispute is {words(DisputeState(dispute.state))}: there is nothing to answer."
    if dispute.due_by is not None and dispute.due_by <= clock.now():
        return f"The bank took answers until {datetime_shop(dispute.due_by, zone)}. It is too late now."
    return ""


def save_texts(seen: Seen, actor: Actor) -> None:
    """Keep what somebody has written so far. Refuses what another has changed meanwhile, and too long a text."""
    with transaction() as session:
        order, dispute = disputes.lock_dispute(session, seen.dispute_id)
        answer = _open_answer(session, order, dispute, seen)
        before, answer.texts = answer.texts, check_texts(seen.texts, dispute.reason)
        answer.version += 1
        audit.record(
            session, actor, "dispute.edit", "dispute", dispute.id, before=before or None, after=answer.texts
        )


def send(seen: Seen, actor: Actor) -> None:
    """Approve the answer: it goes to Stripe as it was seen, once.

    Refuses when the bank takes none, when somebody was faster, and when the file would be another than the one that
    was looked at.
    """
    with transaction() as session:
        order, dispute = disputes.lock_dispute(session, seen.dispute_id)
        answer = _open_answer(session, order, dispute, seen)
        pack = compose(session, dispute)
        if pack is None:
            raise NothingToAnswer(_GATHERING)
        if digest_of(pack) != seen.pack_hash:
            raise ChangedMeanwhile(_FILE_CHANGED)
        answer.texts, answer.pack = check_texts(seen.texts, dispute.reason), pack
        answer.file_key = answer.file_sha256 = answer.upload_id = None
        _decide(session, dispute, answer, _A.SENDING, actor)
        disputes.note(session, dispute, "answer", "approved the evidence to be sent", actor=actor)
        after = {"order": order.number, "texts": answer.texts, "file": seen.pack_hash}
        audit.record(session, actor, "dispute.send", "dispute", dispute.id, after=after)
        outbox.owe(session, SEND, answer.id, on=queue.LOW, key=f"dispute-answer:{answer.key}")


def accept(seen: Seen, actor: Actor) -> None:
    """Give in, for good: a dispute is lost; what an inquiry asks about is refunded, as any refund is: within the
    limit, or with a second person.

    Refuses when the bank takes no answer, when somebody was faster, and who may not refund.
    """
    with transaction() as session:
        order, dispute = disputes.lock_dispute(session, seen.dispute_id)
        answer = _open_answer(session, order, dispute, seen)
        what = "accepted the dispute"
        if dispute.is_inquiry:
            if ledger.held_for_payment(session, dispute.payment_id) <= 0:
                raise NothingToAnswer("Nothing is left of this payment: it has been refunded.")
        _decide(session, dispute, answer, _A.ACCEPTING, actor)
        if dispute.is_inquiry:
            refund = inquiry_refunds.open_refund(session, order, dispute, str(answer.key), actor)
            answer.refund_cents = refund.amount_cents
            what = f"decided to refund {money(Money(refund.amount_cents, order.currency))}"
            what += "; a second person has to agree" if refund.awaits_second else ""
        disputes.note(session, dispute, "answer", what, actor=actor)
        audit.record(
            session,
            actor,
            "dispute.accept",
            "dispute",
            dispute.id,
            after={"order": order.number, "did": what},
        )
        outbox.owe(session, ACCEPT, answer.id, on=queue.DEFAULT, key=f"dispute-answer:{answer.key}")


def _open_answer(session: Session, order: Order, dispute: Dispute, seen: Seen) -> DisputeAnswer:
    """The answer that may still be changed, begun if there is none. The order's lock guards it."""
    answer = current(session, dispute)
    if refusal := why_closed(dispute, answer, order.time_zone):
        raise NothingToAnswer(refusal)
    if (answer.version if answer else 0) != seen.version:
        raise ChangedMeanwhile(_MEANWHILE)
    if answer is None:
        answer = DisputeAnswer(dispute_id=dispute.id, to_inquiry=dispute.is_inquiry, texts={}, version=1)
        session.add(answer)
        session.flush()
    return answer


def _decide(session: Session, dispute: Dispute, answer: DisputeAnswer, to: AnswerState, actor: Actor) -> None:
    ANSWER.check(AnswerState(answer.state), to)
    answer.state, answer.error = to, ""
    answer.key = f"dispute-{dispute.id}-{ids.new_secret()[:16]}"
    answer.approved_by, answer.approved_label, answer.approved_at = actor.id, actor.label, clock.now()
    answer.version += 1
    session.flush()
