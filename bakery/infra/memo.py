"""Small facts that most pages need, remembered in the process until the database says they changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, g, has_app_context, has_request_context

from bakery.infra.changes import Changes

T = TypeVar("T")
Facts = dict[str, tuple[int, float, Any]]
# Beyond this many they are forgotten all at once: names may carry values (a need, a date).
MOST = 1000


def is_possible() -> bool:
    """Whether there is an app to remember for, and so a database to ask."""
    return has_app_context()


def remember(name: str, topic: str, seconds: int, load: Callable[[], T]) -> T:
    """What `load` answered, while nothing of `topic` has changed and not longer than `seconds`.

    Remember immutable values only, never rows of the ORM. While changes are not heard, it loads once a request.
    """
    once: dict[str, Any] = g.setdefault("facts", {}) if has_request_context() else {}
    if name not in once:
        once[name] = _recall(name, topic, seconds, load)
    return cast(T, once[name])


def _recall(name: str, topic: str, seconds: int, load: Callable[[], T]) -> T:
    extensions = current_app.extensions
    changes: Changes = extensions["changes"]
    version = changes.version(topic)
    facts: Facts = extensions.setdefault("facts", {})
    known = facts.get(name)
    if known and changes.live and known[0] == version and time.monotonic() < known[1]:
        return cast(T, known[2])
    value = load()
    if len(facts) >= MOST:
        facts.clear()
    facts[name] = (version, time.monotonic() + seconds, value)
    return value
