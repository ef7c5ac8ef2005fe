"""Early fraud warnings: the bank's word that the true cardholder may know nothing of a payment."""

from __future__ import annotations

from typing import Any

from sandbox.ids import stripe_id
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid
from sandbox.stripe_api.lists import page

KIND = "radar.early_fraud_warning"
TYPES = (
    "card_never_received",
    "fraudulent_card_application",
    "made_with_counterfeit_card",
    "made_with_lost_card",
    "made_with_stolen_card",
    "misc",
    "unauthorized_use_of_card",
)


def warn(call: Call, charge: dict[str, Any], kind: str = "unauthorized_use_of_card") -> dict[str, Any]:
    """Refuses a charge that was not paid, and a second warning about one."""
    if kind not in TYPES:
        raise invalid(f"Invalid fraud type: must be one of {', '.join(TYPES)}", "fraud_type")
    if not charge["paid"] or call.store.find(KIND, charge=charge["id"]):
        raise StripeError(f"Charge {charge['id']} failed or has its warning already.", param="charge")
    body = {
        "id": stripe_id("issfr"),
        "object": KIND,
        "actionable": not charge["refunded"] and not charge["disputed"],
        "charge": charge["id"],
        "created": call.now(),
        "fraud_type": kind,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    call.add(body)
    call.emit(f"{KIND}.created", body)
    return body


def warn_by_card(call: Call, key: str) -> None:
    """A moment after a payment with the card that brings a warning. May run twice."""
    charge = call.store.get(key, "charge")
    if charge and not call.store.find(KIND, charge=key):
        warn(call, charge)


def heed(call: Call, charge: dict[str, Any]) -> None:
    """Refunded in full or disputed: there is nothing left to do about the warning."""
    for warning in call.store.find(KIND, charge=charge["id"]):
        if warning["actionable"]:
            call.save(warning | {"actionable": False})
            call.emit(f"{KIND}.updated", warning | {"actionable": False})


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return call.get(KIND, key, "early_fraud_warning", names="early fraud warning")


def listed(call: Call) -> dict[str, Any]:
    filters = {name: call.params.text(name) for name in ("charge", "payment_intent")}
    return page(call.store, KIND, "/v1/radar/early_fraud_warnings", call.params, filters)


ROUTES = [
    ("GET", "radar/early_fraud_warnings", listed),
    ("GET", "radar/early_fraud_warnings/<key>", retrieve),
]
