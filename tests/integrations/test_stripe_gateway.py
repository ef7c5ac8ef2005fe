"""The real Stripe SDK against the sandbox."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bakery.core import clock
from bakery.integrations.gateway.port import (
    BadSignature,
    CheckoutItem,
    CheckoutRequest,
    GatewayRefused,
    GatewayUnavailable,
)
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from sandbox import server
from sandbox.webhooks import sign

SECRET = "whsec_saffron"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Sandbox]:
    with server.start(data=str(tmp_path_factory.mktemp("sandbox"))) as running:
        yield running


@pytest.fixture
def outside_world(world: server.Sandbox) -> Iterator[server.Sandbox]:
    yield world
    world.clear_faults()


@pytest.fixture
def gateway(outside_world: server.Sandbox) -> StripeGateway:
    return StripeGateway("sk_test_saffron", SECRET, outside_world.url)


def a_request(key: str, **changes: object) -> CheckoutRequest:
    values: dict[str, object] = {
        "order_number": "SC-7K3M-Q9",
        "payment_id": 12,
        "currency": "AUD",
        "items": [
            CheckoutItem("Walnut cake", 9450, 1, "8 inch"),
            CheckoutItem("Naan", 650, 3),
        ],
        "customer_email": "laila@saffron.test",
        "success_url": "http://localhost/orders/SC-7K3M-Q9?paid=1",
        "cancel_url": "http://localhost/orders/SC-7K3M-Q9?paid=0",
        "expires_at": clock.now() + timedelta(minutes=31),
        "idempotency_key": key,
    }
    return CheckoutRequest(**(values | changes))  # type: ignore[arg-type]


def test_a_session_asks_for_exactly_the_lines_and_names_the_order(
    gateway: StripeGateway, outside_world: server.Sandbox
) -> None:
    made = gateway.create_checkout(a_request("lines"))
    assert (made.status, made.payment_status, made.amount_cents, made.currency) == (
        "open",
        "unpaid",
        9450 + 3 * 650,
        "aud",
    )
    assert made.url and made.client_reference_id == "SC-7K3M-Q9"
    assert made.metadata == {"order_number": "SC-7K3M-Q9", "payment_id": "12"}
    outside_world.pay(made.id)
    paid = gateway.get_checkout(made.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    intent = outside_world.object(str(paid.payment_intent_id))
    assert intent["metadata"] == made.metadata


def test_one_idempotency_key_opens_one_session(gateway: StripeGateway) -> None:
    request = a_request("twice")
    assert gateway.create_checkout(request).id == gateway.create_checkout(request).id


def test_one_idempotency_key_for_two_bodies_is_refused(gateway: StripeGateway) -> None:
    gateway.create_checkout(a_request("bodies"))
    with pytest.raises(GatewayRefused, match="IdempotencyError"):
        gateway.create_checkout(a_request("bodies", customer_email="omar@saffron.test"))


def test_an_answer_that_is_lost_is_asked_for_again_and_one_session_exists(
    gateway: StripeGateway, outside_world: server.Sandbox
) -> None:
    before = len(outside_world.objects())
    outside_world.fault("stripe", "lost_answer", times=1)
    assert gateway.create_checkout(a_request("lost")).status == "open"
    assert len(outside_world.objects()) == before + 1


def test_a_session_that_must_not_be_is_refused(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRefused, match="expires_at"):
        gateway.create_checkout(a_request("soon", expires_at=clock.now() + timedelta(minutes=5)))


def test_an_unknown_session_is_refused_with_stripes_word_for_it(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.get_checkout("cs_test_nothing")
    assert refused.value.code == "resource_missing"


def test_a_session_is_expired_once(gateway: StripeGateway) -> None:
    made = gateway.create_checkout(a_request("expire"))
    assert gateway.expire_checkout(made.id).status == "expired"
    with pytest.raises(GatewayRefused):
        gateway.expire_checkout(made.id)


def test_completed_sessions_are_listed_over_several_pages(
    gateway: StripeGateway, outside_world: server.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakery.integrations.gateway.stripe_gateway.PAGE", 2)
    made = [gateway.create_checkout(a_request(f"page-{n}")) for n in range(5)]
    for session in made[:4]:
        outside_world.pay(session.id)
    listed = {session.id for session in gateway.list_completed_checkouts(clock.now() - timedelta(hours=1))}
    assert {session.id for session in made[:4]} <= listed
    assert made[4].id not in listed
    assert gateway.list_completed_checkouts(clock.now() + timedelta(hours=1)) == []


def test_one_idempotency_key_refunds_once(gateway: StripeGateway, outside_world: server.Sandbox) -> None:
    made = gateway.create_checkout(a_request("refund"))
    outside_world.pay(made.id)
    intent = str(gateway.get_checkout(made.id).payment_intent_id)
    first = gateway.refund(intent, made.amount_cents, idempotency_key="refund-1")
    again = gateway.refund(intent, made.amount_cents, idempotency_key="refund-1")
    assert first.id == again.id and first.status == "succeeded"
    assert first.amount_cents == made.amount_cents
    assert first.id in [refund.id for refund in gateway.list_refunds(clock.now() - timedelta(hours=1))]
    with pytest.raises(GatewayRefused) as refused:
        gateway.refund(intent, made.amount_cents, idempotency_key="refund-2")
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("mode", ["error", "rate_limit"])
def test_a_service_in_trouble_is_unavailable(
    gateway: StripeGateway, outside_world: server.Sandbox, mode: str
) -> None:
    outside_world.fault("stripe", mode)
    with pytest.raises(GatewayUnavailable):
        gateway.create_checkout(a_request(f"trouble-{mode}"))


def test_a_hiccup_is_ridden_over(gateway: StripeGateway, outside_world: server.Sandbox) -> None:
    outside_world.fault("stripe", "error", times=2)
    assert gateway.create_checkout(a_request("hiccup")).status == "open"


def test_a_service_that_does_not_answer_is_given_up_within_ten_seconds(
    gateway: StripeGateway, outside_world: server.Sandbox
) -> None:
    outside_world.fault("stripe", "slow", seconds=4, times=3)
    started = time.monotonic()
    with pytest.raises(GatewayUnavailable):
        gateway.create_checkout(a_request("slow"))
    assert time.monotonic() - started < 10


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        StripeGateway("sk_test_saffron", SECRET, "http://127.0.0.1:9").get_checkout("cs_test_1")


def test_a_wrong_key_is_refused(outside_world: server.Sandbox) -> None:
    with pytest.raises(GatewayRefused):
        StripeGateway("sk_live_saffron", SECRET, outside_world.url).get_checkout("cs_test_1")


EVENT = json.dumps({"id": "evt_1", "object": "event", "type": "checkout.session.completed"})


def test_an_event_with_a_fresh_signature_is_read(gateway: StripeGateway) -> None:
    assert gateway.read_event(EVENT.encode(), sign(EVENT, SECRET, int(time.time())))["id"] == "evt_1"


@pytest.mark.parametrize(
    ("payload", "signature"),
    [
        (EVENT, ""),
        (EVENT, "t=now,v1=abc"),
        (EVENT, sign(EVENT, "whsec_other", int(time.time()))),
        (EVENT, sign(EVENT, SECRET, int(time.time()) - 400)),
        (EVENT.replace("evt_1", "evt_2"), sign(EVENT, SECRET, int(time.time()))),
        ("not json", sign("not json", SECRET, int(time.time()))),
        ("[1]", sign("[1]", SECRET, int(time.time()))),
        ("{}", sign("{}", SECRET, int(time.time()))),
    ],
    ids=["none", "malformed", "other secret", "stale", "tampered", "not json", "a list", "no event"],
)
def test_an_event_that_is_forged_stale_or_none_is_refused(
    gateway: StripeGateway, payload: str, signature: str
) -> None:
    with pytest.raises(BadSignature):
        gateway.read_event(payload.encode(), signature)


def test_a_signature_of_the_future_is_refused(gateway: StripeGateway) -> None:
    soon, far = int(time.time()) + 100, int(time.time()) + 400
    assert gateway.read_event(EVENT.encode(), sign(EVENT, SECRET, soon))["id"] == "evt_1"
    with pytest.raises(BadSignature, match="future"):
        gateway.read_event(EVENT.encode(), sign(EVENT, SECRET, far))


@pytest.mark.parametrize(
    "payload",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        EVENT[:-1] + ', "data": ' + "[" * 200 + "]" * 200 + "}",
        EVENT.replace("evt_1", "evt_\\ud800"),
        EVENT.replace("evt_1", "evt_\\u0000"),
        EVENT.replace('"evt_1"', '"evt_1", "amount": NaN'),
        EVENT.replace("evt_1", "e" * 121),
    ],
    ids=["lists", "objects", "deep", "half a character", "a NUL", "no number", "a long id"],
)
def test_what_the_database_cannot_keep_is_refused_though_it_is_signed(
    gateway: StripeGateway, payload: str
) -> None:
    with pytest.raises(BadSignature):
        gateway.read_event(payload.encode(), sign(payload, SECRET, int(time.time())))


def test_a_backslash_in_a_text_is_no_nul(gateway: StripeGateway) -> None:
    payload = EVENT.replace("evt_1", r"evt_\\u0000")
    event = gateway.read_event(payload.encode(), sign(payload, SECRET, int(time.time())))
    assert event["id"] == r"evt_\u0000"


def test_bytes_that_are_no_text_are_refused(gateway: StripeGateway) -> None:
    with pytest.raises(BadSignature):
        gateway.read_event(b"\xff\xfe", "t=1,v1=aa")


def test_the_sdk_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from bakery.integrations.gateway.stripe_gateway import StripeGateway;"
        "StripeGateway('sk', 'wh'); sys.exit('stripe' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
