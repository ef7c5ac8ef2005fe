"""Setup intents: a card is kept for later without taking money now."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import customers, payment_methods, setup_confirmation
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
REASONS = ("abandoned", "requested_by_customer", "duplicate")
USAGES = ("off_session", "on_session")
STORED = ("mandate_data", "payment_method_options", "use_stripe_sdk", "payment_method_configuration")


def build(call: Call, **fields: Any) -> dict[str, Any]:
    key = stripe_id("seti")
    body = {
        "id": key,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{key}_secret_{letters(25)}",
        "created": call.now(),
        "customer": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    } | fields
    call.add(body)
    call.emit("setup_intent.created", body)
    return body


def common_fields(params: Params, before: dict[str, Any]) -> dict[str, Any]:
    """What `create`, `update` and a Checkout Session's `setup_intent_data` share."""
    fields: dict[str, Any] = {"metadata": params.metadata(before.get("metadata"))}
    for name in ("description", "on_behalf_of"):
        if params.has(name):
            fields[name] = params.text(name)
    return fields


def _who(call: Call) -> dict[str, Any]:
    """The customer and the payment method that were named."""
    params, fields = call.params, {}
    key = params.text("customer")
    if key:
        fields["customer"] = customers.find(call, key, "customer")["id"]
    data = params.branch("payment_method_data")
    named = params.text("payment_method")
    if data:
        fields["payment_method"] = payment_methods.from_params(call, data)["id"]
    elif named:
        fields["payment_method"] = payment_methods.find(call, named)["id"]
    types = params.texts("payment_method_types")
    if types and "card" not in types:
        raise invalid("The sandbox takes cards only.", "payment_method_types")
    return fields


def create(call: Call) -> dict[str, Any]:
    params = call.params
    fields = common_fields(params, {}) | {"usage": params.text("usage", choices=USAGES) or "off_session"}
    confirm, return_url = params.flag("confirm"), params.url("return_url")
    automatic = params.branch("automatic_payment_methods")
    if automatic:
        automatic.text("allow_redirects", choices=("always", "never"))
        fields["automatic_payment_methods"] = {"enabled": bool(automatic.flag("enabled"))}
    params.anything(*STORED)
    fields |= _who(call)
    params.done()
    if fields.get("payment_method"):
        fields["status"] = "requires_confirmation"
    intent = build(call, **fields)
    return _confirm(call, intent, return_url) if confirm else intent


def _confirm(call: Call, intent: dict[str, Any], return_url: str | None) -> dict[str, Any]:
    if not intent["payment_method"]:
        raise StripeError(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    return setup_confirmation.attempt(call, intent, return_url=return_url)


def find(call: Call, key: str) -> dict[str, Any]:
    return call.get("setup_intent", key, "intent", names="setupintent")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.text("client_secret")
    call.params.done()
    return find(call, key)


def _refuse_unless_open(intent: dict[str, Any], verb: str) -> None:
    if intent["status"] not in OPEN:
        raise StripeError(
            f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )


def update(call: Call, key: str) -> dict[str, Any]:
    intent = find(call, key)
    fields = common_fields(call.params, intent)
    call.params.anything(*STORED)
    who = _who(call)
    call.params.done()
    if who:
        _refuse_unless_open(intent, "update")
    if who.get("payment_method"):
        fields["status"] = "requires_confirmation"
    return call.save(intent | fields | who)


def confirm(call: Call, key: str) -> dict[str, Any]:
    intent, return_url = find(call, key), call.params.url("return_url")
    call.params.anything(*STORED)
    _refuse_unless_open(intent, "confirm")
    who = _who(call)
    call.params.done()
    return _confirm(call, intent | who, return_url)


def cancel_intent(call: Call, intent: dict[str, Any], reason: str | None) -> dict[str, Any]:
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    call.save(intent)
    call.emit("setup_intent.canceled", intent)
    return intent


def cancel(call: Call, key: str) -> dict[str, Any]:
    """Refuses one that a Checkout Session made: expire that instead."""
    intent = find(call, key)
    reason = call.params.text("cancellation_reason", choices=REASONS)
    call.params.done()
    _refuse_unless_open(intent, "cancel")
    if call.store.private(key).get("session"):
        raise StripeError(
            "You cannot cancel this SetupIntent because it was created by Checkout. Expire the Checkout Session "
            "instead.",
            code="setup_intent_unexpected_state",
            setup_intent=intent,
        )
    return cancel_intent(call, intent, reason)


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("customer", "payment_method")}
    return page(call.store, "setup_intent", "/v1/setup_intents", call.params, filters)


ROUTES = [
    ("POST", "setup_intents", create),
    ("GET", "setup_intents", listed),
    ("GET", "setup_intents/<key>", retrieve),
    ("POST", "setup_intents/<key>", update),
    ("POST", "setup_intents/<key>/confirm", confirm),
    ("POST", "setup_intents/<key>/cancel", cancel),
]
