"""Customers."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import payment_methods
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import invalid, missing
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params

STORED = ("address", "shipping", "preferred_locales", "invoice_prefix", "tax", "source", "cash_balance")
NO_SETTINGS = {
    "custom_fields": None,
    "default_payment_method": None,
    "footer": None,
    "rendering_options": None,
}
TEXTS = ("name", "phone", "description")


def build(call: Call, **fields: Any) -> dict[str, Any]:
    """A customer with nothing but the given fields, stored and announced."""
    body = {
        "id": stripe_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": letters(8).upper(),
        "invoice_settings": dict(NO_SETTINGS),
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    } | fields
    call.add(body)
    call.emit("customer.created", body)
    return body


def _fields(params: Params, before: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"metadata": params.metadata(before.get("metadata"))}
    for name in TEXTS:
        if params.has(name):
            fields[name] = params.text(name)
    if params.has("email"):
        fields["email"] = params.email("email")
    if params.has("tax_exempt"):
        fields["tax_exempt"] = params.text("tax_exempt", choices=("none", "exempt", "reverse"))
    stored = params.anything(*STORED)
    return fields | {
        key: value for key, value in stored.items() if key in ("address", "shipping", "preferred_locales")
    }


def _default_method(call: Call, before: dict[str, Any] | None) -> dict[str, Any]:
    """The card to charge when none is named. Refuses one that is not the customer's."""
    settings = call.params.branch("invoice_settings")
    if settings is None or not settings.has("default_payment_method"):
        return {}
    key = settings.text("default_payment_method")
    method = payment_methods.find(call, key, settings.path("default_payment_method")) if key else None
    if method and (before is None or method["customer"] != before["id"]):
        raise invalid(
            f"The customer does not have a payment method with the ID {key}. The payment method must be attached "
            "to the customer.",
            settings.path("default_payment_method"),
        )
    kept = before["invoice_settings"] if before else dict(NO_SETTINGS)
    return {"invoice_settings": kept | {"default_payment_method": key}}


def create(call: Call) -> dict[str, Any]:
    fields = _fields(call.params, {}) | _default_method(call, None)
    method = call.params.text("payment_method")
    call.params.done()
    customer = build(call, **fields)
    if method:
        payment_methods.attach_to(call, payment_methods.find(call, method), customer["id"])
    return customer


def find(call: Call, key: str, param: str = "id") -> dict[str, Any]:
    return call.get("customer", key, param)


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    gone = call.store.get(key, "deleted_customer")
    return gone or find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    customer = find(call, key)
    fields = _fields(call.params, customer) | _default_method(call, customer)
    call.params.done()
    customer |= fields
    call.save(customer)
    call.emit("customer.updated", customer)
    return customer


def delete(call: Call, key: str) -> dict[str, Any]:
    """For good, and the saved cards with it. Payments keep the id they were made with."""
    customer = find(call, key)
    call.params.done()
    for method in call.store.find("payment_method", customer=key):
        payment_methods.detach_from(call, method)
    gone = {"id": key, "object": "customer", "deleted": True}
    call.store.run("UPDATE objects SET kind = 'deleted_customer' WHERE id = ?", key)
    call.save(gone)
    call.emit("customer.deleted", customer)
    return gone


def listed(call: Call) -> dict[str, Any]:
    email = call.params.text("email")
    return page(call.store, "customer", "/v1/customers", call.params, {"email": email})


def listed_payment_methods(call: Call, key: str) -> dict[str, Any]:
    find(call, key)
    params = call.params
    redisplay = params.text("allow_redisplay", choices=("always", "limited", "unspecified"))
    filters = {"customer": key, "type": params.text("type"), "allow_redisplay": redisplay}
    return page(call.store, "payment_method", f"/v1/customers/{key}/payment_methods", params, filters)


def payment_method(call: Call, key: str, method: str) -> dict[str, Any]:
    find(call, key)
    call.params.done()
    found = payment_methods.find(call, method, "payment_method")
    if found["customer"] != key:
        raise missing("PaymentMethod", method, "payment_method")
    return found


ROUTES = [
    ("POST", "customers", create),
    ("GET", "customers", listed),
    ("GET", "customers/<key>", retrieve),
    ("POST", "customers/<key>", update),
    ("DELETE", "customers/<key>", delete),
    ("GET", "customers/<key>/payment_methods", listed_payment_methods),
    ("GET", "customers/<key>/payment_methods/<method>", payment_method),
]
