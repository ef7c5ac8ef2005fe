"""Disputes: opened a moment after a payment with the test card that is disputed."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api import balance_transactions
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.lists import page

WEEK = 7 * 24 * 60 * 60
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def open_for(call: Call, charge_id: str) -> dict[str, Any] | None:
    """The cardholder complained to the bank: the money and a fee go back at once."""
    charge = call.store.get(charge_id, "charge")
    if charge is None or charge["disputed"] or charge["refunded"]:
        return None
    dispute = {
        "id": stripe_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge_id,
        "created": call.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {name: None for name in EVIDENCE} | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": call.now() + WEEK,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": charge["payment_method_details"]["card"]["brand"],
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "needs_response",
    }
    call.add(dispute)
    dispute["balance_transactions"] = [balance_transactions.for_dispute(call, dispute)]
    call.save(dispute)
    charge["disputed"] = True
    call.save(charge)
    call.emit("charge.dispute.created", dispute)
    call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("dispute", key)


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("charge", "payment_intent")}
    return page(call.store, "dispute", "/v1/disputes", call.params, filters)


ROUTES = [("GET", "disputes", listed), ("GET", "disputes/<key>", retrieve)]
