"""The life of a dispute: opened, answered, won or lost; an inquiry closes without money or escalates."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import (
    balance_transactions,
    dispute_evidence,
    dispute_shape,
    fraud_warnings,
    refund_states,
)
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid

DAY = 24 * 60 * 60
ANSWER_WITHIN = 7 * DAY
INQUIRY_LASTS = 120 * DAY
AWAITS_ANSWER = ("needs_response", "warning_needs_response")
INQUIRY = ("warning_needs_response", "warning_under_review")
DISPUTE = ("needs_response", "under_review")
OUTCOMES = ("won", "lost", "warning_closed")
# Whether a won dispute brings its fee back (control API). Stripe in Australia keeps it.
FEE_NOTE = "dispute_fee_returned"
TIMERS = ("dispute_deadline", "inquiry_end")


def open_for(
    call: Call, charge: dict[str, Any], reason: str, amount: int | None, inquiry: bool
) -> dict[str, Any]:
    """The cardholder complained to the bank. The money and a fee go back at once, but not for an inquiry."""
    if reason not in dispute_shape.REASONS:
        raise invalid(f"Invalid reason: must be one of {', '.join(dispute_shape.REASONS)}", "reason")
    refuse_second(call, charge)
    if not inquiry:
        refund_states.fail_pending(call, charge)
        charge = call.get("charge", charge["id"])
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise StripeError(
            f"Charge {charge['id']} has gone back in full; there is nothing to dispute.", param="charge"
        )
    if amount is not None and not 0 < amount <= left:
        raise invalid(f"A dispute of this charge is about 1 to {left}.", "amount")
    dispute = dispute_shape.build(call, charge, amount or left, reason, call.now() + ANSWER_WITHIN)
    if inquiry:
        dispute |= {"status": "warning_needs_response", "is_charge_refundable": True}
        dispute["payment_method_details"]["card"]["case_type"] = "inquiry"
    call.add(dispute)
    charge["disputed"] = True
    call.save(charge)
    _set_timers(call, dispute)
    fraud_warnings.heed(call, charge)
    if not inquiry:
        _withdraw(call, dispute)
    call.emit("charge.dispute.created", dispute)
    if not inquiry:
        call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def refuse_second(call: Call, charge: dict[str, Any]) -> None:
    if not charge["paid"]:
        raise StripeError(f"Charge {charge['id']} failed; there is nothing to dispute.", param="charge")
    if any(
        each["status"] in (*DISPUTE, *INQUIRY, "lost")
        for each in call.store.find("dispute", charge=charge["id"])
    ):
        raise StripeError(f"Charge {charge['id']} has been disputed already.", param="charge")


def _set_timers(call: Call, dispute: dict[str, Any]) -> None:
    timers = call.world.scheduler
    timers.at(dispute["evidence_details"]["due_by"] + 1, "dispute_deadline", dispute["id"])
    if dispute["status"] in INQUIRY:
        timers.at(dispute["created"] + INQUIRY_LASTS, "inquiry_end", dispute["id"])


def _forget_timers(call: Call, dispute: dict[str, Any]) -> None:
    for kind in TIMERS:
        call.world.scheduler.forget(kind, dispute["id"])


def _withdraw(call: Call, dispute: dict[str, Any]) -> None:
    dispute["balance_transactions"] = [balance_transactions.for_dispute(call, dispute)]
    call.save(dispute)


def submit(call: Call, dispute: dict[str, Any]) -> None:
    """The evidence goes to the bank, which takes its time unless the words are magic."""
    dispute["evidence_details"]["submission_count"] += 1
    dispute["status"] = "warning_under_review" if dispute["status"] in INQUIRY else "under_review"
    call.world.scheduler.forget("dispute_deadline", dispute["id"])
    outcome = dispute_evidence.MAGIC.get(dispute["evidence"]["uncategorized_text"] or "")
    if outcome:
        seconds = call.world.settings.dispute_seconds
        call.world.scheduler.after(seconds, "dispute_decision", f"{dispute['id']} {outcome}")


def decide(call: Call, ref: str) -> None:
    """The bank read evidence with magic words. May run twice."""
    key, outcome = ref.split(" ")
    dispute = call.get("dispute", key)
    if dispute["status"] in INQUIRY and outcome == "escalated":
        escalate(call, dispute)
    elif dispute["status"] in INQUIRY:
        close_as(call, dispute, "warning_closed")
    elif dispute["status"] in DISPUTE and outcome != "escalated":
        close_as(call, dispute, outcome)


def close_as(call: Call, dispute: dict[str, Any], outcome: str) -> dict[str, Any]:
    """The end. Refuses an outcome that does not fit: an inquiry is neither won nor lost."""
    allowed = {"won": DISPUTE, "lost": DISPUTE, "warning_closed": INQUIRY}.get(outcome)
    if allowed is None:
        raise invalid(f"Invalid outcome: must be one of {', '.join(OUTCOMES)}", "outcome")
    if dispute["status"] not in allowed:
        raise StripeError(
            f"Dispute {dispute['id']} is {dispute['status']}; it cannot become {outcome}.", param="dispute"
        )
    _forget_timers(call, dispute)
    dispute |= {"status": outcome, "is_charge_refundable": outcome != "lost"}
    if outcome == "won":
        returned = bool(call.store.note(FEE_NOTE, False))
        dispute["balance_transactions"].append(balance_transactions.for_won_dispute(call, dispute, returned))
    call.save(dispute)
    if outcome == "won":
        call.emit("charge.dispute.funds_reinstated", dispute)
    call.emit("charge.dispute.closed", dispute)
    return dispute


def escalate(call: Call, dispute: dict[str, Any]) -> dict[str, Any]:
    """The bank was not content with the answer to its inquiry: now the money goes. Refuses any but inquiries."""
    if dispute["status"] not in INQUIRY:
        raise StripeError(
            f"Dispute {dispute['id']} is {dispute['status']}, not an open inquiry.", param="dispute"
        )
    charge = call.get("charge", dispute["charge"])
    refund_states.fail_pending(call, charge)
    charge = call.get("charge", dispute["charge"])
    _forget_timers(call, dispute)
    dispute["amount"] = min(dispute["amount"], charge["amount"] - charge["amount_refunded"])
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute["evidence_details"] |= {"due_by": call.now() + ANSWER_WITHIN, "past_due": False}
    _set_timers(call, dispute)
    _withdraw(call, dispute)
    call.emit("charge.dispute.updated", dispute)
    call.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def deadline(call: Call, key: str) -> None:
    """Nobody answered in time: a dispute is lost, an inquiry stays open a while. May run twice."""
    dispute = call.get("dispute", key)
    if dispute["status"] not in AWAITS_ANSWER or dispute["evidence_details"]["due_by"] >= call.now():
        return
    dispute["evidence_details"]["past_due"] = True
    call.save(dispute)
    if dispute["status"] == "needs_response":
        close_as(call, dispute, "lost")
    else:
        call.emit("charge.dispute.updated", dispute)


def end_inquiry(call: Call, key: str) -> None:
    """After 120 days without more from the bank an inquiry is closed."""
    dispute = call.get("dispute", key)
    if dispute["status"] in INQUIRY:
        close_as(call, dispute, "warning_closed")
