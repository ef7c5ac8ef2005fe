"""Refunds through Stripe's SDK, and those made in its dashboard."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, pay_with


@pytest.fixture
def paid(api: Any) -> Any:
    return pay_with(api, "pm_card_visa", 10_000)


def test_a_part_and_then_the_rest_can_go_back(api: Any, box: Sandbox, shop: Shop, paid: Any) -> None:
    part = api.refunds.create({"payment_intent": paid.id, "amount": 2500, "reason": "requested_by_customer"})
    assert (part.amount, part.status, part.charge) == (2500, "succeeded", paid.latest_charge)
    charge = api.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (2500, False)
    assert [each.id for each in charge.refunds.data] == [part.id]
    rest = api.refunds.create({"charge": paid.latest_charge})
    assert rest.amount == 7500
    assert api.charges.retrieve(paid.latest_charge).refunded is True
    assert [each.id for each in api.refunds.list({"charge": paid.latest_charge}).data] == [rest.id, part.id]
    assert api.balance_transactions.retrieve(part.balance_transaction).amount == -2500
    box.settle()
    assert (shop.types().count("refund.created"), shop.types().count("charge.refunded")) == (2, 2)


def test_never_more_goes_back_than_was_paid(api: Any, paid: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"greater than charge amount \(100.00 aud\)"):
        api.refunds.create({"payment_intent": paid.id, "amount": 10_001})
    api.refunds.create({"payment_intent": paid.id, "amount": 9_000})
    with pytest.raises(
        stripe.InvalidRequestError, match=r"unrefunded amount on charge \(10.00 aud\)"
    ) as refused:
        api.refunds.create({"payment_intent": paid.id, "amount": 1_001})
    assert refused.value.param == "amount"
    api.refunds.create({"payment_intent": paid.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": paid.id, "amount": 1})
    assert refused.value.code == "charge_already_refunded"


def test_refunds_at_the_same_time_stay_below_what_was_paid(api: Any, box: Sandbox, paid: Any) -> None:
    def refund() -> None:
        auth = {"Authorization": "Bearer sk_test_x"}
        data = {"payment_intent": paid.id, "amount": "3000"}
        requests.post(f"{box.url}/v1/refunds", data=data, headers=auth, timeout=10)

    threads = [threading.Thread(target=refund) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert api.charges.retrieve(paid.latest_charge).amount_refunded == 9000
    assert len(box.objects("refund")) == 3


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_of_nothing_is_refused(api: Any, paid: Any, amount: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": paid.id, "amount": amount})
    assert refused.value.param == "amount"


def test_what_was_not_paid_cannot_go_back(api: Any) -> None:
    unpaid = api.payment_intents.create({"amount": 100, "currency": "aud"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        api.refunds.create({"payment_intent": unpaid.id})
    with pytest.raises(stripe.InvalidRequestError, match="One of the following params"):
        api.refunds.create({"amount": 100})


def test_a_disputed_charge_cannot_be_refunded(api: Any, box: Sandbox) -> None:
    paid = pay_with(api, "pm_card_createDispute")
    box.wait_for(lambda: api.charges.retrieve(paid.latest_charge).disputed)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"charge": paid.latest_charge})
    assert refused.value.code == "charge_disputed"


def test_a_refund_may_be_pending_at_first(api: Any, box: Sandbox, shop: Shop) -> None:
    paid = pay_with(api, "pm_card_pendingRefund")
    refund = api.refunds.create({"payment_intent": paid.id})
    assert refund.status == "pending"
    box.settle()
    assert api.refunds.retrieve(refund.id).status == "succeeded"
    assert "refund.updated" in shop.types()


def test_a_refund_may_come_back_later(api: Any, box: Sandbox, shop: Shop) -> None:
    paid = pay_with(api, "pm_card_refundFail")
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 40})
    assert refund.status == "succeeded"
    box.settle()
    failed = api.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert api.balance_transactions.retrieve(failed.failure_balance_transaction).amount == 40
    assert api.charges.retrieve(paid.latest_charge).amount_refunded == 0
    assert "refund.failed" in shop.types()


def test_a_refund_made_in_the_dashboard_reaches_the_shop_as_an_event(
    box: Sandbox, shop: Shop, paid: Any, browser: requests.Session
) -> None:
    answer = browser.post(f"{box.url}/stripe/charges/{paid.latest_charge}/refund", data={"amount": "12.50"})
    assert answer.status_code == 200
    box.settle()
    event = next(each.event for each in shop.received if each.event.type == "charge.refunded")
    assert event.data.object.amount_refunded == 1250
    too_much = browser.post(f"{box.url}/stripe/charges/{paid.latest_charge}/refund", data={"amount": "500"})
    assert (too_much.status_code, "greater than unrefunded amount" in too_much.text) == (422, True)
    for odd in ("nan", "inf", "much", "-5"):
        answer = browser.post(f"{box.url}/stripe/charges/{paid.latest_charge}/refund", data={"amount": odd})
        assert answer.status_code == 422
