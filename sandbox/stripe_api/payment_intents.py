"""Payment intents: the whole life of one payment, over several attempts."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import customers, payment_methods
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.confirmation import attempt
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params

OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
STORED = (
    "amount_details",
    "confirmation_method",
    "mandate_data",
    "payment_details",
    "payment_method_options",
    "radar_options",
    "use_stripe_sdk",
    "error_on_requires_action",
    "payment_method_configuration",
)


def build(call: Call, amount: int, currency: str, **fields: Any) -> dict[str, Any]:
    key = stripe_id("pi")
    body = {
        "id": key,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{key}_secret_{letters(25)}",
        "confirmation_method": "automatic",
        "created": call.now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    } | fields
    call.add(body)
    call.emit("payment_intent.created", body)
    return body


def _customer(call: Call, params: Params) -> str | None:
    key = params.text("customer")
    return customers.find(call, key, "customer")["id"] if key else None


def common_fields(params: Params, before: dict[str, Any]) -> dict[str, Any]:
    """The fields that `create`, `update` and a Checkout Session's `payment_intent_data` share."""
    fields: dict[str, Any] = {"metadata": params.metadata(before.get("metadata"))}
    for name in (
        "description",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
        "on_behalf_of",
    ):
        if params.has(name):
            fields[name] = params.text(name)
    if params.has("receipt_email"):
        fields["receipt_email"] = params.email("receipt_email")
    if params.has("setup_future_usage"):
        fields["setup_future_usage"] = params.text(
            "setup_future_usage", choices=("off_session", "on_session")
        )
    if params.has("application_fee_amount"):
        fields["application_fee_amount"] = params.integer("application_fee_amount")
    if params.text("capture_method", choices=("automatic", "automatic_async", "manual")) == "manual":
        raise invalid(
            "The sandbox takes payments at once; it has no manual capture.", params.path("capture_method")
        )
    return fields | params.anything("shipping", "transfer_data")


def _payment_method(call: Call, params: Params) -> dict[str, Any] | None:
    data = params.branch("payment_method_data")
    if data:
        return payment_methods.from_params(call, data)
    key = params.text("payment_method")
    return payment_methods.find(call, key) if key else None


def create(call: Call) -> dict[str, Any]:
    params = call.params
    amount, currency = params.integer("amount", required=True, least=1) or 0, params.currency("currency")
    fields = common_fields(params, {}) | {"customer": _customer(call, params)}
    confirm, off_session = params.flag("confirm"), params.text("off_session") not in (None, "false")
    automatic = params.branch("automatic_payment_methods")
    if automatic:
        automatic.text("allow_redirects", choices=("always", "never"))
        fields["automatic_payment_methods"] = {"enabled": bool(automatic.flag("enabled"))}
    params.texts("payment_method_types")
    return_url = params.url("return_url")
    params.anything(*STORED)
    if off_session and not confirm:
        raise invalid("`off_session` can only be used when `confirm` is true.", "off_session")
    if confirm and not (params.given("payment_method") or params.has("payment_method_data")):
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            param="payment_method",
        )
    method = _payment_method(call, params)
    params.done()
    intent = build(call, amount, currency, **fields)
    if method:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
        call.save(intent)
    return attempt(call, intent, off_session=off_session, return_url=return_url) if confirm else intent


def find(call: Call, key: str, param: str = "intent") -> dict[str, Any]:
    return call.get("payment_intent", key, param)


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.text("client_secret")
    call.params.done()
    return find(call, key)


def refuse_unless(intent: dict[str, Any], states: tuple[str, ...], verb: str) -> None:
    if intent["status"] not in states:
        raise StripeError(
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )


def update(call: Call, key: str) -> dict[str, Any]:
    intent, params = find(call, key), call.params
    fields = common_fields(params, intent)
    for name in ("amount", "currency", "customer", "payment_method"):
        if params.has(name):
            refuse_unless(intent, OPEN, "update")
    if params.has("amount"):
        fields["amount"] = params.integer("amount", least=1)
    if params.has("currency"):
        fields["currency"] = params.currency("currency")
    if params.has("customer"):
        fields["customer"] = _customer(call, params)
    params.anything(*STORED)
    method = _payment_method(call, params)
    params.done()
    if method:
        fields |= {"payment_method": method["id"], "status": "requires_confirmation"}
    return call.save(intent | fields)


def confirm(call: Call, key: str) -> dict[str, Any]:
    intent, params = find(call, key), call.params
    off_session = params.text("off_session") not in (None, "false")
    usage = params.text("setup_future_usage", choices=("off_session", "on_session"))
    email, return_url = params.email("receipt_email"), params.url("return_url")
    params.anything(*STORED)
    refuse_unless(intent, OPEN, "confirm")
    method = _payment_method(call, params)
    params.done()
    intent["payment_method"] = method["id"] if method else intent["payment_method"]
    intent["setup_future_usage"] = usage or intent["setup_future_usage"]
    intent["receipt_email"] = email or intent["receipt_email"]
    if not intent["payment_method"]:
        raise StripeError(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either "
            "update the PaymentIntent with a payment method and then confirm it again, "
            "or confirm it again directly with a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    return attempt(call, intent, off_session=off_session, return_url=return_url)


def cancel_intent(call: Call, intent: dict[str, Any], reason: str | None) -> dict[str, Any]:
    intent |= {
        "status": "canceled",
        "canceled_at": call.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    call.save(intent)
    call.emit("payment_intent.canceled", intent)
    return intent


def cancel(call: Call, key: str) -> dict[str, Any]:
    intent = find(call, key)
    reason = call.params.text("cancellation_reason", choices=REASONS)
    call.params.done()
    refuse_unless(intent, OPEN, "cancel")
    if call.store.private(key).get("session"):
        raise StripeError(
            "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the Checkout "
            "Session instead.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    return cancel_intent(call, intent, reason)


def listed(call: Call) -> dict[str, Any]:
    filters = {"customer": call.params.text("customer")}
    return page(call.store, "payment_intent", "/v1/payment_intents", call.params, filters)


ROUTES = [
    ("POST", "payment_intents", create),
    ("GET", "payment_intents", listed),
    ("GET", "payment_intents/<key>", retrieve),
    ("POST", "payment_intents/<key>", update),
    ("POST", "payment_intents/<key>/confirm", confirm),
    ("POST", "payment_intents/<key>/cancel", cancel),
]
