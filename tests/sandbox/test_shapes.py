"""Every object has the fields, and the types of fields, of Stripe's published fixtures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from tests.sandbox.conftest import order, pay_with
from tests.sandbox.test_files import upload

FIXTURES = Path(
    os.environ.get("STRIPE_FIXTURES") or Path(__file__).parents[2].parent / "shared/stripe/fixtures3.json"
)
# In the fixtures for older versions of the API, or shown only when expanded.
NOT_SHOWN = {"charge": {"refunds"}}
# In Stripe's reference for this version of the API and younger than the fixtures.
YOUNGER: dict[str, set[str]] = {
    "charge.outcome": {"risk_level", "risk_score", "rule"},
    "radar.early_fraud_warning": {"payment_intent"},
    "refund": {"failure_balance_transaction", "failure_reason", "next_action"},  # only where they apply
}
# Hashes whose keys are the user's, or depend on their `type`, which the fixture does not show.
FREE = {
    "metadata",
    "fraud_details",
    "payment_method_options",
    "next_action",
    "last_payment_error",
    "data",
    "wallet",
}


@pytest.fixture(scope="module")
def fixtures() -> dict[str, Any]:
    if not FIXTURES.is_file():
        pytest.skip(f"Stripe's fixtures are not at {FIXTURES}; name them in STRIPE_FIXTURES")
    found: dict[str, Any] = json.loads(FIXTURES.read_text())["resources"]
    return found


def differences(ours: Any, theirs: Any, path: str) -> list[str]:
    if ours is None or theirs is None:
        return []  # the fixture shows one case; the other may well be empty
    if isinstance(theirs, str) and isinstance(ours, dict) and "object" in ours:
        return []  # an expanded reference
    if type(ours) is not type(theirs):
        return [f"{path}: {type(ours).__name__} instead of {type(theirs).__name__}"]
    if isinstance(ours, list):
        return [
            line for each in ours for line in differences(each, theirs[0] if theirs else None, f"{path}[]")
        ]
    if not isinstance(ours, dict) or path.rsplit(".", 1)[-1] in FREE:
        return []
    hidden, younger = NOT_SHOWN.get(path, set()), YOUNGER.get(path, set())
    lines = [f"{path}.{key} is missing" for key in theirs if key not in ours and key not in hidden]
    if path.endswith((".destination_details.card", ".amount_details")):
        lines = []  # what is in there depends on the card network
    else:
        lines += [f"{path}.{key} is not Stripe's" for key in ours if key not in theirs and key not in younger]
    for key in theirs:
        lines += differences(ours.get(key), theirs[key], f"{path}.{key}")
    return lines


@pytest.fixture
def stored(api: Any, box: Sandbox) -> dict[str, list[dict[str, Any]]]:
    """One of everything, in all of its states."""
    open_one = api.checkout.sessions.create(
        order(customer_creation="always", customer_email="laila@saffron.test")
    )
    paid = api.checkout.sessions.create(order(customer_creation="always"))
    box.pay(paid.id)
    box.expire(open_one.id)
    disputed = api.checkout.sessions.create(order())
    box.pay(disputed.id, card="4000000000000259")
    asked = api.checkout.sessions.create(order())
    box.pay(asked.id, card="4000002500003155")
    api.payment_intents.create(
        {"amount": 100, "currency": "aud", "automatic_payment_methods": {"enabled": True}}
    )
    api.refunds.create(
        {"payment_intent": api.checkout.sessions.retrieve(paid.id).payment_intent, "amount": 100}
    )
    box.wait_for(lambda: box.objects("dispute"))
    box.settle_refund(box.dashboard_refund(paid.id, 100)["id"], "failed")
    box.close_dispute(box.objects("dispute")[0]["id"], "won")
    box.open_dispute(paid.id, "general", inquiry=True)
    box.fraud_warning(pay_with(api).id)
    upload(api)
    api.payment_links.create({"line_items": order()["line_items"]})
    api.checkout.sessions.create({"mode": "setup", "success_url": "http://127.0.0.1:1/", "currency": "aud"})
    api.setup_intents.create({"payment_method": "pm_card_authenticationRequired", "confirm": True})
    kinds = (
        "checkout.session", "payment_intent", "charge", "customer", "payment_method", "refund", "dispute",
        "balance_transaction", "product", "price", "event", "file", "radar.early_fraud_warning",
        "setup_intent",
        "payment_link",
    )  # fmt: skip
    found = {kind: box.objects(kind) for kind in kinds}
    found["balance"] = [json.loads(api.balance.retrieve().last_response.body)]
    found["item"] = json.loads(api.checkout.sessions.line_items.list(paid.id).last_response.body)["data"]
    return found


def test_objects_look_like_stripes(stored: dict[str, list[dict[str, Any]]], fixtures: dict[str, Any]) -> None:
    wrong = [
        line
        for kind, objects in stored.items()
        for each in objects
        for line in differences(each, fixtures[kind], kind)
    ]
    assert sorted(set(wrong)) == []


def test_there_is_one_of_everything_to_compare(stored: dict[str, list[dict[str, Any]]]) -> None:
    assert {kind for kind, objects in stored.items() if not objects} == set()


def test_the_comparison_sees_a_missing_a_foreign_and_a_mistyped_field() -> None:
    theirs = {"id": "x", "amount": 1, "card": {"last4": "4242"}}
    ours = {"id": "x", "amount": "1", "card": {"brand": "visa"}}
    assert differences(ours, theirs, "charge") == [
        "charge.amount: str instead of int",
        "charge.card.last4 is missing",
        "charge.card.brand is not Stripe's",
    ]
