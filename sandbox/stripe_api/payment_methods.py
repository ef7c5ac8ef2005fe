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
    params.anything("allow_redisplay")
    call.params.done()
    return call.save(build(call, card, details, expiry) | {"metadata": metadata})


def create(call: Call) -> dict[str, Any]:
    return from_params(call, call.params)


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    method = find(call, key)
    method["metadata"] = call.params.metadata(method["metadata"])
    if call.params.has("billing_details"):
        method["billing_details"] = _billing(call.params)
    call.params.done()
    return call.save(method)


def attach_to(call: Call, method: dict[str, Any], customer: str) -> dict[str, Any]:
    if method["customer"] == customer:
        return method
    if method["customer"]:
        raise invalid(
            "The payment method you provided has already been attached to a customer.", "payment_method"
        )
    method["customer"] = customer
    call.save(method)
    call.emit("payment_method.attached", method)
    return method


def attach(call: Call, key: str) -> dict[str, Any]:
    method, customer = find(call, key), call.params.needed("customer")
    call.params.done()
    call.get("customer", customer, "customer")
    return attach_to(call, method, customer)


def detach(call: Call, key: str) -> dict[str, Any]:
    method = find(call, key)
    call.params.done()
    if not method["customer"]:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            "payment_method",
        )
    method["customer"] = None
    call.save(method)
    call.emit("payment_method.detached", method)
    return method


def listed(call: Call) -> dict[str, Any]:
    customer, kind = call.params.text("customer"), call.params.text("type")
    filters = {"customer": customer, "type": kind}
    return page(call.store, "payment_method", "/v1/payment_methods", call.params, filters)


ROUTES = [
    ("POST", "payment_methods", create),
    ("GET", "payment_methods", listed),
    ("GET", "payment_methods/<key>", retrieve),
    ("POST", "payment_methods/<key>", update),
    ("POST", "payment_methods/<key>/attach", attach),
    ("POST", "payment_methods/<key>/detach", detach),
]
