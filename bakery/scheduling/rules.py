"""The shop's rules about time, read in three queries, and the slots they make of a date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from bakery.scheduling.models import Cutoff, OpeningHours, ScheduleException, SlotPlan
from bakery.scheduling.types import Slot, Station
from bakery.shop.models import Shop

# Hours that end within the day's last minute run until midnight: 23:59 is as late as a form can say.
_LAST_MINUTE = 23 * 60 + 59


@dataclass(frozen=True, slots=True)
class Interval:
    """Open from one minute of the day to another."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A date's other hours; none means closed."""

    name: str
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything about time that the shop has decided. Immutable, so that it may be remembered."""

    time_zone: str
    slot_minutes: int
    capacity_orders: int
    capacity_minutes: int
    min_notice_minutes: int
    max_days_ahead: int
    custom_days_ahead: int
    # What each station gets done on a day the shop is open.
    stations: Mapping[Station, int]
    hours: Mapping[int, tuple[Interval, ...]]
    # Monday is 0: (days before, local time).
    cutoffs: Mapping[int, tuple[int, time]]
    exceptions: Mapping[date, Exceptional]
    # By "MM-DD"; a row for the very date goes first.
    yearly: Mapping[str, Exceptional]
    # A date's slots as long as nothing is booked: cut once, for as long as the rules are remembered.
    _slots: dict[date, tuple[Slot, ...]] = field(default_factory=dict, repr=False, compare=False)

    def exception(self, on: date) -> Exceptional | None:
        """What is different about a date."""
        return self.exceptions.get(on) or self.yearly.get(f"{on:%m-%d}")

    def intervals(self, on: date) -> tuple[Interval, ...]:
        """When the shop is open on a date, by the clock on its wall."""
        exception = self.exception(on)
        return exception.intervals if exception else self.hours.get(on.weekday(), ())

    def slots(self, on: date) -> tuple[Slot, ...]:
        """A date's slots with the plan's whole capacity."""
        if on not in self._slots:
            self._slots[on] = tuple(
                Slot(starts_at, on, at, self.slot_minutes, self.capacity_orders, self.capacity_minutes)
                for starts_at, at in self.starts(on)
            )
        return self._slots[on]

    def starts(self, on: date) -> list[tuple[datetime, time]]:
        """A date's slots as (instant, local time). Each fits into an interval as a whole.

        A local time that the clock jumps over does not exist; one that it shows twice is one slot, the first.
        """
        midnight = datetime.combine(on, time())
        minutes = sorted({minute for interval in self.intervals(on) for minute in self._cut(interval)})
        zone = ZoneInfo(self.time_zone)
        offset = midnight.replace(tzinfo=zone).utcoffset()
        if offset == (midnight + timedelta(days=1)).replace(tzinfo=zone).utcoffset() and offset is not None:
            first = (midnight - offset).replace(tzinfo=UTC)
            return [(first + timedelta(minutes=m), time(*divmod(m, 60))) for m in minutes]
        return list(_existing(midnight, minutes, zone))

    def closes_at(self, on: date) -> datetime | None:
        """The instant from which no more orders are taken for a date; None without a cut-off."""
        cutoff = self.cutoffs.get(on.weekday())
        if cutoff is None:
            return None
        days_before, at = cutoff
        local = datetime.combine(on - timedelta(days=days_before), at, ZoneInfo(self.time_zone))
        return local.astimezone(UTC)

    def _cut(self, interval: Interval) -> range:
        return range(interval.opens, interval.closes - self.slot_minutes + 1, self.slot_minutes)


def load(session: Session, hours: Mapping[int, tuple[Interval, ...]] | None = None) -> Rules | None:
    """The rules as they stand; None while the shop has no profile or slot plan. Three queries, two with `hours`."""
    rows = session.execute(
        select(Shop.time_zone, SlotPlan, Cutoff)
        .select_from(Shop)
        .join(SlotPlan, true())
        .outerjoin(Cutoff, true())
    ).all()
    if not rows:
        return None
    time_zone, plan, _ = rows[0]
    cutoffs = {row.Cutoff.weekday: (row.Cutoff.days_before, row.Cutoff.at) for row in rows if row.Cutoff}
    dated, yearly = _exceptions(session)
    return Rules(
        time_zone=time_zone,
        slot_minutes=plan.slot_minutes,
        capacity_orders=plan.capacity_orders,
        capacity_minutes=plan.capacity_minutes,
        min_notice_minutes=plan.min_notice_minutes,
        max_days_ahead=plan.max_days_ahead,
        custom_days_ahead=plan.custom_days_ahead,
        stations={station: getattr(plan, f"{station}_minutes") for station in Station},
        hours=weekly_hours(session) if hours is None else hours,
        cutoffs=cutoffs,
        exceptions=dated,
        yearly=yearly,
    )


def _existing(midnight: datetime, minutes: list[int], zone: ZoneInfo) -> Iterator[tuple[datetime, time]]:
    for minute in minutes:
        local = midnight + timedelta(minutes=minute)
        instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            yield instant, local.time()


def _interval(opens: time, closes: time) -> Interval:
    end = closes.hour * 60 + closes.minute
    start = opens.hour * 60 + opens.minute
    return Interval(start, 24 * 60 if end == _LAST_MINUTE else end)


def weekly_hours(session: Session) -> dict[int, tuple[Interval, ...]]:
    """When the shop is open by weekday (Monday is 0); a day that is missing is closed."""
    hours: dict[int, tuple[Interval, ...]] = {}
    for row in session.scalars(select(OpeningHours).order_by(OpeningHours.weekday, OpeningHours.opens)):
        hours[row.weekday] = (*hours.get(row.weekday, ()), _interval(row.opens, row.closes))
    return hours


def _exceptions(session: Session) -> tuple[dict[date, Exceptional], dict[str, Exceptional]]:
    """By date, and by day of the year."""
    query = select(ScheduleException).order_by(ScheduleException.opens)
    dated: dict[date, list[ScheduleException]] = {}
    yearly: dict[str, list[ScheduleException]] = {}
    for row in session.scalars(query):
        if row.yearly:
            yearly.setdefault(f"{row.on_date:%m-%d}", []).append(row)
        else:
            dated.setdefault(row.on_date, []).append(row)
    return (
        {on: _exceptional(rows) for on, rows in dated.items()},
        {day: _exceptional(rows) for day, rows in yearly.items()},
    )


def _exceptional(rows: list[ScheduleException]) -> Exceptional:
    """One row that closes the day closes it, whatever the others open."""
    intervals = [_interval(row.opens, row.closes) for row in rows if row.opens and row.closes]
    closed = len(intervals) < len(rows)
    return Exceptional(rows[0].name, () if closed else tuple(intervals))
