"""Payment links: an address that may be sent to anybody; every visit opens a Checkout Session of its own."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import checkout_sessions, line_items, payment_intents
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page, whole
from sandbox.stripe_api.params import Params
from sandbox.stripe_api.session_shape import template

# Known to the original and without an effect here.
IGNORED = ("consent_collection", "custom_fields", "custom_text", "invoice_creation", "name_collection",
           "payment_method_options", "phone_number_collection", "shipping_address_collection", "submit_type",
           "tax_id_collection", "billing_address_collection", "payment_method_collection", "currency")  # fmt: skip
NO_INTENT_DATA = {
    "capture_method": None,
    "description": None,
    "metadata": {},
    "setup_future_usage": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "transfer_group": None,
}
NO_TEXTS = {
    "after_submit": None,
    "shipping_address": None,
    "submit": None,
    "terms_of_service_acceptance": None,
}


def _template(call: Call) -> dict[str, Any]:
    return {
        "id": stripe_id("plink"),
        "object": "payment_link",
        "active": True,
        "after_completion": {"hosted_confirmation": {"custom_message": None}, "type": "hosted_confirmation"},
        "allow_promotion_codes": False,
        "application": None,
        "application_fee_amount": None,
        "application_fee_percent": None,
        "automatic_tax": {"enabled": False, "liability": None},
        "billing_address_collection": "auto",
        "consent_collection": None,
        "currency": "aud",
        "custom_fields": [],
        "custom_text": dict(NO_TEXTS),
        "customer_creation": "if_required",
        "inactive_message": None,
        "invoice_creation": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "on_behalf_of": None,
        "payment_intent_data": None,
        "payment_method_collection": "if_required",
        "payment_method_options": None,
        "payment_method_types": None,
        "phone_number_collection": {"enabled": False},
        "restrictions": None,
        "shipping_address_collection": None,
        "shipping_options": [],
        "submit_type": "auto",
        "subscription_data": None,
        "tax_id_collection": {"enabled": False, "required": "never"},
        "transfer_data": None,
        "url": f"{call.world.base_url}/link/{letters(14)}",
    }


def _after_completion(params: Params) -> dict[str, Any]:
    branch = params.branch("after_completion")
    if branch is None:
        return {}
    kind = branch.needed("type", choices=("redirect", "hosted_confirmation"))
    if kind == "redirect":
        redirect = branch.branch("redirect", required=True)
        assert redirect is not None
        return {"after_completion": {"redirect": {"url": redirect.url("url", required=True)}, "type": kind}}
    words = branch.branch("hosted_confirmation")
    text = words.text("custom_message", longest=500) if words else None
    return {"after_completion": {"hosted_confirmation": {"custom_message": text}, "type": kind}}


def _restrictions(params: Params) -> dict[str, Any]:
    """How many may pay by it, all in all."""
    branch = params.branch("restrictions")
    sessions = branch.branch("completed_sessions", required=True) if branch else None
    if sessions is None:
        return {"restrictions": None} if params.has("restrictions") else {}
    limit = sessions.integer("limit", required=True, least=1)
    return {"restrictions": {"completed_sessions": {"count": 0, "limit": limit}}}


def _fields(params: Params, before: dict[str, Any]) -> dict[str, Any]:
    """What `create` and `update` share."""
    fields = {"metadata": params.metadata(before.get("metadata"))}
    fields |= _after_completion(params) | _restrictions(params)
    if params.has("inactive_message"):
        fields["inactive_message"] = params.text("inactive_message", longest=500)
    creation = params.text("customer_creation", choices=("always", "if_required"))
    if creation:
        fields["customer_creation"] = creation
    params.anything(*IGNORED)
    return fields


def _intent_data(params: Params, before: dict[str, Any] | None) -> dict[str, Any]:
    data = params.branch("payment_intent_data")
    if data is None:
        return {}
    kept = before or NO_INTENT_DATA
    return {"payment_intent_data": kept | payment_intents.common_fields(data, kept)}


def create(call: Call) -> dict[str, Any]:
    params = call.params
    fields = _fields(params, {}) | _intent_data(params, None)
    types = params.texts("payment_method_types")
    if types and types != ["card"]:
        raise invalid("The sandbox takes cards only.", "payment_method_types")
    fields["payment_method_types"] = types or None
    make_lines = line_items.read(call, params)
    params.done()
    lines = make_lines()
    link = _template(call) | fields | {"currency": lines[0]["currency"]}
    call.store.add(link, "payment_link", call.now(), {"line_items": lines})
    call.emit("payment_link.created", link)
    return link


def find(call: Call, key: str) -> dict[str, Any]:
    return call.get("payment_link", key, "payment_link")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    link, params = find(call, key), call.params
    fields = _fields(params, link) | _intent_data(params, link["payment_intent_data"])
    active = params.flag("active")
    params.done()
    link |= fields | ({} if active is None else {"active": active})
    call.save(link)
    call.emit("payment_link.updated", link)
    return link


def listed(call: Call) -> dict[str, Any]:
    return page(
        call.store, "payment_link", "/v1/payment_links", call.params, {"active": call.params.flag("active")}
    )


def listed_line_items(call: Call, key: str) -> dict[str, Any]:
    return whole(
        f"/v1/payment_links/{key}/line_items", line_items.stored(call.store, find(call, key)), call.params
    )


def by_address(call: Call, end: str) -> dict[str, Any] | None:
    """The link whose address ends so."""
    found = call.store.find("payment_link", url=f"{call.world.base_url}/link/{end}")
    return found[0] if found else None


def visit(call: Call, link: dict[str, Any]) -> dict[str, Any]:
    """Somebody opened the link: a session of their own. Refuses one that is not active, or used up."""
    if not link["active"]:
        raise StripeError(link["inactive_message"] or "This link is no longer active.", param="payment_link")
    after = link["after_completion"]
    session = template(call) | {
        "customer_creation": link["customer_creation"],
        "expires_at": call.now() + checkout_sessions.DAY,
        "metadata": dict(link["metadata"]),
        "payment_link": link["id"],
        "success_url": after["redirect"]["url"] if after["type"] == "redirect" else None,
    }
    lines = call.store.private(link["id"])["line_items"]
    checkout_sessions.price(session, lines)
    given = {name: value for name, value in (link["payment_intent_data"] or {}).items() if value is not None}
    data = {"metadata": {}} | {name: value for name, value in given.items() if name != "capture_method"}
    return checkout_sessions.open_session(call, session, line_items=lines, payment_intent_data=data)


def count(call: Call, session: dict[str, Any]) -> None:
    """Somebody paid by a link; after the last one who may, it is closed."""
    link = call.store.get(session["payment_link"] or "", "payment_link")
    if link and link["restrictions"]:
        sessions = link["restrictions"]["completed_sessions"]
        sessions["count"] += 1
        link["active"] = link["active"] and sessions["count"] < sessions["limit"]
        call.save(link)
        call.emit("payment_link.updated", link)


ROUTES = [
    ("POST", "payment_links", create),
    ("GET", "payment_links", listed),
    ("GET", "payment_links/<key>", retrieve),
    ("POST", "payment_links/<key>", update),
    ("GET", "payment_links/<key>/line_items", listed_line_items),
]
HIDDEN = {("payment_link", "line_items"): line_items.embedded}
