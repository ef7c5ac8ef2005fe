"""Where Stripe tells what happened: verified, stored, answered. The work is a job's."""

from __future__ import annotations

import structlog
from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from bakery.integrations.adapters import adapters
from bakery.integrations.gateway.port import BadSignature
from bakery.payments import services

log = structlog.get_logger(__name__)
blueprint = Blueprint("stripe_webhook", __name__)
# Stripe signs what it sends; it has no page of ours and no token.
blueprint.csrf_exempt = True  # type: ignore[attr-defined]

# Stripe's events are a few kilobytes; its own limit lies below this.
MAX_BODY = 256 * 1024


@blueprint.post("/webhooks/stripe")
def receive() -> ResponseReturnValue:
    """200 once the event is stored, also for one that was stored before; 400 for what Stripe did not sign."""
    request.max_content_length = MAX_BODY
    payload = request.get_data(cache=False)
    try:
        event = adapters().gateway.read_event(payload, request.headers.get("Stripe-Signature", ""))
    except BadSignature as error:
        log.warning("stripe_event_refused", reason=str(error), bytes=len(payload))
        services.report_bad_signature(str(error))
        return jsonify({"error": "This is not signed by Stripe, or too long ago."}), 400
    services.record_event(event)
    return jsonify({"received": True})
