"""SMS by Twilio. Its SDK is imported with the first message: it is large, and web processes send none."""

from __future__ import annotations

import importlib
from datetime import datetime
from typing import cast

from twilio.request_validator import RequestValidator

from bakery.integrations.sms.port import SmsSender


class TwilioSms:
    """See port.SmsSender. `base` replaces Twilio's own address (the sandbox)."""

    def __init__(self, account: str, token: str, sender: str, base: str = "") -> None:
        self._given = (account, token, sender, base)
        self._validator = RequestValidator(token)
        self._sdk: SmsSender | None = None

    def _sender(self) -> SmsSender:
        if self._sdk is None:
            module = importlib.import_module("bakery.integrations.sms.twilio_client")
            self._sdk = cast(SmsSender, module.TwilioClient(*self._given))
        return self._sdk

    def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
        return self._sender().send(to, body, status_url=status_url)

    def find_sent(self, to: str, body: str, since: datetime) -> str | None:
        return self._sender().find_sent(to, body, since)

    def signed_by_provider(self, url: str, form: dict[str, str], signature: str) -> bool:
        return bool(signature) and bool(self._validator.validate(url, form, signature))
