"""How long a quote may be good for, and how long it usually is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.scheduling.queries import open_calendar

# A customer who finds the quote in the evening can still pay it.
_ENDS = time(20)
# Less than this before the cake has to be begun, staff have agreed to hurry.
_HURRY = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Latest:
    """The last instant at which a quote may be paid, and the zone to say it in."""

    at: datetime
    zone: str


def latest_expiry(session: Session, on: date, starts_at: datetime, lead_hours: int) -> Latest:
    """The cut-off of the day a cake is for, without one the moment it is collected; never after it has to be begun.

    Unless the beginning is past or all but here: then staff have agreed to hurry.
    """
    begun = starts_at - timedelta(hours=lead_hours)
    last = begun if begun > clock.now() + _HURRY else starts_at
    calendar = open_calendar(session, clock.now(), only=on)
    if calendar is None:
        return Latest(last, "UTC")
    closes_at = calendar.rules.closes_at(on)
    return Latest(min(closes_at, last) if closes_at else last, calendar.rules.time_zone)


def usual_expiry(latest: Latest, quote_days: int) -> datetime:
    """What staff are offered: in the evening after `quote_days`, and never too late."""
    zone = ZoneInfo(latest.zone)
    on = clock.now().astimezone(zone).date() + timedelta(days=quote_days)
    return min(datetime.combine(on, _ENDS, zone), latest.at)
