"""Keys, errors, lists, expansion and events: how Stripe's API behaves whatever the resource."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import order, stripe_client


def ask(box: Sandbox, method: str, path: str, **options: Any) -> requests.Response:
    headers = {"Authorization": "Bearer sk_test_x"} | options.pop("headers", {})
    return requests.request(method, f"{box.url}{path}", headers=headers, timeout=10, **options)


@pytest.mark.parametrize("key", ["", "Bearer ", "Bearer sk_live_real", "Bearer nonsense", "Basic !!"])
def test_a_missing_wrong_or_live_key_is_refused(box: Sandbox, key: str) -> None:
    answer = ask(box, "GET", "/v1/customers", headers={"Authorization": key})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "sk_live_real" not in answer.text


def test_the_sdk_reads_a_wrong_key_as_such(box: Sandbox) -> None:
    client = stripe.StripeClient("sk_live_x", base_addresses={"api": box.url})
    with pytest.raises(stripe.AuthenticationError):
        client.v1.customers.list()


def test_an_error_has_all_that_stripe_sends(box: Sandbox) -> None:
    answer = ask(box, "GET", "/v1/payment_intents/pi_nothing")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error.pop("request_log_url")
    assert error == {
        "code": "resource_missing",
        "doc_url": "https://stripe.com/docs/error-codes/resource-missing",
        "message": "No such payment_intent: 'pi_nothing'",
        "param": "intent",
        "type": "invalid_request_error",
    }
    assert answer.headers["Request-Id"].startswith("req_")


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/payment_intents", {"currency": "aud"}, "parameter_missing", "amount"),
        ("/v1/payment_intents", {"amount": "ten", "currency": "aud"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "10.5", "currency": "aud"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "1", "currency": "aud", "foo": "1"}, "parameter_unknown", "foo"),
        ("/v1/customers", {"address[city]": "Sydney", "shoe[size]": "1"}, "parameter_unknown", "shoe"),
        ("/v1/refunds", {"charge": "ch_nothing"}, "resource_missing", "charge"),
    ],
)
def test_a_wrong_parameter_has_its_code(
    box: Sandbox, path: str, form: dict[str, str], code: str, param: str
) -> None:
    error = ask(box, "POST", path, data=form).json()["error"]
    assert (error["code"], error["param"]) == (code, param)


def test_an_unknown_address_is_a_stripe_error_too(box: Sandbox) -> None:
    answer = ask(box, "POST", "/v1/no_such_thing")
    assert answer.status_code == 404
    assert "Unrecognized request URL (POST: /v1/no_such_thing)" in answer.json()["error"]["message"]


def test_the_api_answers_below_stripe_as_well(box: Sandbox) -> None:
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": f"{box.url}/stripe"})
    assert client.v1.customers.create({"name": "Laila"}).name == "Laila"


def test_pages_of_a_list_join_up_in_both_directions(api: Any) -> None:
    made = [api.customers.create({"name": str(number)}).id for number in range(7)][::-1]
    first = api.customers.list({"limit": 3})
    assert ([each.id for each in first.data], first.has_more, first.url) == (made[:3], True, "/v1/customers")
    second = api.customers.list({"limit": 3, "starting_after": first.data[-1].id})
    assert ([each.id for each in second.data], second.has_more) == (made[3:6], True)
    back = api.customers.list({"limit": 2, "ending_before": second.data[0].id})
    assert ([each.id for each in back.data], back.has_more) == (made[1:3], True)
    assert [each.id for each in api.customers.list({"limit": 2}).auto_paging_iter()] == made


@pytest.mark.parametrize(
    "query",
    [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"starting_after": "cus_unknown"}, {"colour": "blue"}],
)
def test_a_list_refuses_what_makes_no_sense(api: Any, query: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.list(query)


def test_objects_expand_along_a_path_and_in_lists(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order(customer_creation="always"))
    box.pay(session.id)
    path = "payment_intent.latest_charge.balance_transaction"
    full = api.checkout.sessions.retrieve(session.id, {"expand": [path, "customer"]})
    assert full.payment_intent.latest_charge.balance_transaction.object == "balance_transaction"
    assert full.customer.object == "customer"
    listed = api.checkout.sessions.list({"expand": ["data.payment_intent.payment_method"]})
    assert listed.data[0].payment_intent.payment_method.card.last4 == "4242"
    event = api.events.list({"type": "checkout.session.completed"}).data[0]
    assert event.data.object.payment_intent == full.payment_intent.id, "events are never expanded"


@pytest.mark.parametrize("path", ["nothing", "amount_total", "url", "a.b.c.d.e"])
def test_what_cannot_be_expanded_is_refused_and_nothing_is_made(api: Any, box: Sandbox, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(order(expand=[path]))
    assert refused.value.param == "expand"
    assert box.objects() == []


def test_events_can_be_read_and_filtered(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id)
    completed = api.events.list({"type": "checkout.session.completed"}).data
    assert [each.data.object.id for each in completed] == [session.id]
    some = api.events.list({"types": ["charge.succeeded", "payment_intent.succeeded"]}).data
    assert sorted(each.type for each in some) == ["charge.succeeded", "payment_intent.succeeded"]
    assert len(api.events.list({"created": {"gte": session.created}}).data) == 4
    assert api.events.list({"created": {"lt": session.created}}).data == []
    one = api.events.retrieve(completed[0].id)
    assert (one.api_version, one.livemode) == (stripe.api_version, False)
    with pytest.raises(stripe.InvalidRequestError):
        api.events.list({"type": "a", "types": ["b"]})


def test_an_event_shows_the_object_as_it_was_then(api: Any) -> None:
    laila = api.customers.create({"name": "Laila"}, {"idempotency_key": "one"})
    api.customers.update(laila.id, {"name": "Omar"})
    event = api.events.list({"type": "customer.created"}).data[0]
    assert event.data.object.name == "Laila"
    assert event.request.idempotency_key == "one"
    assert event.request.id.startswith("req_")


def test_the_old_module_style_works_too(box: Sandbox) -> None:
    client = stripe_client(box)
    made = client.v1.customers.create({"name": "Laila"})
    before = stripe.api_base, stripe.api_key
    try:
        stripe.api_base, stripe.api_key = box.url, "sk_test_x"
        assert stripe.Customer.retrieve(made.id).name == "Laila"
    finally:
        stripe.api_base, stripe.api_key = before
