"""The steps of what is made for one customer, as an order's line keeps them, and what they ask of the kitchen again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bakery.scheduling.types import Need, Station, StepNeed


def write_steps(
    steps: Iterable[StepNeed], words: Mapping[Station, Sequence[str]] | None = None
) -> list[dict[str, Any]]:
    """Plain values for a JSON column; `words` is what each station has to do, a line for each thing."""
    return [
        {
            "station": step.station.value,
            "days_before": step.days_before,
            "minutes": step.minutes,
            "words": list((words or {}).get(step.station, ())),
        }
        for step in steps
    ]


def read_words(stored: Sequence[Mapping[str, Any]], station: str) -> tuple[str, ...]:
    """What a station has to do; nothing where nobody wrote it down."""
    return next((tuple(step.get("words", ())) for step in stored if step["station"] == station), ())


def read_steps(stored: Sequence[dict[str, Any]]) -> tuple[StepNeed, ...]:
    """What `write_steps` wrote. Refuses (ValueError) a station that there is not."""
    return tuple(
        StepNeed(Station(step["station"]), int(step["days_before"]), int(step["minutes"])) for step in stored
    )


def agreed_need(make_minutes: int, steps: Iterable[StepNeed]) -> Need:
    """What an order asks that somebody has agreed to: its notice was judged, so it may be hurried."""
    found = tuple(steps)
    return Need(make_minutes=make_minutes, steps=found, far=bool(found), hurried=bool(found))
