"""Stripe and the control API failing on demand; faults end by themselves."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import stripe

from sandbox.control import Control, ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import stripe_client


def test_stripe_fails_as_often_as_asked_and_then_works(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "error", times=2)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            api.customers.create({"name": "Laila"})
        assert failed.value.http_status == 500
    assert api.customers.create({"name": "Laila"}).name == "Laila"
    assert len(box.objects("customer")) == 1
    assert box.state()["faults"] == []


def test_a_fault_ends_after_its_time(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "error", last=0.4, status=503)
    with pytest.raises(stripe.APIError) as failed:
        api.customers.list()
    assert failed.value.http_status == 503
    box.wait_for(lambda: not box.state()["faults"], 2)
    assert api.customers.list().data == []


def test_a_fault_can_be_for_one_address(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "error", match="POST /v1/checkout/*")
    assert api.customers.create({"name": "Laila"}).id
    with pytest.raises(stripe.APIError):
        api.checkout.sessions.create({"mode": "payment"})


def test_too_many_requests_are_told_so(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "rate_limit", times=1)
    with pytest.raises(stripe.RateLimitError):
        api.customers.list()


def test_a_slow_answer_comes_in_the_end(api: Any, box: Sandbox) -> None:
    box.fault("stripe", "slow", seconds=0.4, times=1)
    started = time.monotonic()
    assert api.customers.create({"name": "Laila"}).id
    assert time.monotonic() - started >= 0.4


def test_a_client_that_waits_too_short_gives_up_on_a_slow_answer(box: Sandbox) -> None:
    box.fault("stripe", "slow", seconds=1.0, times=1)
    client = stripe_client(box, max_network_retries=0, http_client=stripe.RequestsClient(timeout=0.2))
    with pytest.raises(stripe.APIConnectionError):
        client.v1.customers.create({"name": "Laila"})
    # The work was done all the same, as it would be in real life.
    box.wait_for(lambda: len(box.objects("customer")) == 1)


@pytest.mark.parametrize(("mode", "left"), [("timeout", 0), ("lost_answer", 1)])
def test_a_dropped_connection_may_or_may_not_have_done_the_work(
    api: Any, box: Sandbox, mode: str, left: int
) -> None:
    box.fault("stripe", mode, seconds=0.1, times=1)
    with pytest.raises(stripe.APIConnectionError):
        api.customers.create({"name": "Laila"})
    assert len(box.objects("customer")) == left


def test_the_hosted_page_goes_on_while_the_api_fails(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1:1/",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {"currency": "aud", "unit_amount": 100, "product_data": {"name": "Bun"}},
                }
            ],
        }
    )
    box.fault("stripe", "error")
    assert requests.get(session.url, timeout=5).status_code == 200
    assert box.pay(session.id)["session"]["payment_status"] == "paid"


@pytest.mark.parametrize(
    "wrong",
    [
        {"service": "stripe", "mode": "explode"},
        {"service": "weather", "mode": "error"},
        {"service": "stripe", "mode": "error", "times": "many"},
        {"service": "stripe", "mode": "error", "times": -1},
        {"service": "stripe", "mode": "error", "colour": "blue"},
    ],
)
def test_a_fault_that_does_not_exist_is_refused(box: Sandbox, wrong: dict[str, Any]) -> None:
    with pytest.raises(ControlError) as refused:
        box.fault(wrong.pop("service"), wrong.pop("mode"), **wrong)
    assert refused.value.status == 422
    assert box.state()["faults"] == []


def test_a_wrong_fault_in_the_form_keeps_what_was_typed(box: Sandbox, browser: requests.Session) -> None:
    answer = browser.post(
        f"{box.url}/faults", data={"fault": "stripe/slow", "seconds": "long", "match": "GET *"}
    )
    assert (answer.status_code, "seconds must be a number" in answer.text) == (422, True)
    assert 'value="long"' in answer.text and 'value="GET *"' in answer.text


def test_the_thin_client_talks_to_any_sandbox_by_its_address(box: Sandbox, api: Any) -> None:
    control = Control(box.url)
    control.fault("stripe", "error", times=1)
    assert [each["mode"] for each in control.state()["faults"]] == ["error"]
    control.clear_faults("stripe")
    assert api.customers.create({"name": "Laila"}).id == control.objects("customer")[0]["id"]
    control.reset()
    assert control.objects("customer") == []
    with pytest.raises(ControlError):
        control.object("cus_nothing")
