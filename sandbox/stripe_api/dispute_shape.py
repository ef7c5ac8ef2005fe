"""What a dispute looks like."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api import dispute_evidence
from sandbox.stripe_api.call import Call

# Stripe's reasons, each with a code that Visa uses for it.
REASONS = {
    "bank_cannot_process": "12.7",
    "check_returned": "12.7",
    "credit_not_processed": "13.7",
    "customer_initiated": "13.9",
    "debit_not_authorized": "10.5",
    "duplicate": "12.6.1",
    "fraudulent": "10.4",
    "general": "13.9",
    "incorrect_account_details": "12.4",
    "insufficient_funds": "11.3",
    "product_not_received": "13.1",
    "product_unacceptable": "13.3",
    "subscription_canceled": "13.2",
    "unrecognized": "10.4",
}


def build(call: Call, charge: dict[str, Any], amount: int, reason: str, due_by: int) -> dict[str, Any]:
    """A dispute that awaits the shop's answer; no money has moved yet."""
    card = charge["payment_method_details"]["card"]
    return {
        "id": stripe_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dispute_evidence.empty(),
        "evidence_details": {
            "due_by": due_by,
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
                "brand": card["brand"],
                "case_type": "chargeback",
                "network": card["network"],
                "network_reason_code": REASONS[reason],
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
