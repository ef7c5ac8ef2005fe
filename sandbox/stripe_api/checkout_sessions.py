"""Checkout Sessions: made by the shop, paid on the hosted page, expired by the clock."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters
from sandbox.stripe_api import customers, line_items, payment_intents
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page, whole
from sandbox.stripe_api.params import Params

DAY = 24 * 60 * 60
# Known to the original and without an effect here: kept where the session shows them.
SHOWN = (
    "billing_address_collection",
    "consent_collection",
    "custom_fields",
    "locale",
    "origin_context",
    "phone_number_collection",
    "submit_type",
    "shipping_address_collection",
)
IGNORED = (
    "allowed_payment_method_types",
    "branding_settings",
    "customer_update",
    "excluded_payment_method_types",
    "adaptive_pricing",
    "invoice_creation",
    "name_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "saved_payment_method_options",
    "tax_id_collection",
    "wallet_options",
    "integration_identifier",
    "currency",
)
REFUSED = {
    "subscription_data": "subscriptions",
    "setup_intent_data": "setup mode",
    "discounts": "discounts",
    "shipping_options": "shipping rates",
    "optional_items": "optional items",
    "after_expiration": "recovery links",
}


def _template(call: Call) -> dict[str, Any]:
    return {
        "id": "cs_test_" + letters(58),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": 0,
        "amount_total": 0,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": None,
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": call.now(),
        "currency": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_account": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "discounts": [],
        "expires_at": 0,
        "integration_identifier": None,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": None,
        "managed_payments": {"enabled": False},
        "metadata": {},
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": None,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
        "wallet_options": None,
    }


def _details(email: str | None, name: str | None = None, phone: str | None = None) -> dict[str, Any] | None:
    if not (email or name):
        return None
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": phone,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _refuse_what_is_not_built(params: Params) -> None:
    if params.needed("mode", choices=("payment", "setup", "subscription")) != "payment":
        raise invalid("The sandbox offers `mode: payment` only.", "mode")
    if params.text("ui_mode", choices=("hosted_page", "hosted", "embedded_page", "elements", "form")) not in (
        None,
        "hosted_page",
        "hosted",
    ):
        raise invalid("The sandbox offers `ui_mode: hosted_page` only.", "ui_mode")
    for name, words in REFUSED.items():
        if params.has(name):
            raise invalid(f"The sandbox has no {words}.", name)
    tax = params.branch("automatic_tax")
    if tax and tax.flag("enabled"):
        raise invalid("The sandbox has no automatic tax; send amounts with tax.", "automatic_tax[enabled]")
    if params.flag("allow_promotion_codes"):
        raise invalid("The sandbox has no promotion codes.", "allow_promotion_codes")


def _expiry(call: Call, params: Params) -> int:
    """Stripe's limits: half an hour to a day from now (the lower one is a setting, for tests)."""
    given = params.integer("expires_at", most=2**40)
    if given is None:
        return call.now() + DAY
    settings = call.world.settings
    if given < call.now() + settings.session_min_seconds - 5:  # the way here takes a moment
        minutes = settings.session_min_seconds // 60
        raise invalid(
            f"The `expires_at` timestamp must be at least {minutes} minutes from Checkout Session creation.",
            "expires_at",
        )
    if given > call.now() + settings.session_max_seconds + 5:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return given


def _buyer(call: Call, params: Params) -> dict[str, Any]:
    key, email = params.text("customer"), params.email("customer_email")
    if key and email:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    creation = params.text("customer_creation", choices=("always", "if_required"))
    if not key:
        return {
            "customer_email": email,
            "customer_details": _details(email),
            "customer_creation": creation or "if_required",
        }
    if creation:
        raise StripeError(
            "`customer_creation` cannot be used together with `customer`.", param="customer_creation"
        )
    customer = customers.find(call, key, "customer")
    details = _details(customer["email"], customer["name"], customer["phone"])
    return {"customer": key, "customer_details": details, "customer_creation": None}


