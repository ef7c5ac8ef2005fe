"""Refunds: whole or in part, never more than was paid."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api import balance_transactions, payment_methods
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page
from sandbox.stripe_api.params import Params

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def _charge(call: Call, params: Params) -> dict[str, Any]:
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    if charge_id is None and intent_id is None:
        raise StripeError(
            "One of the following params should be provided for this request: payment_intent or charge."
        )
    if intent_id:
        intent = call.get("payment_intent", intent_id, "payment_intent")
        if charge_id and charge_id != intent["latest_charge"]:
            raise invalid(f"The charge {charge_id} is not of the PaymentIntent {intent_id}.", "charge")
        if intent["status"] != "succeeded":
            raise invalid(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                "payment_intent",
            )
        charge_id = intent["latest_charge"]
    charge = call.get("charge", str(charge_id), "charge")
    if not charge["paid"]:
        raise invalid("This charge failed; there is nothing to refund.", "charge")
    return charge


def _check(charge: dict[str, Any], amount: int | None) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
            param="charge",
        )
    if left == 0:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and amount > left:
        money = f"{amount / 100:.2f} {charge['currency']}"
        of = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        raise invalid(
            f"Refund amount ({money}) is greater than {of} ({left / 100:.2f} {charge['currency']})", "amount"
        )
    return left if amount is None else amount


def create(call: Call) -> dict[str, Any]:
    params = call.params
    charge = _charge(call, params)
    amount = _check(charge, params.integer("amount", least=1))
    reason, metadata = params.text("reason", choices=REASONS), params.metadata()
    params.anything("instructions_email", "refund_application_fee", "reverse_transfer")
    params.done()
    refund = {
        "id": stripe_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {
                "reference": None,
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    kind = payment_methods.card_of(call, charge["payment_method"]).refund
    refund["status"] = "pending" if kind == "pending" else "succeeded"
    call.add(refund)
    refund["balance_transaction"] = balance_transactions.for_refund(call, refund)["id"]
    call.save(refund)
    _take_back(call, charge, amount)
    if kind:
        call.world.scheduler.after(call.world.settings.refund_seconds, "refund", refund["id"])
    call.emit("refund.created", refund)
    call.emit("charge.refunded", call.get("charge", charge["id"]))
    return refund


def _take_back(call: Call, charge: dict[str, Any], amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    call.save(charge)


def settle(call: Call, key: str) -> None:
    """A while later the customer's bank has taken the money, or sends it back."""
    refund = call.store.get(key, "refund")
    if refund is None:
        return
    if refund["status"] == "pending":
        refund["status"] = "succeeded"
        call.save(refund)
        call.emit("refund.updated", refund)
        return
    money = balance_transactions.for_failed_refund(call, refund)
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": money["id"],
    }
    call.save(refund)
    _take_back(call, call.get("charge", refund["charge"]), -refund["amount"])
    call.emit("refund.updated", refund)
    call.emit("refund.failed", refund)


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get("refund", key)


def update(call: Call, key: str) -> dict[str, Any]:
    refund = call.get("refund", key)
    refund["metadata"] = call.params.metadata(refund["metadata"])
    call.params.done()
    call.save(refund)
    call.emit("refund.updated", refund)
    return refund


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("charge", "payment_intent")}
    return page(call.store, "refund", "/v1/refunds", call.params, filters)


ROUTES = [
    ("POST", "refunds", create),
    ("GET", "refunds", listed),
    ("GET", "refunds/<key>", retrieve),
    ("POST", "refunds/<key>", update),
]
