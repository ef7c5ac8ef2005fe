"""Signed events to the shop: delivered in the background, tried again, and spoiled on demand."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from sandbox.faults import Faults
from sandbox.scheduler import Scheduler
from sandbox.settings import Settings
from sandbox.store import Store

KEPT_BODY = 500
KEPT_ANSWER = 1_000_000


def sign(payload: str, secret: str, timestamp: int) -> str:
    """The Stripe-Signature header: `t=…,v1=…` over timestamp and body."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def post(url: str, body: bytes, headers: dict[str, str], seconds: float) -> tuple[int, str]:
    """POST to the shop: status and answer. No redirect is followed, and no proxy of the machine is asked."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an address")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=seconds)
    try:
        connection.request(
            "POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers
        )
        answer = connection.getresponse()
        return answer.status, answer.read(KEPT_ANSWER).decode("utf-8", "replace")
    finally:
        connection.close()


class Webhooks:
    """Each delivery is a row with a log of attempts. States: pending, held, dropped, delivered, failed."""

    def __init__(self, settings: Settings, store: Store, scheduler: Scheduler, faults: Faults) -> None:
        self.settings, self.store, self.scheduler, self.faults = settings, store, scheduler, faults
        scheduler.kinds["webhook"] = self.deliver

    @property
    def target(self) -> tuple[str, str]:
        """Address and secret; the control API may have changed those of the command line."""
        return (
            self.store.note("webhook_url", self.settings.webhook_url),
            self.store.note("webhook_secret", self.settings.webhook_secret),
        )

    def owe(self, event: dict[str, Any]) -> None:
        """Inside the transaction that made the event: owe its delivery, or apply the fault in force."""
        if not self.target[0]:
            return
        fault = self.faults.hit("webhooks", event["type"])
        mode = fault.mode if fault else ""
        if fault and mode == "hold":
            self._add(event["id"], "held", "held back on demand")
        elif fault and mode == "drop":
            self._add(event["id"], "dropped", "dropped on demand")
        else:
            wait = fault.seconds if fault and mode == "delay" else 0.0
            for _ in range(max(1, fault.copies) if fault and mode == "duplicate" else 1):
                self._start(self._add(event["id"], "pending", mode and f"{mode} on demand"), wait)

    def resend(self, event_id: str, times: int = 1) -> None:
        """Deliver an event once more, whatever became of it; faults do not apply."""
        with self.store.transaction():
            for _ in range(times):
                self._start(self._add(event_id, "pending", "sent again by hand"), 0.0)

    def release(self, order: str = "kept", match: str = "") -> int:
        """Let held events go: in the order they were kept, `reversed`, or `random`. Returns how many."""
        with self.store.transaction():
            held = self.store.rows("SELECT id, event FROM deliveries WHERE state = 'held' ORDER BY id")
            held = [row for row in held if not match or match in (row["event"], self._type(row["event"]))]
            if order == "reversed":
                held.reverse()
            elif order == "random":
                random.shuffle(held)
            # A little apart, so that the order asked for is the order of arrival; many are soon out too.
            apart = min(0.15, 5.0 / max(1, len(held)))
            for position, row in enumerate(held):
                self.store.run("UPDATE deliveries SET state = 'pending' WHERE id = ?", row["id"])
                self._start(row["id"], position * apart)
        return len(held)

    def _type(self, event_id: str) -> str:
        return str((self.store.get(event_id) or {}).get("type"))

    def _add(self, event_id: str, state: str, note: str) -> int:
        cursor = self.store.run(
            "INSERT INTO deliveries (event, url, state, note) VALUES (?, ?, ?, ?)",
            event_id,
            self.target[0],
            state,
            note,
        )
        return int(cursor.lastrowid or 0)

    def _start(self, delivery: int, wait: float) -> None:
        self.scheduler.after(wait, "webhook", delivery)

    def deliver(self, ref: str) -> None:
        """One attempt. Anything but a 2xx within the time limit is tried again, later and later."""
        row = self.store.row(
            "SELECT d.url, o.body FROM deliveries d JOIN objects o ON o.id = d.event "
            "WHERE d.id = ? AND d.state = 'pending'",
            ref,
        )
        if row is None:
            return
        started = time.time()
        status, answer = self._post(self.target[0] or row["url"], row["body"])
        attempt = {
            "at": started,
            "took": round(time.time() - started, 3),
            "status": status,
            "answer": answer[:KEPT_BODY],
        }
        with self.store.transaction():
            # Read again: a reset may have happened while the shop was answering.
            delivery = self.store.row("SELECT * FROM deliveries WHERE id = ?", ref)
            if delivery:
                self._note_attempt(delivery, attempt, status is not None and 200 <= status < 300)

    def _note_attempt(self, delivery: Any, attempt: dict[str, Any], done: bool) -> None:
        tries, waits = delivery["attempts"] + 1, self.settings.retry_seconds
        state = "delivered" if done else "pending" if tries <= len(waits) else "failed"
        self.store.run(
            "UPDATE deliveries SET state = ?, attempts = ?, log = ? WHERE id = ?",
            state,
            tries,
            json.dumps([*json.loads(delivery["log"]), attempt]),
            delivery["id"],
        )
        if state == "pending":
            self.scheduler.after(waits[tries - 1], "webhook", delivery["id"])
            return
        self.store.run(
            "UPDATE objects SET body = json_set(body, '$.pending_webhooks', EXISTS (SELECT 1 FROM deliveries "
            "WHERE event = objects.id AND state IN ('pending', 'held'))) WHERE id = ?",
            delivery["event"],
        )

    def _post(self, url: str, payload: str) -> tuple[int | None, str]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            # The true time, not the sandbox's: the receiver compares it with its own clock.
            "Stripe-Signature": sign(payload, self.target[1], int(time.time())),
        }
        try:
            return post(url, payload.encode(), headers, self.settings.webhook_timeout)
        except (OSError, HTTPException, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"

    def log(self, event_id: str) -> list[dict[str, Any]]:
        """The deliveries of an event, oldest first, each with its attempts."""
        return self.logs([event_id]).get(event_id, [])

    def logs(self, event_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        """The same of many events at once."""
        found: dict[str, list[dict[str, Any]]] = {}
        for start in range(0, len(event_ids), 500):
            some = event_ids[start : start + 500]
            marks = ",".join("?" * len(some))
            for row in self.store.rows(
                f"SELECT * FROM deliveries WHERE event IN ({marks}) ORDER BY id", *some
            ):
                entry = dict(row) | {"log": json.loads(row["log"])}
                found.setdefault(row["event"], []).append(entry)
        return found
