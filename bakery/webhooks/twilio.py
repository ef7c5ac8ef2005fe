"""What Twilio tells us: what became of an SMS, and what people answer."""

from __future__ import annotations

import structlog
from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from bakery.integrations.adapters import adapters
from bakery.messages import services
from bakery.people import consents
from bakery.people.models import ConsentChannel

blueprint = Blueprint("twilio_webhook", __name__)
# Twilio signs what it sends; it has no page of ours and no token.
blueprint.csrf_exempt = True  # type: ignore[attr-defined]
log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024
DELIVERED = {"delivered", "read"}
LOST = {"failed", "undelivered"}
STOP_WORDS = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "OPTOUT", "REVOKE"}
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


@blueprint.post("/webhooks/twilio/status")
def status() -> ResponseReturnValue:
    """204 for whatever Twilio says of a message, known or not; 400 for what it did not sign."""
    if not _signed():
        return _refuse()
    word = request.form.get("MessageStatus", "")
    message_id = request.args.get("message", type=int)
    if message_id and word in DELIVERED | LOST:
        code = request.form.get("ErrorCode", "")
        why = request.form.get("ErrorMessage") or "the network could not deliver it"
        error = f"{why} (Twilio {code})" if code else why
        known = services.record_outcome(
            message_id, request.form.get("MessageSid", ""), delivered=word in DELIVERED, error=error
        )
        if not known:
            log.info("sms_status_ignored", message=message_id, status=word)
    return "", 204


@blueprint.post("/webhooks/twilio/inbound")
def inbound() -> ResponseReturnValue:
    """A person writes to the shop's number. STOP ends marketing by SMS at once; the network confirms it."""
    if not _signed():
        return _refuse()
    text = request.form.get("Body", "").strip()
    asked = text.rstrip(".!").strip().upper() in STOP_WORDS or request.form.get("OptOutType") == "STOP"
    if asked:
        consents.withdraw(
            ConsentChannel.SMS, request.form.get("From", ""), wording=text[:200], source=consents.SMS_REPLY
        )
    log.info("sms_received", stop=asked)
    return NOTHING_TO_SAY, 200, {"Content-Type": "text/xml; charset=utf-8"}


def _signed() -> bool:
    """Twilio signs the address it was given, which is the public one, whatever a proxy calls us."""
    request.max_content_length = MAX_BODY
    url = current_app.config["SETTINGS"].base_url + request.full_path.rstrip("?")
    signature = request.headers.get("X-Twilio-Signature", "")
    return adapters().sms.signed_by_provider(url, request.form.to_dict(), signature)


def _refuse() -> ResponseReturnValue:
    services.report_bad_signature()
    return "This is not signed by Twilio.", 400
