"""An SMS service that remembers, and fails when told to."""

from __future__ import annotations

from datetime import datetime

from bakery.core import clock
from bakery.integrations.sms.port import SmsFailed


class FakeSms:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, datetime]] = []  # to, body, id, at
        self.failing: SmsFailed | None = None

    def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
        if self.failing:
            raise self.failing
        sid = f"SM{len(self.sent):032d}"
        self.sent.append((to, body, sid, clock.now()))
        return sid

    def find_sent(self, to: str, body: str, since: datetime) -> str | None:
        return next((sid for t, b, sid, at in self.sent if (t, b) == (to, body) and at >= since), None)

    def signed_by_provider(self, url: str, form: dict[str, str], signature: str) -> bool:
        return signature == "genuine"
