"""Disputes through the real Stripe SDK, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bakery.core import clock
from bakery.integrations.gateway.port import GatewayRefused
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from bakery.payments.facts import dispute_facts, warning_facts
from sandbox import server
from tests.integrations.test_stripe_gateway import SECRET, a_request

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


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


@pytest.fixture
def intent(gateway: StripeGateway, outside_world: server.Sandbox, request: pytest.FixtureRequest) -> str:
    """A payment of 105.50 that somebody has made."""
    made = gateway.create_checkout(a_request(request.node.name))
    outside_world.pay(made.id)
    return str(gateway.get_checkout(made.id).payment_intent_id)


def disputed(world: server.Sandbox, intent: str, **how: object) -> str:
    return str(world.open_dispute(intent, **how)["id"])


def test_a_dispute_is_listed_and_read_with_the_money_it_took(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    key = disputed(outside_world, intent)
    listed = {each.id: each for each in gateway.list_disputes(clock.now() - timedelta(hours=1))}
    assert listed[key] == gateway.get_dispute(key)
    facts = dispute_facts(listed[key].raw)
    assert (facts.status, facts.payment_intent_id, facts.currency) == ("needs_response", intent, "AUD")
    assert facts.due_by is not None and facts.due_by > clock.now()
    [moved] = facts.movements
    assert (moved.amount_cents, moved.currency) == (-(facts.amount_cents or 0), "AUD")
    assert moved.reference and moved.fee_cents
    assert gateway.list_disputes(clock.now() + timedelta(hours=1)) == []


def test_disputes_are_listed_over_several_pages(
    gateway: StripeGateway, outside_world: server.Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakery.integrations.gateway.stripe_disputes.PAGE", 2)
    keys = set()
    for n in range(5):
        made = gateway.create_checkout(a_request(f"disputed-{n}"))
        outside_world.pay(made.id)
        keys.add(disputed(outside_world, str(gateway.get_checkout(made.id).payment_intent_id)))
    assert keys <= {each.id for each in gateway.list_disputes(clock.now() - timedelta(hours=1))}


def test_an_unknown_dispute_is_refused_with_stripes_word_for_it(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRefused) as refused:
        gateway.get_dispute("du_nothing")
    assert refused.value.code == "resource_missing"


def test_evidence_is_uploaded_once_and_submitted_once(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    key = disputed(outside_world, intent)
    first = gateway.upload_evidence("evidence.pdf", PDF, idempotency_key=f"pack-{key}")
    again = gateway.upload_evidence("evidence.pdf", PDF, idempotency_key=f"pack-{key}")
    assert first == again
    kept = outside_world.object(first)
    assert (kept["purpose"], kept["type"], kept["size"], kept["filename"]) == (
        "dispute_evidence",
        "pdf",
        len(PDF),
        "evidence.pdf",
    )
    evidence = {"product_description": "A walnut cake", "uncategorized_file": first}
    answered = gateway.answer_dispute(key, evidence, idempotency_key=f"answer-{key}")
    assert answered.status == "under_review"
    assert gateway.answer_dispute(key, evidence, idempotency_key=f"answer-{key}").status == "under_review"
    at_stripe = outside_world.object(key)
    assert at_stripe["evidence_details"]["submission_count"] == 1
    assert at_stripe["evidence"]["product_description"] == "A walnut cake"
    with pytest.raises(GatewayRefused):
        gateway.answer_dispute(key, evidence, idempotency_key=f"another-{key}")


def test_an_answer_that_is_lost_on_the_way_is_given_once(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    key = disputed(outside_world, intent)
    outside_world.fault("stripe", "lost_answer", times=1)
    gateway.answer_dispute(key, {"uncategorized_text": "It was collected"}, idempotency_key=f"answer-{key}")
    assert outside_world.object(key)["evidence_details"]["submission_count"] == 1


def test_past_its_day_an_answer_is_refused(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    key = disputed(outside_world, intent)
    outside_world.advance(30 * 24 * 3600)
    try:
        with pytest.raises(GatewayRefused):
            gateway.answer_dispute(key, {"uncategorized_text": "too late"}, idempotency_key=f"late-{key}")
    finally:
        # The sandbox's clock goes back only with all the rest.
        outside_world.reset()


def test_a_dispute_is_accepted_once(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    key = disputed(outside_world, intent)
    assert gateway.close_dispute(key, idempotency_key=f"close-{key}").status == "lost"
    assert gateway.close_dispute(key, idempotency_key=f"close-{key}").status == "lost"
    with pytest.raises(GatewayRefused):
        gateway.close_dispute(key, idempotency_key=f"close-again-{key}")


def test_fraud_warnings_are_listed(
    gateway: StripeGateway, outside_world: server.Sandbox, intent: str
) -> None:
    made = outside_world.fraud_warning(intent)
    [found] = [
        each
        for each in gateway.list_fraud_warnings(clock.now() - timedelta(hours=1))
        if each.id == made["id"]
    ]
    facts = warning_facts(found.raw)
    assert facts.actionable and facts.payment_intent_id == intent
