"""Answering disputes: a person decides, and it goes out once, whatever happens on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.aftercare import answers
from bakery.aftercare.answers import ChangedMeanwhile, NothingToAnswer, Seen
from bakery.aftercare.models import ANSWER, AnswerState
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid, InvalidTransition, NotFound
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.people.models import AuditEntry
from tests.aftercare import sales
from tests.aftercare.disputed import answer_of, carry, disputed, gather, manager, seen
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import steps


@pytest.fixture
def dispute(sold: Order, gateway: FakeGateway) -> Dispute:
    return disputed(sold, gateway)


@pytest.fixture
def staff(session: Session) -> Actor:
    return manager()


def audited(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_nothing_goes_out_before_somebody_has_approved_it(dispute: Dispute, gateway: FakeGateway) -> None:
    carry()
    assert gateway.answers == {} and gateway.uploads == {} and gateway.closings == {}


def test_an_approved_answer_is_uploaded_once_and_submitted_once(
    dispute: Dispute, staff: Actor, sold: Order, gateway: FakeGateway, files: FakeFiles
) -> None:
    answers.send(seen(dispute), staff)
    answer = answer_of(dispute)
    assert (answer.state, answer.approved_label) == ("SENDING", "Maryam")
    carry()
    answer = answer_of(dispute)
    assert answer.state == "SENT" and answer.ended_at is not None
    [(file_id, pdf)] = gateway.uploads.values()
    [(dispute_id, evidence)] = gateway.answers.values()
    assert dispute_id == dispute.stripe_id and evidence["uncategorized_file"] == file_id
    assert evidence["customer_name"] == "Laila Rahimi" and evidence["customer_purchase_ip"] == sales.HERE
    assert "cancellation_rebuttal" not in evidence and "" not in evidence.values()
    assert pdf.startswith(b"%PDF") and hashlib.sha256(pdf).hexdigest() == answer.file_sha256
    assert files.files[str(answer.file_key)] == pdf
    assert told.the_dispute(sold).state == "UNDER_REVIEW"
    assert told.open_alerts("dispute") == []
    [entry] = audited("dispute.send")
    assert entry.actor_label == "Maryam" and entry.after["order"] == sold.number
    said = [row[0] for row in told.history(dispute)]
    assert said.count("answer") == 2 and said.count("state") == 2


def test_what_staff_changed_is_what_goes_out(dispute: Dispute, staff: Actor, gateway: FakeGateway) -> None:
    texts = dict(seen(dispute).texts) | {"product_description": "A walnut cake", "customer_purchase_ip": ""}
    answers.save_texts(seen(dispute, texts=texts), staff)
    assert answer_of(dispute).state == "DRAFT" and len(audited("dispute.edit")) == 1
    answers.send(seen(dispute), staff)
    carry()
    [(_, evidence)] = gateway.answers.values()
    assert evidence["product_description"] == "A walnut cake" and "customer_purchase_ip" not in evidence


@pytest.mark.parametrize("decide", [answers.send, answers.accept, answers.save_texts])
def test_who_decides_on_an_old_page_is_told_that_somebody_was_faster(
    dispute: Dispute, staff: Actor, decide: Callable[[Seen, Actor], None]
) -> None:
    old = seen(dispute)
    answers.save_texts(seen(dispute), staff)
    with pytest.raises(ChangedMeanwhile):
        decide(old, manager("Omid"))


@pytest.mark.parametrize("decide", [answers.send, answers.accept, answers.save_texts])
def test_what_is_decided_is_not_decided_again(
    dispute: Dispute, staff: Actor, decide: Callable[[Seen, Actor], None]
) -> None:
    answers.send(seen(dispute), staff)
    with pytest.raises(NothingToAnswer, match="Maryam has decided to send"):
        decide(seen(dispute), manager("Omid"))
    assert len(steps.owed("jobs.disputes.send_answer")) == 1


def test_a_file_that_is_another_by_now_has_to_be_looked_at_again(
    dispute: Dispute, staff: Actor, sold: Order
) -> None:
    before = seen(dispute)
    sales.hand_over(sold)
    sales.run_owed(sold)
    with pytest.raises(ChangedMeanwhile, match="look at the file again"):
        answers.send(before, staff)
    answers.send(seen(dispute), staff)


def test_before_the_evidence_is_gathered_nothing_is_sent(
    sold: Order, staff: Actor, gateway: FakeGateway
) -> None:
    dispute = told.open_dispute(sold)
    with pytest.raises(NothingToAnswer, match="gathered"):
        answers.send(Seen(dispute.id, 0, {}, ""), staff)


def test_past_its_day_nothing_is_sent_and_a_sentence_says_so(dispute: Dispute, staff: Actor) -> None:
    with clock.travel(clock.now() + timedelta(days=8)):
        for decide in (answers.send, answers.accept, answers.save_texts):
            with pytest.raises(NothingToAnswer, match="It is too late now"):
                decide(seen(dispute), staff)
    assert steps.owed("jobs.disputes.send_answer") == []


@pytest.mark.parametrize("status", ["under_review", "won", "lost"])
def test_what_the_bank_decides_on_takes_no_answer(
    dispute: Dispute, staff: Actor, sold: Order, status: str
) -> None:
    steps.tell(told.UPDATED, told.body_of(sold, status))
    with pytest.raises(NothingToAnswer, match="nothing to answer"):
        answers.send(seen(dispute), staff)


def test_an_unknown_dispute_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        answers.save_texts(Seen(404, 0, {}), manager())


@pytest.mark.parametrize(
    "texts",
    [{"customer_name": "x" * 201}, {"product_description": "x" * 5001}]
    + [{name: "x" * 4900 for name in ("product_description", "uncategorized_text", "refund_policy_disclosure",
                                      "refund_refusal_explanation", "cancellation_policy_disclosure")}],
    ids=["a name", "a field", "all together"],
)  # fmt: skip
def test_too_much_text_is_refused_with_its_field(
    dispute: Dispute, staff: Actor, texts: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        answers.save_texts(seen(dispute, texts=texts), staff)
    assert refused.value.field in {*texts, "uncategorized_text"}


def test_fields_that_stripe_does_not_have_are_dropped(dispute: Dispute, staff: Actor) -> None:
    answers.save_texts(seen(dispute, texts={"submit": "true", "customer_name": "La\x00ila"}), staff)
    assert "submit" not in answer_of(dispute).texts and answer_of(dispute).texts["customer_name"] == "Laila"


def test_a_dispute_is_accepted_once_and_lost(
    dispute: Dispute, staff: Actor, sold: Order, gateway: FakeGateway
) -> None:
    answers.accept(seen(dispute), staff)
    carry()
    assert len(gateway.closings) == 1 and answer_of(dispute).state == "ACCEPTED"
    assert told.the_dispute(sold).state == "LOST" and len(audited("dispute.accept")) == 1
    assert told.open_alerts("dispute") == [
        f"The dispute about order {sold.number} is lost: the bank keeps $86.00."
    ]


def test_one_that_was_accepted_in_stripes_dashboard_meanwhile_is_accepted(
    dispute: Dispute, staff: Actor, gateway: FakeGateway
) -> None:
    answers.accept(seen(dispute), staff)
    gateway.disputes[dispute.stripe_id]["status"] = "lost"
    carry()
    assert answer_of(dispute).state == "ACCEPTED"


def test_an_inquiry_is_accepted_by_a_refund_which_its_own_event_enters(
    sold: Order, staff: Actor, gateway: FakeGateway
) -> None:
    dispute = disputed(sold, gateway, "warning_needs_response")
    answers.accept(seen(dispute), staff)
    carry()
    [refund] = gateway.refunds.values()
    assert refund.amount_cents == sold.total_cents and answer_of(dispute).state == "ACCEPTED"
    assert gateway.closings == {} and steps.reread(sold).payment_status == "PAID"
    steps.tell("refund.updated", refund.raw)
    assert steps.reread(sold).payment_status == "REFUNDED"
    steps.tell(told.CLOSED, told.body_of(sold, "warning_closed"))
    assert told.the_dispute(sold).state == "WON"


def test_an_inquiry_about_money_that_is_back_already_is_refunded_by_nobody(
    sold: Order, staff: Actor, gateway: FakeGateway
) -> None:
    dispute = disputed(sold, gateway, "warning_needs_response")
    made = gateway.refund(str(steps.latest(sold).payment_intent_id), sold.total_cents, idempotency_key="desk")
    steps.tell("refund.updated", made.raw)
    with pytest.raises(NothingToAnswer, match="has been refunded"):
        answers.accept(seen(dispute), staff)


def test_an_inquiry_that_was_answered_and_became_a_dispute_is_answered_a_second_time(
    sold: Order, staff: Actor, gateway: FakeGateway
) -> None:
    dispute = disputed(sold, gateway, "warning_needs_response")
    answers.send(seen(dispute), staff)
    carry()
    body = told.body_of(sold, "needs_response", told.taken(sold))
    gateway.disputes[dispute.stripe_id] = body
    steps.tell(told.UPDATED, dict(body))
    gather()
    answers.send(seen(dispute), staff)
    carry()
    assert len(gateway.answers) == 2 and told.the_dispute(sold).state == "UNDER_REVIEW"
    assert told.the_dispute(sold).is_inquiry is False


def test_the_table_of_answers_names_no_way_past_a_person(session: Session, dispute: Dispute) -> None:
    with pytest.raises(InvalidTransition):
        ANSWER.check(AnswerState.DRAFT, AnswerState.SENT)
    insert = (
        "INSERT INTO dispute_answer (dispute_id, to_inquiry, state, texts, approved_label, error, version)"
        f" VALUES ({dispute.id}, false, 'SENDING', '{{}}', '', '', 1)"
    )
    with pytest.raises(DBAPIError), session.begin_nested():
        session.execute(text(insert))
