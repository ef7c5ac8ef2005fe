"""One API request, as the resources see it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.store import Store
from sandbox.stripe_api.errors import StripeError, missing
from sandbox.stripe_api.params import Params
from sandbox.world import World


class AnswerThenRaise(StripeError):
    """An error whose changes are kept: a declined charge exists, although the request answers 402."""


@dataclass
class Call:
    """The world, the parameters, and who asks. Resources answer with plain objects."""

    world: World
    params: Params
    request_id: str | None = None
    idempotency_key: str | None = None
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # parameter → name and content

    @classmethod
    def inside(cls, world: World) -> Call:
        """For work that no API request asked for: the hosted page, a timer, a button."""
        return cls(world, Params({}))

    @property
    def store(self) -> Store:
        return self.world.store

    def now(self) -> int:
        return self.world.now()

    def add(self, body: dict[str, Any], **private: Any) -> dict[str, Any]:
        return self.store.add(body, body["object"], body["created"], private)

    def save(self, body: dict[str, Any]) -> dict[str, Any]:
        return self.store.save(body)

    def emit(self, kind: str, body: dict[str, Any]) -> None:
        self.world.emit(kind, body, (self.request_id, self.idempotency_key))

    def get(self, kind: str, key: str, param: str = "id", *, names: str | None = None) -> dict[str, Any]:
        """Refuses an unknown id in Stripe's words (`resource_missing`)."""
        found = self.store.get(key, kind)
        if found is None:
            raise missing(names or kind, key, param)
        return found


def copy(body: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(body))
    return made
