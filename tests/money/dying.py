"""A Stripe whose callers can be killed between its answer and their note of it."""

from __future__ import annotations

from typing import Any


class Killed(BaseException):
    """kill -9, as far as a test in one process can: nothing below catches it."""


class DyingGateway:
    """Stripe as it is; `die()` kills its next caller after Stripe has done what it was asked."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self._dies = False

    def die(self, dies: bool = True) -> None:
        self._dies = dies

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found) or name == "read_event":
            return found

        def ask(*args: Any, **options: Any) -> Any:
            answer = found(*args, **options)
            if self._dies:
                self._dies = False
                raise Killed
            return answer

        return ask
