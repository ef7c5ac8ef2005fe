"""What Twilio's Messages API refuses, with its error codes."""

from __future__ import annotations

import re
from typing import Any

E164 = re.compile(r"^\+[1-9]\d{6,14}$")
URL = re.compile(r"^https?://[^\s]+$")
LONGEST = 1600


class TwilioError(Exception):
    """Becomes `{"code", "message", "more_info", "status"}`."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status

    def body(self) -> dict[str, Any]:
        info = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": info, "status": self.status}


# Twilio's published magic numbers, for its test credentials: recipient → error.
MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number {} is not a valid phone number."),
    "+15005550002": (
        21612,
        "The 'To' phone number {} is not currently reachable using the 'From' phone number via SMS.",
    ),
    "+15005550003": (
        21408,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: {}",
    ),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient {}"),
    "+15005550009": (21614, "'To' number {} is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550001": (
        21212,
        "The 'From' number {} is not a valid phone number, shortcode, or alphanumeric sender ID.",
    ),
    "+15005550007": (
        21606,
        "The From phone number {} is not a valid, SMS-capable inbound phone number for your account.",
    ),
    "+15005550008": (21611, "This 'From' number {} has exceeded the maximum number of queued messages."),
}


def check(form: dict[str, str]) -> None:
    """Refuses missing fields, magic numbers, and what is no phone number."""
    to, sender = form.get("To", "").strip(), form.get("From", "").strip()
    if not to:
        raise TwilioError(21604, "A 'To' phone number is required.")
    if not sender and not form.get("MessagingServiceSid"):
        raise TwilioError(21603, "A 'From' phone number is required.")
    _check_body(form)
    for number, magic in ((to, MAGIC_TO), (sender, MAGIC_FROM)):
        if number in magic:
            code, words = magic[number]
            raise TwilioError(code, words.format(number))
    if not E164.match(to):
        raise TwilioError(21211, f"Invalid 'To' Phone Number: {to}")
    callback = form.get("StatusCallback")
    if callback and not URL.match(callback):
        raise TwilioError(21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")


def _check_body(form: dict[str, str]) -> None:
    body = form.get("Body", "")
    if not body.strip() and not form.get("MediaUrl") and not form.get("ContentSid"):
        raise TwilioError(21602, "Message body is required.")
    if len(body) > LONGEST:
        raise TwilioError(21617, f"The concatenated message body exceeds the {LONGEST} character limit.")
