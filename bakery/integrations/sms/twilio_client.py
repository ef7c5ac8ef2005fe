"""The part of the Twilio adapter that needs its SDK. Loaded lazily by twilio_sms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests import RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from bakery.integrations.sms.port import SmsFailed

TIMEOUT = 8
# How far the clocks of Twilio and ours may disagree when a cut-short try is looked for.
SKEW = timedelta(minutes=2)
LOOK_BACK = 200
LOOPBACK = ("localhost", "127.0.0.1", "::1")
# Refusals about us, not about the message: the operator can mend them, so trying again helps.
OUR_FAULT = {401, 403, 404, 408, 409, 425, 429}
GONE_WRONG = {"failed", "undelivered", "canceled"}


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc]
    """Sends what the SDK asks to another host; nothing leaves for Twilio's own."""

    def __init__(self, base: str, timeout: int) -> None:
        super().__init__(timeout=timeout)
        self._base = urlsplit(base)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        path = urlsplit(url)
        there = urlunsplit((self._base.scheme, self._base.netloc, path.path, path.query, ""))
        return super().request(method, there, *args, **kwargs)


class TwilioClient:
    """Sends and finds messages. Raises SmsFailed."""

    def __init__(self, account: str, token: str, sender: str, base: str = "") -> None:
        http: HttpClient = _Elsewhere(base, TIMEOUT) if base else TwilioHttpClient(timeout=TIMEOUT)
        self._client = Client(account, token, http_client=http)
        self._from = sender
        self._elsewhere = bool(base)

    def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
        # Twilio refuses a message whose callback it could never reach; a shop on one's own machine has none.
        reachable = status_url and (self._elsewhere or urlsplit(status_url).hostname not in LOOPBACK)
        extra = {"status_callback": status_url} if reachable else {}
        try:
            sent = self._client.messages.create(to=to, from_=self._from, body=body, **extra)
        except (TwilioException, RequestException) as error:
            raise _failure(error) from error
        return str(sent.sid)

    def find_sent(self, to: str, body: str, since: datetime) -> str | None:
        """Newest first. Not filtered by the date sent: a message that still waits in Twilio has none."""
        try:
            for message in self._client.messages.stream(to=to, from_=self._from, limit=LOOK_BACK):
                if message.date_created and message.date_created < since - SKEW:
                    return None
                # A trial account puts words of its own before ours.
                if (message.body or "").endswith(body) and message.status not in GONE_WRONG:
                    return str(message.sid)
        except (TwilioException, RequestException) as error:
            raise _failure(error) from error
        return None


def _failure(error: Exception) -> SmsFailed:
    if isinstance(error, TwilioRestException):
        permanent = 400 <= error.status < 500 and error.status not in OUR_FAULT
        return SmsFailed(f"{error.status} code {error.code}: {error.msg}", permanent=permanent)
    return SmsFailed(f"{type(error).__name__}", permanent=False)
