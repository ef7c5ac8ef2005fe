"""Inquiries, which move no money until they escalate, and early fraud warnings."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order, pay_with
from tests.sandbox.test_disputes import DAY, TAKEN, happened, money


@pytest.fixture
def inquiry(api: Any, box: Sandbox) -> Any:
    opened = box.open_dispute(pay_with(api).id, "unrecognized", inquiry=True)
    return api.disputes.retrieve(opened["id"])


def test_an_inquiry_moves_no_money(api: Any, box: Sandbox, inquiry: Any) -> None:
    assert (inquiry.status, inquiry.is_charge_refundable) == ("warning_needs_response", True)
    assert inquiry.payment_method_details.card.case_type == "inquiry"
    assert (inquiry.balance_transactions, money(box, inquiry.id)) == ([], [])
    assert happened(box, inquiry.id) == ["created"]


def test_an_answered_inquiry_is_closed(api: Any, box: Sandbox, inquiry: Any) -> None:
    sent = api.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert sent.status == "warning_under_review"
    box.settle()
    assert api.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert money(box, inquiry.id) == []
    assert happened(box, inquiry.id) == ["created", "updated", "closed"]


def test_an_inquiry_is_neither_won_nor_lost_nor_accepted(api: Any, box: Sandbox, inquiry: Any) -> None:
    for outcome in ("won", "lost"):
        with pytest.raises(ControlError, match="cannot become"):
            box.close_dispute(inquiry.id, outcome)
    with pytest.raises(stripe.InvalidRequestError, match="refund the charge instead"):
        api.disputes.close(inquiry.id)
    assert box.close_dispute(inquiry.id, "warning_closed")["status"] == "warning_closed"


@pytest.mark.parametrize("by", ["bank", "evidence"])
def test_an_escalated_inquiry_takes_the_money_and_may_be_answered_anew(
    api: Any, box: Sandbox, inquiry: Any, by: str
) -> None:
    box.advance(DAY)
    if by == "bank":
        api.disputes.update(inquiry.id, {"evidence": {"customer_name": "Laila"}})
        box.escalate(inquiry.id)
    else:
        api.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "escalate_inquiry_evidence"}})
        box.settle()
    raised = api.disputes.retrieve(inquiry.id)
    assert (raised.status, raised.is_charge_refundable) == ("needs_response", False)
    assert raised.evidence_details.due_by > inquiry.evidence_details.due_by
    assert money(box, inquiry.id) == [TAKEN]
    assert happened(box, inquiry.id) == ["created", "updated", "updated", "funds_withdrawn"]
    with pytest.raises(ControlError, match="not an open inquiry"):
        box.escalate(inquiry.id)
    again = api.disputes.update(inquiry.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert (again.status, again.evidence_details.submission_count) == ("under_review", 2)
    box.settle()
    assert api.disputes.retrieve(inquiry.id).status == "won"


def test_a_refund_of_all_of_it_settles_an_inquiry(api: Any, box: Sandbox, inquiry: Any) -> None:
    api.refunds.create({"charge": inquiry.charge, "amount": 4000})
    assert api.disputes.retrieve(inquiry.id).status == "warning_needs_response"
    api.refunds.create({"charge": inquiry.charge})
    assert api.disputes.retrieve(inquiry.id).status == "warning_closed"
    assert happened(box, inquiry.id) == ["created", "closed"]


def test_an_inquiry_escalates_for_what_was_not_refunded(api: Any, box: Sandbox, inquiry: Any) -> None:
    api.refunds.create({"charge": inquiry.charge, "amount": 4000})
    assert box.escalate(inquiry.id)["amount"] == 6000
    assert money(box, inquiry.id) == [("adjustment", "dispute", -6000, 2500, -8500)]


def test_an_inquiry_that_nobody_answers_ends_after_120_days(api: Any, box: Sandbox, inquiry: Any) -> None:
    box.advance(8 * DAY)
    late = api.disputes.retrieve(inquiry.id)
    assert (late.status, late.evidence_details.past_due) == ("warning_needs_response", True)
    with pytest.raises(stripe.InvalidRequestError, match="past its due date"):
        api.disputes.update(inquiry.id, {"evidence": {"customer_name": "Laila"}})
    box.advance(113 * DAY)
    assert api.disputes.retrieve(inquiry.id).status == "warning_closed"


def test_a_warning_comes_after_a_payment_with_its_card(api: Any, box: Sandbox, shop: Shop) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id, card="4000000000005423")
    box.settle()
    intent = box.object(session.id)["payment_intent"]
    [warning] = api.radar.early_fraud_warnings.list({"payment_intent": intent}).data
    assert (warning.actionable, warning.payment_intent) == (True, intent)
    assert api.radar.early_fraud_warnings.retrieve(warning.id).charge == warning.charge
    assert api.radar.early_fraud_warnings.list({"charge": "ch_other"}).data == []
    assert "radar.early_fraud_warning.created" in shop.types()
    assert "charge.dispute.created" not in shop.types()


@pytest.mark.parametrize("answer", ["refund", "dispute"])
def test_after_a_refund_or_a_dispute_nothing_can_be_done_about_a_warning(
    api: Any, box: Sandbox, answer: str
) -> None:
    paid = pay_with(api)
    warning = box.fraud_warning(paid.id, "made_with_stolen_card")
    assert (warning["fraud_type"], warning["actionable"]) == ("made_with_stolen_card", True)
    with pytest.raises(ControlError, match="has its warning already"):
        box.fraud_warning(paid.id)
    with pytest.raises(ControlError, match="Invalid fraud type"):
        box.fraud_warning(pay_with(api).id, "a feeling")
    if answer == "refund":
        api.refunds.create({"payment_intent": paid.id})
    else:
        box.open_dispute(paid.id)
    assert api.radar.early_fraud_warnings.retrieve(warning["id"]).actionable is False
    assert [each["type"].rpartition(".")[2] for each in box.events(object=warning["id"])] == [
        "created",
        "updated",
    ]
