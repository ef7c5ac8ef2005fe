"""Disputes from the bank's complaint to its decision, through Stripe's SDK."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order, pay_with

DAY = 24 * 60 * 60


@pytest.fixture
def dispute(api: Any, box: Sandbox) -> Any:
    return api.disputes.retrieve(box.open_dispute(pay_with(api).id, "product_not_received")["id"])


def money(box: Sandbox, key: str) -> list[tuple[str, str, int, int, int]]:
    """What a dispute moved, oldest first."""
    found = box.objects("balance_transaction", source=key)[::-1]
    return [
        (each["type"], each["reporting_category"], each["amount"], each["fee"], each["net"]) for each in found
    ]


def happened(box: Sandbox, key: str) -> list[str]:
    return [each["type"].removeprefix("charge.dispute.") for each in box.events(object=key)]


TAKEN = ("adjustment", "dispute", -10_000, 2500, -12_500)


def test_a_dispute_takes_the_money_and_a_fee(api: Any, box: Sandbox, dispute: Any) -> None:
    assert (dispute.status, dispute.reason, dispute.amount) == (
        "needs_response",
        "product_not_received",
        10_000,
    )
    assert dispute.evidence_details.due_by > time.time() + 6 * DAY
    assert dispute.is_charge_refundable is False
    assert money(box, dispute.id) == [TAKEN]
    assert [each.id for each in dispute.balance_transactions] == [
        box.objects("balance_transaction", source=dispute.id)[0]["id"]
    ]
    assert api.charges.retrieve(dispute.charge).disputed is True
    assert happened(box, dispute.id) == ["created", "funds_withdrawn"]


@pytest.mark.parametrize(
    ("card", "reason", "status"),
    [
        ("4000000000000259", "fraudulent", "needs_response"),
        ("4000000000002685", "product_not_received", "needs_response"),
        ("4000000000001976", "general", "warning_needs_response"),
    ],
)
def test_stripes_cards_bring_their_disputes(
    api: Any, box: Sandbox, card: str, reason: str, status: str
) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id, card=card)
    [found] = box.wait_for(lambda: api.disputes.list().data)
    assert (found.reason, found.status) == (reason, status)
    assert found.payment_intent == box.object(session.id)["payment_intent"]


def test_evidence_is_staged_changed_and_submitted_once(api: Any, box: Sandbox, dispute: Any) -> None:
    staged = api.disputes.update(
        dispute.id,
        {"evidence": {"customer_name": "Laila", "product_description": "A cake"}, "submit": False},
    )
    assert (staged.status, staged.evidence.customer_name) == ("needs_response", "Laila")
    assert (staged.evidence_details.has_evidence, staged.evidence_details.submission_count) == (True, 0)
    api.disputes.update(dispute.id, {"evidence": {"customer_name": ""}, "submit": False})
    sent = api.disputes.update(dispute.id, {"submit": True, "metadata": {"order": "SA-1"}})
    assert (sent.status, sent.evidence.customer_name, sent.evidence.product_description) == (
        "under_review", None, "A cake",
    )  # fmt: skip
    assert (sent.evidence_details.submission_count, sent.metadata["order"]) == (1, "SA-1")
    with pytest.raises(stripe.InvalidRequestError, match="status of under_review"):
        api.disputes.update(dispute.id, {"evidence": {"customer_name": "Omar"}})
    assert api.disputes.update(dispute.id, {"metadata": {"order": "SA-2"}}).metadata["order"] == "SA-2"
    assert happened(box, dispute.id) == [
        "created",
        "funds_withdrawn",
        "updated",
        "updated",
        "updated",
        "updated",
    ]


def test_evidence_is_submitted_when_nothing_else_is_said(api: Any, dispute: Any) -> None:
    assert api.disputes.update(dispute.id, {"metadata": {"a": "b"}}).status == "needs_response"
    assert api.disputes.update(dispute.id, {"evidence": {"customer_name": "Laila"}}).status == "under_review"


def test_no_more_words_go_out_than_a_bank_reads(api: Any, dispute: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="at most 20000") as refused:
        api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "x" * 20_001}})
    assert refused.value.param == "evidence[uncategorized_text]"
    long = ("access_activity_log", "cancellation_policy_disclosure", "cancellation_rebuttal", "billing_address",
            "duplicate_charge_explanation", "product_description", "refund_policy_disclosure")  # fmt: skip
    evidence = dict.fromkeys(long, "x" * 20_000)
    api.disputes.update(dispute.id, {"evidence": evidence, "submit": False})
    with pytest.raises(stripe.InvalidRequestError, match="150,001 characters"):
        api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "x" * 10_001}})
    at_most = api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": "x" * 10_000}})
    assert at_most.status == "under_review"


def test_there_is_no_submission_of_nothing_nor_of_something_unknown(api: Any, dispute: Any) -> None:
    for asked, words in (
        ({"submit": True}, "no evidence"),
        ({"evidence": {"smell": "good"}}, "unknown parameter"),
        ({"evidence": {"receipt": "file_nothing"}}, "No such file"),
    ):
        with pytest.raises(stripe.InvalidRequestError, match=words):
            api.disputes.update(dispute.id, asked)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.disputes.retrieve("du_nothing")
    assert refused.value.code == "resource_missing"
    assert api.disputes.retrieve(dispute.id).evidence_details.has_evidence is False


@pytest.mark.parametrize(("words", "status"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
def test_magic_evidence_is_decided_a_moment_later(
    api: Any, box: Sandbox, shop: Shop, dispute: Any, words: str, status: str
) -> None:
    sent = api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": words}})
    assert sent.status == "under_review"
    box.settle()
    assert api.disputes.retrieve(dispute.id).status == status
    won = [("adjustment", "dispute_reversal", 10_000, 0, 10_000)] if status == "won" else []
    assert money(box, dispute.id) == [TAKEN, *won]
    last = ["funds_reinstated", "closed"] if won else ["closed"]
    assert happened(box, dispute.id) == ["created", "funds_withdrawn", "updated", *last]
    assert "charge.dispute.closed" in shop.types()


def test_the_fee_of_a_won_dispute_comes_back_where_it_is_agreed(api: Any, box: Sandbox, dispute: Any) -> None:
    box.dispute_fee_returned(True)
    won = box.close_dispute(dispute.id, "won")
    assert [each["net"] for each in won["balance_transactions"]] == [-12_500, 12_500]
    assert money(box, dispute.id)[1] == ("adjustment", "dispute_reversal", 10_000, -2500, 12_500)


def test_an_accepted_dispute_is_lost(api: Any, box: Sandbox, dispute: Any) -> None:
    assert api.disputes.close(dispute.id).status == "lost"
    assert money(box, dispute.id) == [TAKEN]
    assert happened(box, dispute.id)[-1] == "closed"
    with pytest.raises(stripe.InvalidRequestError, match="already closed"):
        api.disputes.close(dispute.id)
    for outcome in ("won", "lost", "warning_closed", "forgotten"):
        with pytest.raises(ControlError):
            box.close_dispute(dispute.id, outcome)


def test_a_dispute_that_nobody_answers_is_lost_after_its_due_date(
    api: Any, box: Sandbox, dispute: Any
) -> None:
    box.set_clock(dispute.evidence_details.due_by - 60)
    assert api.disputes.retrieve(dispute.id).status == "needs_response"
    now = box.set_clock(dispute.evidence_details.due_by + 2)
    late = api.disputes.retrieve(dispute.id)
    assert (late.status, late.evidence_details.past_due) == ("lost", True)
    assert box.events("charge.dispute.closed")[0]["created"] >= int(now)
    with pytest.raises(stripe.InvalidRequestError, match="status of lost"):
        api.disputes.update(dispute.id, {"evidence": {"customer_name": "Laila"}})


def test_an_answered_dispute_has_no_deadline_any_more(api: Any, box: Sandbox, dispute: Any) -> None:
    api.disputes.update(dispute.id, {"evidence": {"customer_name": "Laila"}})
    box.advance(60 * DAY)
    assert api.disputes.retrieve(dispute.id).status == "under_review"
    assert box.close_dispute(dispute.id, "won")["status"] == "won"


def test_a_charge_is_refunded_after_a_won_dispute_but_not_after_a_lost_one(
    api: Any, box: Sandbox, dispute: Any
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"charge": dispute.charge})
    assert refused.value.code == "charge_disputed"
    box.close_dispute(dispute.id, "won")
    assert api.refunds.create({"charge": dispute.charge}).amount == 10_000
    lost = box.open_dispute(pay_with(api).id)
    box.close_dispute(lost["id"], "lost")
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create({"charge": lost["charge"]})


def test_only_what_is_left_of_a_paid_charge_is_disputed_and_only_once(api: Any, box: Sandbox) -> None:
    paid = pay_with(api)
    api.refunds.create({"payment_intent": paid.id, "amount": 4000})
    for amount in (0, 6001, "all"):
        with pytest.raises(ControlError):
            box.open_dispute(paid.id, amount=amount)  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="Invalid reason"):
        box.open_dispute(paid.id, "bad mood")
    assert box.open_dispute(paid.id)["amount"] == 6000
    with pytest.raises(ControlError, match="disputed already"):
        box.open_dispute(paid.id)
    unpaid = api.payment_intents.create({"amount": 100, "currency": "aud"})
    gone = pay_with(api)
    api.refunds.create({"payment_intent": gone.id})
    for payment in (unpaid.id, gone.id, "pi_nothing"):
        with pytest.raises(ControlError):
            box.open_dispute(payment)


def test_disputes_are_found_by_charge_payment_and_time(api: Any, box: Sandbox, dispute: Any) -> None:
    then = int(box.advance(3600))
    other = box.open_dispute(pay_with(api).id)
    for asked, wanted in (
        ({"charge": dispute.charge}, dispute.id),
        ({"payment_intent": other["payment_intent"]}, other["id"]),
        ({"created": {"gte": then}}, other["id"]),
        ({"created": {"lt": then}}, dispute.id),
    ):
        assert [each.id for each in api.disputes.list(asked).data] == [wanted]
