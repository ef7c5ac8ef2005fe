"""The sandbox's own time. It can be moved ahead, so that a test need not wait for an expiry."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import format_datetime

LONGEST = 10 * 366 * 24 * 60 * 60


class Backwards(ValueError):
    """Time does not run backwards: what was made later would lie in the future."""


class Clock:
    """Wall time plus an offset in seconds."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset

    def time(self) -> float:
        return time.time() + self.offset

    def now(self) -> int:
        """Whole seconds, as Stripe counts."""
        return int(self.time())

    def move_to(self, offset: float) -> None:
        """Ahead of the true time by so many seconds. Refuses to go back, and more than ten years."""
        if offset < self.offset:
            raise Backwards(
                f"The clock is at {readable(self.time())} and goes ahead only; reset puts it right."
            )
        if not offset <= LONGEST:
            raise Backwards("The clock goes ahead by ten years at the most.")
        self.offset = offset


def rfc2822(seconds: float) -> str:
    """The date format of Twilio's answers: `Thu, 24 Aug 2023 05:01:45 +0000`."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC))


def duration(seconds: float) -> str:
    """`29 minutes`, `23 hours`, `7 days`: for how long something goes on."""
    minutes = max(0, round(seconds / 60))
    if minutes < 120:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def readable(seconds: float) -> str:
    """The date format of the sandbox's pages, always UTC and saying so."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %Y, %H:%M:%S UTC")
