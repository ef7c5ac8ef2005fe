"""Disputes and inquiries: read, answered with evidence, accepted."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import cards, dispute_evidence, dispute_states, fraud_warnings
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.stripe_api.lists import page


def schedule(call: Call, card: cards.Card, charge: dict[str, Any]) -> None:
    """A payment with a card that brings trouble: it comes a moment later."""
    if card.dispute:
        call.world.scheduler.after(
            call.world.settings.dispute_seconds, "dispute", f"{charge['id']} {card.dispute}"
        )
    if card.fraud_warning:
        call.world.scheduler.after(call.world.settings.dispute_seconds, "fraud_warning", charge["id"])


def open_by_card(call: Call, ref: str) -> None:
    """May run twice, and late: a charge that cannot be disputed any more is left alone."""
    key, reason = ref.split(" ")
    charge = call.store.get(key, "charge")
    if charge and not charge["disputed"] and not charge["refunded"]:
        inquiry = reason == "inquiry"
        dispute_states.open_for(call, charge, "general" if inquiry else reason, None, inquiry)


def forbid_refund(call: Call, charge: dict[str, Any]) -> bool:
    """Is the money with the bank, or gone? An inquiry still lets it be refunded, and so does a won dispute."""
    if not charge["disputed"]:
        return False
    return any(not each["is_charge_refundable"] for each in call.store.find("dispute", charge=charge["id"]))


def heed_refund(call: Call, charge: dict[str, Any]) -> None:
    """All of it went back: the bank has nothing to ask about any more."""
    if not charge["refunded"]:
        return
    fraud_warnings.heed(call, charge)
    for dispute in call.store.find("dispute", charge=charge["id"]) if charge["disputed"] else ():
        if dispute["status"] in dispute_states.INQUIRY:
            dispute_states.close_as(call, dispute, "warning_closed")


def find(call: Call, key: str) -> dict[str, Any]:
    return call.get("dispute", key, "dispute")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    """Stage evidence (`submit: false`) or send it to the bank (the default). Refuses a second sending, one past
    the due date, and too much of it; metadata may always be changed."""
    dispute, params = find(call, key), call.params
    given = dispute_evidence.read(call, params)
    wanted = params.flag("submit")
    dispute["metadata"] = params.metadata(dispute["metadata"])
    params.done()
    submit = bool(given) if wanted is None else wanted
    if given or submit:
        _refuse_late(call, dispute)
        dispute["evidence"] |= given
        dispute_evidence.refuse_too_much(call, dispute["evidence"])
        dispute["evidence_details"]["has_evidence"] = dispute_evidence.given(dispute["evidence"])
    if submit:
        if not dispute["evidence_details"]["has_evidence"]:
            raise StripeError("There is no evidence to submit.", param="evidence")
        dispute_states.submit(call, dispute)
    call.save(dispute)
    call.emit("charge.dispute.updated", dispute)
    return dispute


def _refuse_late(call: Call, dispute: dict[str, Any]) -> None:
    if dispute["status"] not in dispute_states.AWAITS_ANSWER:
        raise StripeError(
            f"Evidence can no longer be changed: this dispute has a status of {dispute['status']}.",
            param="evidence",
        )
    if dispute["evidence_details"]["due_by"] < call.now():
        raise StripeError("Evidence can no longer be submitted: it is past its due date.", param="evidence")


def close(call: Call, key: str) -> dict[str, Any]:
    """The shop accepts the dispute: it is lost. Refuses an inquiry, which is settled by a refund."""
    dispute = find(call, key)
    call.params.done()
    if dispute["status"] in dispute_states.INQUIRY:
        raise StripeError("An inquiry cannot be accepted; refund the charge instead.", param="dispute")
    if dispute["status"] not in dispute_states.DISPUTE:
        raise StripeError(
            f"This dispute is already closed: its status is {dispute['status']}.", param="dispute"
        )
    return dispute_states.close_as(call, dispute, "lost")


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("charge", "payment_intent")}
    return page(call.store, "dispute", "/v1/disputes", call.params, filters)


ROUTES = [
    ("GET", "disputes", listed),
    ("GET", "disputes/<key>", retrieve),
    ("POST", "disputes/<key>", update),
    ("POST", "disputes/<key>/close", close),
]
