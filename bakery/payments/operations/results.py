"""What became of an event."""

from __future__ import annotations

from dataclasses import dataclass

from bakery.payments.models import EventOutcome


@dataclass(frozen=True)
class Result:
    """The outcome, one line for people, and whose order it was about."""

    outcome: EventOutcome
    note: str = ""
    order_id: int | None = None


def applied(note: str = "", order_id: int | None = None) -> Result:
    return Result(EventOutcome.APPLIED, note, order_id)


def ignored(note: str, order_id: int | None = None) -> Result:
    return Result(EventOutcome.IGNORED, note, order_id)


def flagged(note: str, order_id: int | None = None) -> Result:
    """A person has to look at it: raises an alert."""
    return Result(EventOutcome.FLAGGED, note, order_id)


def waiting(note: str) -> Result:
    """It follows from an event that has not come yet; it is looked at again."""
    return Result(EventOutcome.STORED, note)
