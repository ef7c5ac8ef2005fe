"""Balance transactions: what a charge brings in after the fee, and what a refund or dispute takes out."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.lists import page

# Stripe's published price for domestic cards in Australia: 1.7 % and 30 cents.
FEE_PER_MILLE, FEE_FIXED = 17, 30
DISPUTE_FEE = 2500
DAY = 24 * 60 * 60


def fee_of(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED


def build(call: Call, kind: str, source: dict[str, Any], amount: int, fee: int, words: str) -> dict[str, Any]:
    """`amount` is signed: money in is positive, money out is negative."""
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": source["currency"],
            "description": words,
            "type": "stripe_fee",
        }
    ]
    body = {
        "id": stripe_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": call.now() + 2 * DAY,
        "balance_type": "payments",
        "created": call.now(),
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": "dispute" if kind == "adjustment" else kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
    return call.add(body)


def for_charge(call: Call, charge: dict[str, Any]) -> dict[str, Any]:
    return build(call, "charge", charge, charge["amount"], fee_of(charge["amount"]), "Stripe processing fees")


def for_refund(call: Call, refund: dict[str, Any]) -> dict[str, Any]:
    """Stripe keeps its fee when money goes back."""
    return build(call, "refund", refund | {"description": "REFUND FOR CHARGE"}, -refund["amount"], 0, "")


def for_failed_refund(call: Call, refund: dict[str, Any]) -> dict[str, Any]:
    again = refund | {"description": "REFUND FAILURE"}
    return build(call, "refund_failure", again, refund["amount"], 0, "")


def for_dispute(call: Call, dispute: dict[str, Any]) -> dict[str, Any]:
    return build(call, "adjustment", dispute, -dispute["amount"], DISPUTE_FEE, "Dispute fee")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("balance_transaction", key, names="balance transaction")


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("type", "source", "currency")}
    return page(call.store, "balance_transaction", "/v1/balance_transactions", call.params, filters)


ROUTES = [("GET", "balance_transactions", listed), ("GET", "balance_transactions/<key>", retrieve)]
