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


def latest_expiry(session: Session, on: date, starts_at: datetime) -> Latest:
    """The cut-off of the day a cake is for; without one, the moment it is collected."""
    calendar = open_calendar(session, clock.now(), only=on)
    if calendar is None:
        return Latest(starts_at, "UTC")
    closes_at = calendar.rules.closes_at(on)
    return Latest(min(closes_at, starts_at) if closes_at else starts_at, calendar.rules.time_zone)


def usual_expiry(latest: Latest, quote_days: int, starts_at: datetime, lead_hours: int) -> datetime:
    """What staff are offered: in the evening after `quote_days`, before the cake has to be begun, never too late."""
    zone = ZoneInfo(latest.zone)
    on = clock.now().astimezone(zone).date() + timedelta(days=quote_days)
    usual = datetime.combine(on, _ENDS, zone)
    begun = starts_at - timedelta(hours=lead_hours)
    if begun > clock.now() + _HURRY:
        usual = min(usual, begun)
    return min(usual, latest.at)
