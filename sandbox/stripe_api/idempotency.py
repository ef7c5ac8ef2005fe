"""Idempotency keys by Stripe's rules."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sandbox.stripe_api.errors import StripeError
from sandbox.world import World

LONGEST_KEY = 255
KEPT_SECONDS = 24 * 60 * 60


@dataclass
class Stored:
    """An answer that was given before and is given again."""

    status: int
    body: dict[str, Any]
    request: str


def fingerprint(pairs: list[tuple[str, str]]) -> str:
    """Equal bodies are equal whatever the order of their fields."""
    return hashlib.sha256(json.dumps(sorted(pairs)).encode()).hexdigest()


class Keys:
    """Claim a key, replay its answer, or refuse it. Used keys are rows; keys in use are in memory."""

    def __init__(self, world: World) -> None:
        self.world, self.store = world, world.store

    def claim(self, key: str, endpoint: str, print_: str) -> Stored | None:
        """The stored answer, or None when the work is to be done. Refuses another body or endpoint (400),
        and a key that another request is using right now (409)."""
        if len(key) > LONGEST_KEY:
            raise StripeError(
                f"Idempotency keys can be at most {LONGEST_KEY} characters long.", type="idempotency_error"
            )
        with self.store.transaction():
            self.store.run(
                "DELETE FROM idempotency WHERE created < ?", self.world.clock.time() - KEPT_SECONDS
            )
            row = self.store.row("SELECT * FROM idempotency WHERE key = ?", key)
            if row:
                self._compare(row, key, endpoint, print_)
                return Stored(row["status"], json.loads(row["body"]), row["request"])
            if key in self.world.keys_in_use:
                raise StripeError(
                    "There is currently another in-progress request using this Idempotent Key (that probably "
                    "means you submitted twice, and the other request is still going through): "
                    f"{key}. Please try again later.",
                    code="idempotency_key_in_use",
                    status=409,
                    type="idempotency_error",
                )
            self.world.keys_in_use.add(key)
        return None

    def _compare(self, row: Any, key: str, endpoint: str, print_: str) -> None:
        other = f"Try using a key other than '{key}' if you meant to execute a different request."
        if row["endpoint"] != endpoint:
            path = row["endpoint"].split(" ")[1]
            raise StripeError(
                "Keys for idempotent requests can only be used for the same endpoint they were first "
                f"used for ('{endpoint.split(' ')[1]}' vs '{path}'). {other}",
                type="idempotency_error",
            )
        if row["fingerprint"] != print_:
            raise StripeError(
                "Keys for idempotent requests can only be used with the same parameters they were first "
                f"used with. {other}",
                type="idempotency_error",
            )

    def keep(self, key: str, endpoint: str, print_: str, answer: Stored) -> None:
        """Inside the transaction of the work itself, so that answer and work are kept together."""
        self.store.run(
            "INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?)",
            key,
            endpoint,
            print_,
            answer.status,
            json.dumps(answer.body),
            answer.request,
            self.world.clock.time(),
        )

    def let_go(self, key: str) -> None:
        self.world.keys_in_use.discard(key)
