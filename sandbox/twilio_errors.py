"""Twilio's error codes, as its Messages API answers them."""

from __future__ import annotations

from typing import Any


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
