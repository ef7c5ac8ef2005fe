"""Why units cannot be promised."""

from __future__ import annotations

from collections.abc import Mapping

from bakery.core.errors import Conflict


class OutOfStock(Conflict):
    """Not enough is left. `short` names every short variant at once, with what is left of it."""

    def __init__(self, message: str, short: Mapping[int, int]) -> None:
        super().__init__(message)
        self.short = dict(short)
