"""Events reach the shop signed, again and again until they are taken, and go wrong on demand."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import SECRET, Shop


def make_event(api: Any, name: str = "Laila") -> str:
    return str(api.customers.create({"name": name}).id)


def names(shop: Shop) -> list[str]:
    return [each.event.data.object.name for each in shop.received]


def test_an_event_is_signed_the_way_stripe_signs(api: Any, box: Sandbox, shop: Shop) -> None:
    make_event(api)
    box.settle()
    [got] = shop.received
    assert got.path == "/webhooks/stripe"
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    event = stripe.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], SECRET)
    assert (event.type, event.data.object.name) == ("customer.created", "Laila")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body + b" ", got.headers["Stripe-Signature"], SECRET)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], "whsec_other")


def test_the_signature_carries_the_true_time_even_when_the_sandboxes_clock_is_ahead(
    api: Any, box: Sandbox, shop: Shop
) -> None:
    box.move_clock(100_000)
    make_event(api)
    box.wait_for(lambda: shop.received)
    assert shop.received[0].event.created > time.time() + 90_000


def test_an_event_that_is_not_taken_comes_again_later_and_later(api: Any, box: Sandbox, shop: Shop) -> None:
    shop.answers = [500, 302, 404]
    make_event(api)
    box.settle()
    [delivery] = box.events()[0]["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 4)
    assert [each["status"] for each in delivery["log"]] == [500, 302, 404, 200]
    times = [each["at"] for each in delivery["log"]]
    waits = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert waits[0] >= 0.1 and waits[1] >= 0.2 and waits[2] >= 0.4
    assert api.events.list().data[0].pending_webhooks == 0


def test_an_event_is_given_up_in_the_end_and_can_be_sent_by_hand(api: Any, box: Sandbox, shop: Shop) -> None:
    shop.answers = [500] * 4
    make_event(api)
    box.settle()
    [event] = box.events()
    assert event["deliveries"][0]["state"] == "failed"
    box.resend(event["id"])
    box.settle()
    assert [each["state"] for each in box.events()[0]["deliveries"]] == ["failed", "delivered"]


def test_nobody_listening_is_noted_and_tried_again(api: Any, box: Sandbox, shop: Shop) -> None:
    box.webhook_target("http://127.0.0.1:9/nobody")
    make_event(api)
    box.wait_for(lambda: box.events()[0]["deliveries"][0]["attempts"] == 1)
    assert "ConnectionRefusedError" in box.events()[0]["deliveries"][0]["log"][0]["answer"]
    box.webhook_target(shop.url())
    box.wait_for(lambda: shop.received)


def test_dropped_events_never_come(api: Any, box: Sandbox, shop: Shop) -> None:
    box.fault("webhooks", "drop", times=1)
    make_event(api, "lost")
    make_event(api, "found")
    box.settle()
    assert names(shop) == ["found"]
    assert box.events()[0]["deliveries"][0]["state"] == "dropped"


def test_delayed_events_come_late(api: Any, box: Sandbox, shop: Shop) -> None:
    box.fault("webhooks", "delay", seconds=0.5, times=1)
    make_event(api, "late")
    make_event(api, "soon")
    box.settle()
    assert names(shop) == ["soon", "late"]


def test_duplicated_events_come_as_often_as_asked(api: Any, box: Sandbox, shop: Shop) -> None:
    box.fault("webhooks", "duplicate", copies=3)
    make_event(api)
    box.settle()
    assert len({each.event.id for each in shop.received}) == 1
    assert len(shop.received) == 3


def test_held_events_come_when_released_in_the_order_asked_for(api: Any, box: Sandbox, shop: Shop) -> None:
    box.fault("webhooks", "hold")
    for name in ("first", "second", "third"):
        make_event(api, name)
    time.sleep(0.2)
    assert shop.received == []
    box.clear_faults()
    assert box.release("reversed") == 3
    box.settle()
    assert names(shop) == ["third", "second", "first"]
    assert box.release() == 0


def test_a_fault_can_be_for_one_type_of_event(api: Any, box: Sandbox, shop: Shop) -> None:
    box.fault("webhooks", "drop", match="customer.u*")
    key = make_event(api)
    api.customers.update(key, {"name": "Omar"})
    box.settle()
    assert shop.types() == ["customer.created"]


def test_an_event_sent_twice_by_hand_is_the_same_event(api: Any, box: Sandbox, shop: Shop) -> None:
    make_event(api)
    box.settle()
    box.resend(box.events()[0]["id"], times=2)
    box.settle()
    assert len(shop.received) == 3
    assert len({each.event.id for each in shop.received}) == 1


def test_a_rush_of_events_all_arrive(api: Any, box: Sandbox, shop: Shop) -> None:
    for number in range(60):
        make_event(api, str(number))
    box.settle()
    assert sorted(names(shop), key=int) == [str(number) for number in range(60)]


def test_no_event_is_sent_before_the_request_that_made_it_succeeded(
    api: Any, box: Sandbox, shop: Shop
) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.customers.create({"name": "Laila", "expand": ["nothing"]})
    box.settle()
    assert (shop.received, box.events()) == ([], [])


def test_without_an_address_events_are_made_but_not_sent(api: Any, box: Sandbox, shop: Shop) -> None:
    box.webhook_target("")
    make_event(api)
    assert api.events.list().data[0].pending_webhooks == 0
    assert box.events()[0]["deliveries"] == []


def test_the_buttons_do_the_same(api: Any, box: Sandbox, shop: Shop, browser: requests.Session) -> None:
    browser.post(f"{box.url}/faults", data={"fault": "webhooks/hold"})
    make_event(api)
    page = browser.get(f"{box.url}/stripe").text
    assert "1 event is held back." in page
    browser.post(f"{box.url}/stripe/events/release", data={"order": "random"})
    box.settle()
    assert len(shop.received) == 1
    event = box.events()[0]["id"]
    browser.post(f"{box.url}/stripe/events/{event}/resend", data={"times": "2"})
    box.settle()
    assert len(shop.received) == 3
    assert "sent again by hand" in browser.get(f"{box.url}/stripe/objects/{event}").text
    browser.post(f"{box.url}/faults/clear")
    assert box.state()["faults"] == []
