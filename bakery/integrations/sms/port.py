"""What the shop asks of an SMS service."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class SmsFailed(Exception):
    """Not sent. `permanent` says that trying again will not help (a wrong number, opted out)."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class SmsSender(Protocol):
    def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
        """Send and answer the provider's id. Raises SmsFailed."""
        ...

    def find_sent(self, to: str, body: str, since: datetime) -> str | None:
        """The id of a message with exactly this text that got out since then, for a try that was cut short."""
        ...

    def signed_by_provider(self, url: str, form: dict[str, str], signature: str) -> bool:
        """Whether a callback really came from the provider."""
        ...
