"""Idempotency keys by Stripe's rules."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order, stripe_client


def post(box: Sandbox, path: str, data: dict[str, str], key: str) -> requests.Response:
    headers = {"Authorization": "Bearer sk_test_x", "Idempotency-Key": key}
    return requests.post(f"{box.url}{path}", data=data, headers=headers, timeout=10)


def test_the_same_request_again_gets_the_same_answer_and_makes_nothing(
    api: Any, box: Sandbox, shop: Shop
) -> None:
    options = {"idempotency_key": "order-SA-1"}
    first = api.checkout.sessions.create(order(), options)
    assert "Idempotent-Replayed" not in first.last_response.headers
    second = api.checkout.sessions.create(order(), options)
    assert second.id == first.id
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert second.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]
    assert len(box.objects()) == 1


def test_the_first_answer_is_kept_even_when_the_object_has_changed(api: Any, box: Sandbox) -> None:
    options = {"idempotency_key": "order-SA-1"}
    first = api.checkout.sessions.create(order(), options)
    box.expire(first.id)
    assert api.checkout.sessions.create(order(), options).status == "open"


def test_another_body_under_the_same_key_is_refused(api: Any) -> None:
    api.customers.create({"name": "Laila"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with") as refused:
        api.customers.create({"name": "Omar"}, {"idempotency_key": "k"})
    assert refused.value.http_status == 400


def test_another_address_under_the_same_key_is_refused(api: Any) -> None:
    api.customers.create({"name": "Laila"}, {"idempotency_key": "k"})
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        api.products.create({"name": "Laila"}, {"idempotency_key": "k"})


def test_a_refused_request_leaves_its_key_free(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.create({"email": "nobody"}, {"idempotency_key": "k"})
    assert api.customers.create({"email": "laila@saffron.test"}, {"idempotency_key": "k"}).id


def test_a_declined_payment_is_declined_again_without_a_second_charge(api: Any, box: Sandbox) -> None:
    wanted = {"amount": 100, "currency": "aud", "payment_method": "pm_card_chargeDeclined", "confirm": True}
    seen = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            api.payment_intents.create(wanted, {"idempotency_key": "k"})
        seen.add(declined.value.error.charge)
    assert len(seen) == len(box.objects("charge")) == 1


def test_a_key_that_is_in_use_conflicts(box: Sandbox) -> None:
    box.fault("stripe", "slow", seconds=0.6, times=1)
    answers: list[requests.Response] = []
    slow = threading.Thread(target=lambda: answers.append(post(box, "/v1/customers", {"name": "L"}, "k")))
    slow.start()
    box.wait_for(lambda: "k" in box.world.keys_in_use)
    conflict = post(box, "/v1/customers", {"name": "L"}, "k")
    slow.join()
    assert (conflict.status_code, conflict.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert answers[0].status_code == 200
    assert post(box, "/v1/customers", {"name": "L"}, "k").json() == answers[0].json()


def test_many_at_once_with_one_key_make_one_object(box: Sandbox) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(post(box, "/v1/customers", {"name": "L"}, "k").status_code)
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 409}
    assert len(box.objects("customer")) == 1


def test_a_lost_answer_is_found_again_by_the_sdks_own_retry(box: Sandbox) -> None:
    box.fault("stripe", "lost_answer", times=1)
    made = stripe_client(box, max_network_retries=2).v1.customers.create({"name": "Laila"})
    assert made.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(box.objects("customer")) == 1


def test_without_a_key_a_lost_answer_makes_two(box: Sandbox) -> None:
    """The control of the test above: it is the key that helps."""
    box.fault("stripe", "lost_answer", times=1)
    auth = {"Authorization": "Bearer sk_test_x"}
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{box.url}/v1/customers", data={"name": "L"}, headers=auth, timeout=10)
    requests.post(f"{box.url}/v1/customers", data={"name": "L"}, headers=auth, timeout=10)
    assert len(box.objects("customer")) == 2


def test_a_key_is_forgotten_after_a_day(api: Any, box: Sandbox) -> None:
    first = api.customers.create({"name": "Laila"}, {"idempotency_key": "k"})
    box.move_clock(25 * 60 * 60)
    assert api.customers.create({"name": "Omar"}, {"idempotency_key": "k"}).id != first.id


def test_a_key_has_a_longest_length(box: Sandbox) -> None:
    answer = post(box, "/v1/customers", {"name": "L"}, "k" * 256)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
