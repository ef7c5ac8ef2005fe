"""Carrying a decision about a dispute to Stripe: once, however often a worker is killed on the way.

Each step is recorded before the next, and Stripe is asked with keys of the decision outside any transaction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select

from bakery.aftercare.models import ANSWER, AnswerState, DisputeAnswer
from bakery.aftercare.pack_pdf import TooLarge, build_pack
from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import FileMissing, Files
from bakery.integrations.gateway.dispute_port import GatewayDispute
from bakery.integrations.gateway.port import Gateway, GatewayRefused
from bakery.messages.operations import raise_alert
from bakery.payments.dispute_models import Dispute
from bakery.payments.facts import dispute_facts
from bakery.payments.operations import disputes
from bakery.payments.refund_states import RefundState
from bakery.payments.services import inquiry_refunds, run_refund

log = structlog.get_logger(__name__)
_A = AnswerState
PDF = "application/pdf"
_NO_REFUND = (
    "No refund was opened for it. Look under Refunds whether the money has gone back, and decide anew."
)


@dataclass(frozen=True, slots=True)
class _Errand:
    """A decision as it was committed."""

    answer_id: int
    dispute_id: int
    key: str
    stripe_id: str
    to_inquiry: bool
    texts: dict[str, str]
    pack: dict[str, Any]
    upload_id: str | None
    file_key: str | None
    file_sha256: str | None


def send_answer(answer_id: int, gateway: Gateway, files: Files) -> None:
    """Hand an approved answer to Stripe. Raises GatewayUnavailable and FilesUnavailable, to be tried again; a
    refusal is told to the staff, and the answer is theirs again.
    """
    errand = _errand(answer_id, _A.SENDING)
    if errand is None:
        return
    try:
        upload_id = errand.upload_id or _upload(errand, gateway, files)
        made = _submit(errand, upload_id, gateway)
    except (GatewayRefused, TooLarge) as error:
        _refused(errand, str(error))
        return
    _done(errand, _A.SENT, "the evidence is at Stripe", made)


def accept(answer_id: int, gateway: Gateway) -> None:
    """Give in at Stripe, as somebody decided. Raises GatewayUnavailable, to be tried again."""
    errand = _errand(answer_id, _A.ACCEPTING)
    if errand is None:
        return
    if errand.to_inquiry:
        if (refund_id := _follow(errand)) is not None:
            run_refund(refund_id, gateway)
            _follow(errand)
        return
    try:
        made = _close(errand, gateway)
    except GatewayRefused as error:
        _refused(errand, str(error))
        return
    _done(errand, _A.ACCEPTED, "accepted at Stripe", made)


def report_given_up(answer_id: int, error: str) -> None:
    """Stripe stayed away for hours: the decision is the staff's again. Not where it has opened a refund: that may have
    gone, and is seen to on its own page.
    """
    errand = _errand(answer_id, _A.SENDING)
    if errand is None:
        accepting = _errand(answer_id, _A.ACCEPTING)
        errand = None if accepting is None or accepting.to_inquiry else accepting
    if errand is not None:
        _refused(errand, error)


def follow_inquiries() -> int:
    """Bring the answers to inquiries in line with the refunds that they have opened. Answers how many still wait."""
    with transaction() as session:
        query = select(DisputeAnswer.id).where(
            DisputeAnswer.state == _A.ACCEPTING, DisputeAnswer.to_inquiry.is_(True)
        )
        waiting = list(session.scalars(query))
    errands = [errand for answer_id in waiting if (errand := _errand(answer_id, _A.ACCEPTING))]
    return sum(_follow(errand) is not None for errand in errands)


def _errand(answer_id: int, state: AnswerState) -> _Errand | None:
    """None when it is done already, or taken back."""
    with transaction() as session:
        answer = session.get_one(DisputeAnswer, answer_id, populate_existing=True)
        if answer.state != state:
            return None
        dispute = session.get_one(Dispute, answer.dispute_id)
        return _Errand(
            answer_id=answer.id,
            dispute_id=dispute.id,
            key=str(answer.key),
            stripe_id=dispute.stripe_id,
            to_inquiry=answer.to_inquiry,
            texts=dict(answer.texts),
            pack=dict(answer.pack or {}),
            upload_id=answer.upload_id,
            file_key=answer.file_key,
            file_sha256=answer.file_sha256,
        )


def _upload(errand: _Errand, gateway: Gateway, files: Files) -> str:
    """Stripe's name of the file; made, kept and uploaded once."""
    data = _kept(errand, files)
    if data is None:
        data = build_pack(errand.pack, files).data
        key = f"evidence/{errand.key}.pdf"
        files.put(key, data, content_type=PDF)
        _record(errand, file_key=key, file_sha256=hashlib.sha256(data).hexdigest())
    number = errand.pack["order"]["number"]
    upload_id = gateway.upload_evidence(f"evidence-{number}.pdf", data, idempotency_key=f"{errand.key}-file")
    _record(errand, upload_id=upload_id)
    return upload_id


