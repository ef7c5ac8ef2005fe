"""Refunds: whole or in part, never more than was paid."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api import balance_transactions, disputes, payment_methods, refund_states
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


def _check(call: Call, charge: dict[str, Any], amount: int | None) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if disputes.forbid_refund(call, charge):
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
    amount = _check(call, charge, params.integer("amount", least=1))
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
    later = _begin(call, refund)
    call.add(refund)
    refund["balance_transaction"] = balance_transactions.for_refund(call, refund)["id"]
    call.save(refund)
    charge = refund_states.count(call, charge, amount)
    if later:
        call.world.scheduler.after(call.world.settings.refund_seconds, "refund", refund["id"])
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge)
    disputes.heed_refund(call, charge)
    return refund


def _begin(call: Call, refund: dict[str, Any]) -> bool:
    """Set the first status: that of the control API, or that of the card. True: it changes by itself later."""
    told = call.store.note(refund_states.BEGIN_NOTE)
    kind = payment_methods.card_of(call, refund["payment_method"]).refund
    refund["status"] = told or ("pending" if kind == "pending" else "succeeded")
    if refund["status"] == "requires_action":
        refund["next_action"] = refund_states.next_action(call)
    return bool(kind and not told)


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


def cancel(call: Call, key: str) -> dict[str, Any]:
    """Refuses every refund that does not wait for its customer."""
    refund = call.get("refund", key)
    call.params.done()
    if refund["status"] != "requires_action":
        raise StripeError(
            f"Refund {key} cannot be canceled: it has a status of {refund['status']}, not requires_action.",
            param="refund",
        )
    return refund_states.move(call, key, "canceled")


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("charge", "payment_intent")}
    return page(call.store, "refund", "/v1/refunds", call.params, filters)


ROUTES = [
    ("POST", "refunds", create),
    ("GET", "refunds", listed),
    ("GET", "refunds/<key>", retrieve),
    ("POST", "refunds/<key>", update),
    ("POST", "refunds/<key>/cancel", cancel),
]
