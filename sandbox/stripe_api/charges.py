"""Charges: one attempt to take money, good or bad."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters, stripe_id
from sandbox.stripe_api import balance_transactions, cards
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.lists import page

NO_3DS = {
    "authentication_flow": "challenge",
    "electronic_commerce_indicator": "05",
    "exemption_indicator": None,
    "result": "authenticated",
    "result_reason": None,
    "transaction_id": None,
    "version": "2.2.0",
}


def _card_details(intent: dict[str, Any], method: dict[str, Any], authenticated: bool) -> dict[str, Any]:
    card = method["card"]
    unavailable = {"status": "unavailable"}
    return {
        "card": {
            "amount_authorized": intent["amount"],
            "authorization_code": letters(6).upper(),
            "brand": card["brand"],
            "checks": dict(card["checks"]),
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "extended_authorization": {"status": "disabled"},
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "incremental_authorization": dict(unavailable),
            "installments": None,
            "last4": card["last4"],
            "mandate": None,
            "multicapture": dict(unavailable),
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": letters(15),
            "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": dict(NO_3DS) if authenticated else None,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def _outcome(decline: str) -> dict[str, Any]:
    if not decline:
        network, kind, reason, words = "approved_by_network", "authorized", None, "Payment complete."
    else:
        network, kind, reason = "declined_by_network", "issuer_declined", decline
        words = "The bank did not return any further details with this decline."
    advice = "try_again_later" if decline else None
    return {
        "advice_code": advice,
        "network_advice_code": None,
        "network_decline_code": "05" if decline else None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": words,
        "type": kind,
    }


def build(
    call: Call, intent: dict[str, Any], method: dict[str, Any], decline: str, authenticated: bool
) -> dict[str, Any]:
    """Take the money of an intent from a payment method. A failed charge is stored too, as Stripe does."""
    paid = not decline
    code, words = cards.decline_words(decline) if decline else (None, None)
    key = stripe_id("ch")
    body = {
        "id": key,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": intent["application_fee_amount"],
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": paid,
        "created": call.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": code,
        "failure_message": words,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _card_details(intent, method, authenticated),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": f"{call.world.base_url}/stripe/objects/{key}" if paid else None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded" if paid else "failed",
        "transfer_data": intent["transfer_data"],
        "transfer_group": intent["transfer_group"],
    }
    call.add(body)
    if paid:
        body["balance_transaction"] = balance_transactions.for_charge(call, body)["id"]
        call.save(body)
    call.emit("charge.succeeded" if paid else "charge.failed", body)
    return body


def refunds_of(store: Any, charge: dict[str, Any]) -> dict[str, Any]:
    """The `refunds` list, which an answer shows only when it is expanded."""
    found = store.find("refund", charge=charge["id"])
    url = f"/v1/charges/{charge['id']}/refunds"
    return {"object": "list", "url": url, "has_more": len(found) > 10, "data": found[:10]}


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("charge", key)


def update(call: Call, key: str) -> dict[str, Any]:
    charge = call.get("charge", key)
    charge["metadata"] = call.params.metadata(charge["metadata"])
    for name in ("description", "receipt_email"):
        if call.params.has(name):
            charge[name] = call.params.text(name)
    call.params.done()
    call.save(charge)
    call.emit("charge.updated", charge)
    return charge


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("customer", "payment_intent")}
    return page(call.store, "charge", "/v1/charges", call.params, filters)


ROUTES = [("GET", "charges", listed), ("GET", "charges/<key>", retrieve), ("POST", "charges/<key>", update)]
HIDDEN = {("charge", "refunds"): refunds_of}
