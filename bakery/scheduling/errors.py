"""Why a pickup time cannot be had."""

from __future__ import annotations

from datetime import datetime

from bakery.core.errors import Conflict


class SlotGone(Conflict):
    """The pickup time is taken, closed, too soon, or does not exist. Ask `availability` for others."""

    def __init__(self, message: str, starts_at: datetime) -> None:
        super().__init__(message, field="slot")
        self.starts_at = starts_at


class StationFull(SlotGone):
    """The pickup time is free, but somebody in the kitchen has no time left on a day before it."""