def _shown(params: Params) -> dict[str, Any]:
    shown = params.anything(*SHOWN)
    texts = params.branch("custom_text")
    if texts:
        given = texts.anything("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        empty = {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        }
        shown["custom_text"] = empty | given
    return shown


def create(call: Call) -> dict[str, Any]:
    params = call.params
    _refuse_what_is_not_built(params)
    intent_data = params.branch("payment_intent_data")
    inner = payment_intents.common_fields(intent_data, {}) if intent_data else {"metadata": {}}
    fields = (
        _buyer(call, params)
        | _shown(params)
        | {
            "success_url": params.url("success_url", required=True),
            "cancel_url": params.url("cancel_url"),
            "client_reference_id": params.text("client_reference_id", longest=200),
            "metadata": params.metadata(),
            "expires_at": _expiry(call, params),
        }
    )
    types = params.texts("payment_method_types")
    if types and "card" not in types:
        raise invalid("The sandbox takes cards only.", "payment_method_types")
    params.text("payment_method_collection", choices=("always", "if_required"))
    params.anything(*IGNORED)
    make_lines = line_items.read(call, params)
    params.done()
    lines = make_lines()
    session = _template(call) | fields
    total = sum(line["amount_total"] for line in lines)
    session |= {"amount_subtotal": total, "amount_total": total, "currency": lines[0]["currency"]}
    session["url"] = f"{call.world.base_url}/pay/{session['id']}"
    call.add(session, line_items=lines, payment_intent_data=inner)
    call.world.scheduler.at(session["expires_at"], "session_expiry", session["id"])
    return session


def find(call: Call, key: str) -> dict[str, Any]:
    return call.get("checkout.session", key, "session", names="checkout.session")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    session["metadata"] = call.params.metadata(session["metadata"])
    call.params.done()
    return call.save(session)


def listed(call: Call) -> dict[str, Any]:
    params = call.params
    filters: dict[str, Any] = {
        name: params.text(name) for name in ("customer", "payment_intent", "payment_link")
    }
    filters["status"] = params.text("status", choices=("open", "complete", "expired"))
    details = params.branch("customer_details")
    if details:
        filters["customer_details.email"] = details.email("email")
    return page(call.store, "checkout.session", "/v1/checkout/sessions", params, filters)


def listed_line_items(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    return whole(
        f"/v1/checkout/sessions/{key}/line_items", line_items.stored(call.store, session), call.params
    )


def expire(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    call.params.done()
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}.",
            param="session",
        )
    return close_expired(call, session)


def close_expired(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """By the API or by the clock: no payment is possible afterwards."""
    session |= {"status": "expired", "url": None}
    intent = call.store.get(session["payment_intent"]) if session["payment_intent"] else None
    if intent and intent["status"] in payment_intents.OPEN:
        payment_intents.cancel_intent(call, intent, "automatic")
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.expired", session)
    return session


def expire_on_time(call: Call, key: str) -> None:
    session = call.store.get(key, "checkout.session")
    if session and session["status"] == "open":
        close_expired(call, session)


def customer_for(call: Call, session: dict[str, Any], email: str, name: str | None) -> str | None:
    """The session's customer; made now if the session asked for one, or if the card is to be kept."""
    inner = call.store.private(session["id"]).get("payment_intent_data", {})
    wanted = session["customer_creation"] == "always" or inner.get("setup_future_usage")
    if session["customer"] or not wanted:
        return session["customer"]  # type: ignore[no-any-return]
    return str(customers.build(call, email=email, name=name)["id"])


def complete(call: Call, session: dict[str, Any], intent: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The payment went through: close the session and tell the shop."""
    email = session["customer_email"] or (session["customer_details"] or {}).get("email")
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": intent["id"],
        "customer": intent["customer"],
        "customer_details": _details(email, name),
        "url": None,
    }
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.completed", session)
    return session


def intent_for(call: Call, session: dict[str, Any], email: str, name: str | None) -> dict[str, Any]:
    """The session's payment intent; it exists from the first attempt to pay."""
    if session["payment_intent"]:
        return payment_intents.find(call, session["payment_intent"])
    inner = call.store.private(session["id"]).get("payment_intent_data", {})
    fields = inner | {"customer": customer_for(call, session, email, name)}
    intent = payment_intents.build(call, session["amount_total"], session["currency"], **fields)
    call.store.set_private(intent["id"], session=session["id"])
    session["payment_intent"] = intent["id"]
    call.save(session)
    return intent


ROUTES = [
    ("POST", "checkout/sessions", create),
    ("GET", "checkout/sessions", listed),
    ("GET", "checkout/sessions/<key>", retrieve),
    ("POST", "checkout/sessions/<key>", update),
    ("POST", "checkout/sessions/<key>/expire", expire),
    ("GET", "checkout/sessions/<key>/line_items", listed_line_items),
]
HIDDEN = {("checkout.session", "line_items"): line_items.embedded}
