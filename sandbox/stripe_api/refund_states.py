"""What becomes of a refund after it was made: it arrives, fails, waits for the customer, or is called back."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import balance_transactions
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid

# From each status, the ones that may follow. Failed and canceled are the end.
FOLLOWS = {
    "pending": ("succeeded", "failed", "requires_action", "canceled"),
    "requires_action": ("succeeded", "failed", "pending", "canceled"),
    "succeeded": ("failed",),
}
STATUSES = ("pending", "requires_action", "succeeded", "failed", "canceled")
FAILURES = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)
# How every refund begins until further notice, instead of as its card would have it (control API).
BEGIN_NOTE = "refunds_begin"


def move(call: Call, key: str, status: str, reason: str | None = None) -> dict[str, Any]:
    """Take a refund to another status. Refuses a step that no refund can make."""
    refund = call.get("refund", key)
    if status not in STATUSES:
        raise invalid(f"Invalid status: must be one of {', '.join(STATUSES)}", "status")
    if reason and (status not in ("failed", "canceled") or reason not in FAILURES):
        raise invalid(f"Invalid reason: a refund that came back has one of {', '.join(FAILURES)}", "reason")
    if status not in FOLLOWS.get(refund["status"], ()):
        raise StripeError(f"Refund {key} is {refund['status']}; it cannot become {status}.", param="status")
    call.world.scheduler.forget("refund", key)
    if status in ("failed", "canceled"):
        return _give_back(call, refund, status, reason)
    refund["status"] = status
    refund.pop("next_action", None)
    if status == "requires_action":
        refund["next_action"] = next_action(call)
    call.save(refund)
    call.emit("refund.updated", refund)
    return refund


def next_action(call: Call) -> dict[str, Any]:
    """Stripe has written to the customer, who must say where the money goes."""
    sent = {"email_sent_at": call.now(), "email_sent_to": "customer@saffron.test"}
    details = {"email_sent": sent, "expires_at": call.now() + 45 * balance_transactions.DAY}
    return {"type": "display_details", "display_details": details}


def _give_back(call: Call, refund: dict[str, Any], status: str, reason: str | None) -> dict[str, Any]:
    money = balance_transactions.for_failed_refund(call, refund)
    why = reason or {"canceled": "merchant_request", "failed": "expired_or_canceled_card"}[status]
    refund |= {"status": status, "failure_reason": why, "failure_balance_transaction": money["id"]}
    refund.pop("next_action", None)
    call.save(refund)
    count(call, call.get("charge", refund["charge"]), -refund["amount"])
    call.emit("refund.updated", refund)
    if status == "failed":
        call.emit("refund.failed", refund)
    return refund


def count(call: Call, charge: dict[str, Any], amount: int) -> dict[str, Any]:
    """So much more (or less) of a charge has gone back."""
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    return call.save(charge)


def settle(call: Call, key: str) -> None:
    """A while later the customer's bank has taken the money, or sends it back. May run twice."""
    refund = call.store.get(key, "refund")
    if refund and refund["status"] in ("pending", "succeeded"):
        move(call, key, "succeeded" if refund["status"] == "pending" else "failed")


def fail_pending(call: Call, charge: dict[str, Any]) -> None:
    """The cardholder asks the bank for the same money: what has not arrived yet does not go out twice."""
    for refund in call.store.find("refund", charge=charge["id"]):
        if refund["status"] in ("pending", "requires_action"):
            move(call, refund["id"], "failed", "charge_for_pending_refund_disputed")
