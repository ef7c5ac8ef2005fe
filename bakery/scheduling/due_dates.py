"""Until when something has to be done that is due so many open days before a pickup. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bakery.scheduling.rules import Rules

# A shop that opens less often than this is not open at all; its days are counted as they come.
_LOOK_BACK = timedelta(days=366)


def open_day_before(rules: Rules, on: date, days: int) -> date:
    """The date so many days before `on`, counted over days on which the shop is open; `on` itself for 0.

    A closed day does not count: the last open day before it takes its place.
    """
    day = on
    for _ in range(days):
        day = _last_open_before(rules, day)
    return day


def end_of_day(on: date, zone: str) -> datetime:
    """The last second of a date on the clocks of a zone: also of a day that daylight saving makes longer or
    shorter, and of one whose last hour comes twice.
    """
    midnight = datetime.combine(on + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC) - timedelta(seconds=1)


def start_of_day(on: date, zone: str) -> datetime:
    """The first instant of a date on the clocks of a zone."""
    return end_of_day(on - timedelta(days=1), zone) + timedelta(seconds=1)


def _last_open_before(rules: Rules, on: date) -> date:
    day = on - timedelta(days=1)
    while day > on - _LOOK_BACK:
        if rules.intervals(day):
            return day
        day -= timedelta(days=1)
    return on - timedelta(days=1)
