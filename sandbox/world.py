"""The parts of one running sandbox, put together."""

from __future__ import annotations

import json
import time
from typing import Any

from sandbox.clock import Clock
from sandbox.faults import Faults
from sandbox.ids import stripe_id
from sandbox.scheduler import Scheduler
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.webhooks import Webhooks

API_VERSION = "2026-10-28.endive"
# What happens a moment later by itself; `settle` waits for it. Deadlines of days are not among it.
SOON = ("webhook", "sms", "sms_callback", "dispute", "dispute_decision", "fraud_warning", "refund")
DELIVERIES = ("webhook", "sms", "sms_callback")


class World:
    """Store, clock, scheduler, faults and webhooks. One for a process or one for a test."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.data)
        self.clock = Clock(self.store.note("clock_offset", 0.0))
        self.faults = Faults(self.store, self.clock)
        self.scheduler = Scheduler(self.store, self.clock, settings.dispatch_threads)
        self.webhooks = Webhooks(settings, self.store, self.scheduler, self.faults)
        self.keys_in_use: set[str] = set()  # idempotency keys of requests being worked on

    @property
    def base_url(self) -> str:
        return self.settings.base_url.rstrip("/")

    def now(self) -> int:
        return self.clock.now()

    def move_clock(self, offset: float) -> None:
        """Go ahead, and do everything that came due meanwhile. Deliveries go on in the background."""
        self.clock.move_to(offset)
        self.store.set_note("clock_offset", offset)
        self.scheduler.catch_up(DELIVERIES)

    def emit(
        self, kind: str, body: dict[str, Any], request: tuple[str | None, str | None] = (None, None)
    ) -> dict[str, Any]:
        """Make an event about an object as it is now, and owe its delivery."""
        event = {
            "id": stripe_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now(),
            "data": {"object": json.loads(json.dumps(body))},
            "livemode": False,
            "pending_webhooks": 1 if self.webhooks.target[0] else 0,
            "request": {"id": request[0], "idempotency_key": request[1]},
            "type": kind,
        }
        self.store.add(event, "event", self.now())
        self.webhooks.owe(event)
        return event

    def settle(self, seconds: float = 10.0, within: float = 1.5) -> bool:
        """Wait until nothing is being delivered or due in the next moments. False: not in time."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.scheduler.wait_done(lambda: self.scheduler.idle(SOON, within), min(left, 0.05)):
                return True
        return False

    def reset(self) -> None:
        """Forget everything but the settings given at the start (and the webhook address in force)."""
        target = self.webhooks.target
        for _ in range(2):  # once to stop what is owed, once for what was being done meanwhile
            self.store.clear()
            self.faults.forget()
            self.scheduler.wait_running()
        self.clock.offset = 0.0
        self.store.set_note("webhook_url", target[0])
        self.store.set_note("webhook_secret", target[1])

    def close(self) -> None:
        self.scheduler.stop()
        self.store.close()
