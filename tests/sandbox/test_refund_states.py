"""Every status of a refund, and the money that follows it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order, pay_with


def refund(api: Any, box: Sandbox, begin: str | None = None, **asked: Any) -> Any:
    box.refunds_begin(begin)
    return api.refunds.create({"payment_intent": pay_with(api).id} | asked)


def money(box: Sandbox, refund_id: str) -> list[tuple[str, int]]:
    """What a refund moved, oldest first."""
    return [(each["type"], each["net"]) for each in box.objects("balance_transaction", source=refund_id)][
        ::-1
    ]


def back(api: Any, made: Any) -> int:
    return int(api.charges.retrieve(made.charge).amount_refunded)


def test_a_pending_refund_arrives(api: Any, box: Sandbox, shop: Shop) -> None:
    made = refund(api, box, "pending", amount=4000, metadata={"credit_note": "CN-1"})
    assert (made.status, made.metadata["credit_note"], back(api, made)) == ("pending", "CN-1", 4000)
    assert box.settle_refund(made.id, "succeeded")["status"] == "succeeded"
    assert money(box, made.id) == [("refund", -4000)]
    box.settle()
    about = [each["type"] for each in box.events() if "refund" in each["type"]]
    assert about == ["refund.created", "charge.refunded", "refund.updated"]


@pytest.mark.parametrize("begin", ["pending", "requires_action", "succeeded"])
def test_a_failed_refund_brings_the_money_back(api: Any, box: Sandbox, shop: Shop, begin: str) -> None:
    made = refund(api, box, begin)
    box.settle_refund(made.id, "failed", reason="lost_or_stolen_card")
    failed = api.refunds.retrieve(made.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert failed.failure_balance_transaction.type == "refund_failure"
    assert money(box, made.id) == [("refund", -10_000), ("refund_failure", 10_000)]
    assert back(api, made) == 0
    assert api.charges.retrieve(made.charge).refunded is False
    box.settle()
    about = [each["type"] for each in box.events() if "refund" in each["type"]]
    assert about == ["refund.created", "charge.refunded", "refund.updated", "refund.failed"]
    assert api.refunds.create({"charge": made.charge}).amount == 10_000


def test_a_refund_that_waits_for_the_customer_can_be_called_back(api: Any, box: Sandbox, shop: Shop) -> None:
    made = refund(api, box, "requires_action", amount=100)
    assert (made.status, made.next_action.type) == ("requires_action", "display_details")
    gone = api.refunds.cancel(made.id)
    assert (gone.status, gone.failure_reason) == ("canceled", "merchant_request")
    assert money(box, made.id) == [("refund", -100), ("refund_failure", 100)]
    assert back(api, made) == 0
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        api.refunds.cancel(made.id)
    box.settle()
    assert shop.types().count("refund.updated") == 1
    assert "refund.failed" not in shop.types()


def test_other_refunds_cannot_be_called_back(api: Any, box: Sandbox) -> None:
    for begin in ("pending", "succeeded"):
        made = refund(api, box, begin)
        with pytest.raises(stripe.InvalidRequestError, match=f"status of {begin}"):
            api.refunds.cancel(made.id)
        assert api.refunds.retrieve(made.id).status == begin


def test_a_refund_goes_no_way_that_does_not_exist(api: Any, box: Sandbox) -> None:
    made = refund(api, box, "pending")
    for status, reason in (("lost", None), ("failed", "bad luck"), ("succeeded", "declined")):
        with pytest.raises(ControlError) as refused:
            box.settle_refund(made.id, status, reason)
        assert refused.value.status == 400
    box.settle_refund(made.id, "requires_action")
    box.settle_refund(made.id, "pending")
    box.settle_refund(made.id, "succeeded")
    for status in ("succeeded", "pending", "canceled", "requires_action"):
        with pytest.raises(ControlError, match="it cannot become"):
            box.settle_refund(made.id, status)
    box.settle_refund(made.id, "failed")
    for status in ("succeeded", "failed"):
        with pytest.raises(ControlError, match="is failed"):
            box.settle_refund(made.id, status)
    assert len(money(box, made.id)) == 2
    with pytest.raises(ControlError, match="begin pending"):
        box.refunds_begin("failed")
    with pytest.raises(ControlError, match="No such refund"):
        box.settle_refund("re_nothing", "failed")


def test_a_refund_settled_by_hand_is_left_alone_by_its_timer(api: Any, box: Sandbox) -> None:
    paid = pay_with(api, "pm_card_pendingRefund")
    made = api.refunds.create({"payment_intent": paid.id})
    box.settle_refund(made.id, "failed")
    box.settle()
    assert api.refunds.retrieve(made.id).status == "failed"
    assert len(money(box, made.id)) == 2


@pytest.mark.parametrize(
    ("card", "first", "last"), [("7726", "pending", "succeeded"), ("5126", "succeeded", "failed")]
)
def test_stripes_cards_for_refunds(api: Any, box: Sandbox, card: str, first: str, last: str) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id, card="400000000000" + card)
    made = api.refunds.create({"payment_intent": box.object(session.id)["payment_intent"], "amount": 1})
    assert made.status == first
    box.settle()
    assert api.refunds.retrieve(made.id).status == last


def test_a_refund_in_the_dashboard_is_for_whatever_names_the_payment(
    api: Any, box: Sandbox, shop: Shop
) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id)
    intent = api.payment_intents.retrieve(box.object(session.id)["payment_intent"])
    one = box.dashboard_refund(session.id, 1000, reason="requested_by_customer")
    assert (one["payment_intent"], one["amount"], one["metadata"]) == (intent.id, 1000, {})
    assert box.dashboard_refund(intent.id, 500)["amount"] == 500
    assert box.dashboard_refund(intent.latest_charge)["amount"] == 3000
    for payment, amount in ((intent.id, 1), (intent.id, None), ("pi_nothing", 1), (intent.latest_charge, 0)):
        with pytest.raises(ControlError):
            box.dashboard_refund(payment, amount)
    box.settle()
    assert shop.types().count("charge.refunded") == 3
    found = api.refunds.list({"payment_intent": intent.id, "limit": 2})
    assert (len(found.data), found.has_more) == (2, True)
    assert [each.id for each in found.auto_paging_iter()][-1] == one["id"]


def test_refunds_are_found_by_their_time(api: Any, box: Sandbox) -> None:
    first = refund(api, box)
    then = int(box.advance(3600))
    second = refund(api, box)
    assert [each.id for each in api.refunds.list({"created": {"gte": then}}).data] == [second.id]
    assert [each.id for each in api.refunds.list({"created": {"lt": then}}).data] == [first.id]
    assert [each.id for each in api.refunds.list({"charge": first.charge}).data] == [first.id]


def test_a_pending_refund_fails_when_its_charge_is_disputed(api: Any, box: Sandbox) -> None:
    made = refund(api, box, "pending", amount=4000)
    dispute = box.open_dispute(made.charge)
    failed = api.refunds.retrieve(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert dispute["amount"] == 10_000