def _kept(errand: _Errand, files: Files) -> bytes | None:
    """The file that an earlier try has made: word for word the same must go out."""
    if errand.file_key is None:
        return None
    try:
        data = files.get(errand.file_key)
    except FileMissing:
        return None
    return data if hashlib.sha256(data).hexdigest() == errand.file_sha256 else None


def _submit(errand: _Errand, upload_id: str, gateway: Gateway) -> GatewayDispute:
    evidence = {name: text for name, text in errand.texts.items() if text} | {"uncategorized_file": upload_id}
    try:
        return gateway.answer_dispute(errand.stripe_id, evidence, idempotency_key=f"{errand.key}-submit")
    except GatewayRefused:
        # Perhaps an earlier try got through, and Stripe has forgotten its key by now.
        found = gateway.get_dispute(errand.stripe_id)
        theirs = found.raw.get("evidence")
        if (
            isinstance(theirs, dict)
            and theirs.get("uncategorized_file") == upload_id
            and _was_answered(found)
        ):
            return found
        raise


def _was_answered(found: GatewayDispute) -> bool:
    return not found.status.endswith("needs_response")


def _close(errand: _Errand, gateway: Gateway) -> GatewayDispute:
    try:
        return gateway.close_dispute(errand.stripe_id, idempotency_key=f"{errand.key}-close")
    except GatewayRefused:
        found = gateway.get_dispute(errand.stripe_id)
        if found.status == "lost":
            return found
        raise


def _follow(errand: _Errand) -> int | None:
    """The refund that an accepted inquiry waits for; None when that is settled. Declined, the staff decide anew."""
    with transaction() as session:
        refund = inquiry_refunds.find_refund(session, errand.dispute_id, errand.key)
        refund_id, declined = (refund.id, refund.state == RefundState.REJECTED) if refund else (None, True)
        gone = refund is not None and inquiry_refunds.has_gone(session, refund)
    if declined:
        _refused(errand, f"Its refund was declined: see refund {refund_id}." if refund_id else _NO_REFUND)
        return None
    if gone:
        _done(errand, _A.ACCEPTED, "the money is on its way back", None)
        return None
    return refund_id


def _record(errand: _Errand, **values: str) -> None:
    """Note how far it has come, unless the decision is another one by now."""
    with transaction() as session:
        answer = session.get_one(DisputeAnswer, errand.answer_id, with_for_update={"key_share": True})
        if answer.key == errand.key:
            for name, value in values.items():
                setattr(answer, name, value)


def _done(errand: _Errand, to: AnswerState, words: str, made: GatewayDispute | None) -> None:
    with transaction() as session:
        answer = session.get_one(DisputeAnswer, errand.answer_id)
        _, dispute = disputes.lock_dispute(session, answer.dispute_id)
        session.refresh(answer)
        if answer.key != errand.key or to not in ANSWER.allowed(AnswerState(answer.state)):
            return
        answer.state, answer.ended_at = to, clock.now()
        answer.version += 1
        disputes.note(session, dispute, "answer", words, actor=SYSTEM)
        if made is not None:
            # Stripe's own word for where it is now; its event says the same again.
            disputes.take_dispute(session, dispute_facts(made.raw))
    log.info("dispute_answered", answer=errand.answer_id, state=to.value)


def _refused(errand: _Errand, error: str) -> None:
    """Nothing went out: staff are told why, and decide anew."""
    with transaction() as session:
        answer = session.get_one(DisputeAnswer, errand.answer_id)
        order, dispute = disputes.lock_dispute(session, answer.dispute_id)
        session.refresh(answer)
        if answer.key != errand.key or _A.DRAFT not in ANSWER.allowed(AnswerState(answer.state)):
            return
        answer.state, answer.error = _A.DRAFT, error[:500]
        answer.version += 1
        disputes.note(session, dispute, "answer", f"nothing went out: {error}", actor=SYSTEM)
        raise_alert(
            session,
            kind="dispute",
            key=f"dispute:{dispute.stripe_id}:refused:{errand.key}",
            text=f"The answer to the dispute about order {order.number} did not go out. {error}"[:500],
            subject_ref=dispute.ref,
        )
