"""What a Checkout Session looks like, and which of its many parameters the sandbox takes."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import invalid
from sandbox.stripe_api.params import Params

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
    "tax_id_collection",
    "wallet_options",
    "integration_identifier",
    "currency",
)
REFUSED = {
    "subscription_data": "subscriptions",
    "discounts": "discounts",
    "shipping_options": "shipping rates",
    "optional_items": "optional items",
    "after_expiration": "recovery links",
}


def template(call: Call) -> dict[str, Any]:
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


def details(email: str | None, name: str | None = None, phone: str | None = None) -> dict[str, Any] | None:
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


def refuse_what_is_not_built(params: Params) -> None:
    if params.needed("mode", choices=("payment", "setup", "subscription")) == "subscription":
        raise invalid(
            "The sandbox offers `mode: payment` and `mode: setup`; it has no subscriptions.", "mode"
        )
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


def saved_card_options(params: Params, customer: str | None) -> dict[str, Any] | None:
    """What the page does with saved cards: which it shows, whether one can be removed or a new one saved."""
    on_off = ("enabled", "disabled")
    shown: dict[str, Any] = {
        "allow_redisplay_filters": ["always"],
        "payment_method_remove": "disabled",
        "payment_method_save": None,
    }
    options = params.branch("saved_payment_method_options")
    if options is None:
        return shown if customer else None
    filters = options.texts("allow_redisplay_filters")
    if set(filters) - {"always", "limited", "unspecified"}:
        raise invalid(
            "A filter is one of always, limited, unspecified.", options.path("allow_redisplay_filters")
        )
    for name in ("payment_method_remove", "payment_method_save"):
        shown[name] = options.text(name, choices=on_off) or shown[name]
    if shown["payment_method_save"] == "enabled" and params.text("mode") == "setup":
        raise invalid("In setup mode every card is saved.", options.path("payment_method_save"))
    return shown | ({"allow_redisplay_filters": filters} if filters else {})


def shown_only(params: Params) -> dict[str, Any]:
    """Parameters without an effect here, as the session shows them."""
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
