"""The control API for money that moves without the shop: refunds, disputes, warnings, the bank's decisions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify

from sandbox.control_api import given, stripe_refused
from sandbox.stripe_api import dispute_states, fraud_warnings, refund_states, refunds
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid, missing
from sandbox.stripe_api.params import Params
from sandbox.world import World

blueprint = Blueprint("control_money", __name__, url_prefix="/_control")
blueprint.register_error_handler(StripeError, stripe_refused)


def _call(**params: Any) -> Call:
    world: World = current_app.extensions["world"]
    return Call(world, Params({name: str(value) for name, value in params.items() if value is not None}))


def charge_of(call: Call, key: str) -> dict[str, Any]:
    """The paid charge behind the id of a charge, a payment intent or a checkout session."""
    found = call.store.get(key) or {}
    if found.get("object") == "checkout.session":
        found = call.store.get(found["payment_intent"] or "") or {}
    if found.get("object") == "payment_intent":
        found = call.store.get(found["latest_charge"] or "") or {}
    if found.get("object") != "charge":
        raise missing("charge", key, "payment")
    return found


@blueprint.post("/refunds")
def dashboard_refund() -> Response:
    """A refund that nobody asked for through the API: `payment`, `amount` (all of it without), `reason`."""
    asked = given()
    with _call().store.transaction():
        charge = charge_of(_call(), str(asked.get("payment")))
        call = _call(charge=charge["id"], amount=asked.get("amount"), reason=asked.get("reason"))
        return jsonify(refunds.create(call))


@blueprint.post("/refunds/<key>")
def settle_refund(key: str) -> Response:
    call, asked = _call(), given()
    with call.store.transaction():
        return jsonify(refund_states.move(call, key, str(asked.get("status")), asked.get("reason")))


@blueprint.post("/refunds_begin")
def refunds_begin() -> Response:
    """How refunds begin from now on; `status` null: as the card would have it."""
    status = given().get("status")
    if status not in (None, "pending", "requires_action", "succeeded"):
        raise invalid("Refunds begin pending, requires_action or succeeded.", "status")
    _call().store.set_note(refund_states.BEGIN_NOTE, status)
    return jsonify({"status": status})


@blueprint.post("/disputes")
def open_dispute() -> Response:
    call, asked = _call(), given()
    with call.store.transaction():
        charge = charge_of(call, str(asked.get("payment")))
        reason, inquiry = str(asked.get("reason", "fraudulent")), bool(asked.get("inquiry"))
        amount = _call(amount=asked.get("amount")).params.integer("amount", least=1)
        return jsonify(dispute_states.open_for(call, charge, reason, amount, inquiry))


@blueprint.post("/disputes/<key>/close")
def close_dispute(key: str) -> Response:
    call, asked = _call(), given()
    with call.store.transaction():
        return jsonify(dispute_states.close_as(call, call.get("dispute", key), str(asked.get("outcome"))))


@blueprint.post("/disputes/<key>/escalate")
def escalate(key: str) -> Response:
    call = _call()
    with call.store.transaction():
        return jsonify(dispute_states.escalate(call, call.get("dispute", key)))


@blueprint.post("/dispute_fee")
def dispute_fee() -> Response:
    """Whether a won dispute brings its fee back from now on."""
    returned = bool(given().get("returned"))
    _call().store.set_note(dispute_states.FEE_NOTE, returned)
    return jsonify({"returned": returned})


@blueprint.post("/fraud_warnings")
def fraud_warning() -> Response:
    call, asked = _call(), given()
    with call.store.transaction():
        charge = charge_of(call, str(asked.get("payment")))
        kind = str(asked.get("fraud_type") or "unauthorized_use_of_card")
        return jsonify(fraud_warnings.warn(call, charge, kind))
