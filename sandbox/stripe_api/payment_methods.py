"""Payment methods: cards, by number or as Stripe's ready-made `pm_card_…`."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import cards
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid, missing
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params

NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}
CARD_FIELDS = ("number", "exp_month", "exp_year", "cvc")


def billing(email: str | None = None, name: str | None = None, phone: str | None = None) -> dict[str, Any]:
    return {"address": dict(NO_ADDRESS), "email": email, "name": name, "phone": phone, "tax_id": None}


def build(
    call: Call, card: cards.Card, billing_details: dict[str, Any], expiry: tuple[int, int] = (12, 2034)
) -> dict[str, Any]:
    body = {
        "id": stripe_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details,
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "AU" if card.number == "4000000360000006" else "US",
            "display_brand": card.brand,
            "exp_month": expiry[0],
            "exp_year": expiry[1],
            "fingerprint": letters(16),
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    return call.add(body, number=card.number)


def card_of(call: Call, method_id: str) -> cards.Card:
    """The test card behind a payment method; its number is in no answer."""
    return cards.card_for(call.store.private(method_id).get("number", ""))


def find(call: Call, key: str, param: str = "payment_method") -> dict[str, Any]:
    """A stored payment method, or a new one made from a ready-made `pm_card_…`."""
    if key in cards.BY_TOKEN:
        return build(call, cards.BY_TOKEN[key], billing())
    found = call.store.get(key, "payment_method")
    if found is None:
        raise missing("PaymentMethod", key, param)
    return found


def _billing(params: Params) -> dict[str, Any]:
    branch = params.branch("billing_details")
    if branch is None:
        return billing()
    details = billing(branch.email("email"), branch.text("name"), branch.text("phone"))
    details["address"] |= branch.anything("address").get("address", {})
    branch.anything("tax_id")
    return details


def _card(params: Params) -> tuple[cards.Card, tuple[int, int]]:
    branch = params.branch("card", required=True)
    assert branch is not None
    token = branch.text("token")
    if token:
        name = token.replace("tok_", "pm_card_", 1)
        if name not in cards.BY_TOKEN:
            raise missing("token", token, "card[token]")
        return cards.BY_TOKEN[name], (12, 2034)
    number = branch.needed("number").replace(" ", "")
    expiry = (
        branch.integer("exp_month", required=True, least=1, most=12),
        branch.integer("exp_year", required=True),
    )
    branch.text("cvc")
    if not cards.passes_checksum(number):
        raise StripeError(
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
            status=402,
            type="card_error",
        )
    return cards.card_for(number), (int(expiry[0] or 12), int(expiry[1] or 2034))


def from_params(call: Call, params: Params) -> dict[str, Any]:
    """Make a payment method of the parameters of `create` or of `payment_method_data`."""
    params.text("type", required=True, choices=("card",))
    card, expiry = _card(params)
    details, metadata = _billing(params), params.metadata()
    redisplay = _redisplay(params) or "unspecified"
    call.params.done()
    made = build(call, card, details, expiry)
    return call.save(made | {"metadata": metadata, "allow_redisplay": redisplay})


def create(call: Call) -> dict[str, Any]:
    return from_params(call, call.params)


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    """Refuses a payment method that is no customer's, as Stripe does."""
    method, params = find(call, key), call.params
    method["metadata"] = params.metadata(method["metadata"])
    if params.has("billing_details"):
        method["billing_details"] = _billing(params)
    method["allow_redisplay"] = _redisplay(params) or method["allow_redisplay"]
    card = params.branch("card")
    if card:
        for name, most in (("exp_month", 12), ("exp_year", 9999)):
            method["card"][name] = card.integer(name, least=1, most=most) or method["card"][name]
    params.done()
    if not method["customer"]:
        raise StripeError(
            "You must save this PaymentMethod to a customer before you can update it.", param="payment_method"
        )
    call.save(method)
    call.emit("payment_method.updated", method)
    return method


def _redisplay(params: Params) -> str | None:
    return params.text("allow_redisplay", choices=("always", "limited", "unspecified"))


def refuse_spent(call: Call, method: dict[str, Any]) -> None:
    """Refuses one that was detached, or was charged without being kept: neither comes back."""
    if not method["customer"] and call.store.private(method["id"]).get("spent"):
        raise StripeError(
            f"The provided PaymentMethod {method['id']} was used before without being attached to a Customer, "
            "or was detached from one. It may not be used again; attach a PaymentMethod to a Customer to use it "
            "several times.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )


def refuse_for(call: Call, method: dict[str, Any], customer: str | None) -> None:
    """Refuses to charge or set up a payment method that is spent or that belongs to another customer."""
    refuse_spent(call, method)
    if method["customer"] and customer is None:
        raise invalid(
            f"The payment method {method['id']} belongs to the Customer {method['customer']}. "
            "Please include the Customer in the `customer` parameter.",
            "customer",
        )
    if method["customer"] and method["customer"] != customer:
        raise invalid(
            f"The customer {customer} does not have a payment method with the ID {method['id']}. "
            "The payment method must be attached to the customer.",
            "payment_method",
        )


def attach_to(
    call: Call, method: dict[str, Any], customer: str, redisplay: str = "unspecified"
) -> dict[str, Any]:
    """Keep a payment method for a customer; `redisplay` says whether a checkout may show it again, unless that
    was said before. Refuses one of another customer and one that is spent."""
    if method["customer"] == customer:
        return method
    if method["customer"]:
        raise invalid(
            "The payment method you provided has already been attached to a customer.", "payment_method"
        )
    refuse_spent(call, method)
    method["customer"] = customer
    if method["allow_redisplay"] == "unspecified":
        method["allow_redisplay"] = redisplay
    call.save(method)
    call.emit("payment_method.attached", method)
    return method


def attach(call: Call, key: str) -> dict[str, Any]:
    """Refuses a card that its bank declines, but not the one that fails only when charged."""
    method, customer = find(call, key), call.params.needed("customer")
    call.params.done()
    call.get("customer", customer, "customer")
    card = card_of(call, method["id"])
    if card.decline and not card.attaches:
        code, words = cards.decline_words(card.decline)
        raise StripeError(words, code=code, status=402, type="card_error", decline_code=card.decline)
    return attach_to(call, method, customer)


def detach_from(call: Call, method: dict[str, Any]) -> dict[str, Any]:
    """For good: a detached payment method can be neither charged nor attached again."""
    customer = call.store.get(method["customer"] or "", "customer")
    if customer and customer["invoice_settings"]["default_payment_method"] == method["id"]:
        customer["invoice_settings"]["default_payment_method"] = None
        call.save(customer)
    method["customer"] = None
    call.store.set_private(method["id"], spent=True)
    return call.save(method)


def detach(call: Call, key: str) -> dict[str, Any]:
    method = find(call, key)
    call.params.done()
    if not method["customer"]:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method",
        )
    detach_from(call, method)
    call.emit("payment_method.detached", method)
    return method


def listed(call: Call) -> dict[str, Any]:
    params = call.params
    filters = {
        "customer": params.text("customer"),
        "type": params.text("type"),
        "allow_redisplay": _redisplay(params),
    }
    return page(call.store, "payment_method", "/v1/payment_methods", params, filters)


ROUTES = [
    ("POST", "payment_methods", create),
    ("GET", "payment_methods", listed),
    ("GET", "payment_methods/<key>", retrieve),
    ("POST", "payment_methods/<key>", update),
    ("POST", "payment_methods/<key>/attach", attach),
    ("POST", "payment_methods/<key>/detach", detach),
]
