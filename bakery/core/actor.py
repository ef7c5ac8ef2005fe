"""Who did something: a person, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer as histories name them: `id` of a user (None for a guest or the system), label, address."""

    id: int | None
    label: str
    ip: str | None = None


SYSTEM = Actor(None, "system")
