"""When an order can be collected: one function for every page, placement and machine.

At most four queries, however many days; one while a page's process remembers the rules. One more for what takes
steps in the kitchen.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.memo import remember
from bakery.scheduling import reasons, rules
from bakery.scheduling.calendar import Booked, Calendar
from bakery.scheduling.due_dates import end_of_day, open_day_before
from bakery.scheduling.models import PickupSlot, SlotHold, SlotHoldState, StationDay, StationHold
from bakery.scheduling.rules import Interval, Rules
from bakery.scheduling.stations import StationBooked, StationLoad, Stations, in_order
from bakery.scheduling.types import Availability, Day, Need, Slot, Station, StepOn

K = TypeVar("K", bound=Hashable)

# How far beyond the horizon to look for dates to name when nothing is possible now.
_LOOK_BEYOND = timedelta(days=400)


def availability(
    session: Session,
    need: Need,
    now: datetime | None = None,
    *,
    only: date | None = None,
    open_days: int | None = None,
) -> Availability:
    """The days and slots at which `need` can be collected when ordered `now`.

    `only` looks at a single date; `open_days` stops after so many days with a free slot. Never raises for
    want of a slot: the answer says why there is none, and which dates are possible next.
    """
    calendar = open_calendar(session, now or clock.now(), only=only, stations=bool(need.steps))
    if calendar is None:
        return Availability(need, "UTC", reason="We are not taking orders at the moment.")
    if only:
        days: tuple[Day, ...] = (calendar.day(need, only),)
    else:
        days = tuple(_until(calendar.days(need), open_days))
    free = tuple(day.on for day in days if day.slots)[:3]
    zone = calendar.rules.time_zone
    if free:
        return Availability(need, zone, days, next_dates=free)
    if only:
        return Availability(need, zone, days, reasons.why_day(days[0], need))
    why = reasons.why_nothing(days, need, calendar.last_day(need))
    return Availability(need, zone, days, why, tuple(islice(_beyond(calendar, need), 3)))


def earliest_pickup(session: Session, need: Need, now: datetime | None = None) -> Slot | None:
    """The first slot that `need` can have; None when there is none within the horizon."""
    return availability(session, need, now, open_days=1).earliest


def earliest_for_many(
    session: Session, needs: Mapping[K, Need], now: datetime | None = None
) -> dict[K, Slot | None]:
    """The first slot of each need, in the queries of one."""
    steps = any(need.steps for need in needs.values())
    calendar = open_calendar(session, now or clock.now(), stations=steps)
    if calendar is None:
        return dict.fromkeys(needs)
    found: dict[Need, Slot | None] = {}
    for need in set(needs.values()):
        found[need] = next((day.slots[0] for day in calendar.days(need) if day.slots), None)
    return {key: found[need] for key, need in needs.items()}


def available_on(session: Session, needs: Mapping[K, Need], on: date, now: datetime | None = None) -> set[K]:
    """Which of the needs can be collected on a date, in the queries of one."""
    steps = any(need.steps for need in needs.values())
    calendar = open_calendar(session, now or clock.now(), only=on, stations=steps)
    if calendar is None:
        return set()
    possible = {need: bool(calendar.day(need, on).slots) for need in set(needs.values())}
    return {key for key, need in needs.items() if possible[need]}


def station_days(session: Session, first: date, last: date) -> dict[date, dict[Station, StationLoad]]:
    """What is booked and what there is, by date and station, every date from `first` to `last`: for staff.

    Empty while the shop has no slot plan. Work that is held counts, soft holds of custom cakes do not.
    """
    known = _known_rules(session)
    if known is None:
        return {}
    kitchen = Stations(known, _stations_booked(session, first, last), first)
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return {on: {station: kitchen.load(station, on) for station in Station} for on in days}


def plan_steps(session: Session, need: Need, on: date, now: datetime | None = None) -> tuple[StepOn, ...]:
    """When each step of an order would be due that is collected on a date; hurried where that is in the past."""
    known = _known_rules(session)
    if known is None or not need.steps:
        return ()
    today = (now or clock.now()).astimezone(ZoneInfo(known.time_zone)).date()
    return Stations(known, {}, today).steps(replace(need, hurried=True), on) or ()


def booked_steps(session: Session, owner: str) -> list[StepOn]:
    """The steps that `owner` holds or has paid for, in the order of work."""
    rows = session.execute(
        select(StationDay.station, StationDay.on_date, StationHold.minutes)
        .join(StationHold, StationHold.station_day_id == StationDay.id)
        .join(SlotHold, SlotHold.id == StationHold.slot_hold_id)
        .where(SlotHold.owner == owner, SlotHold.state != SlotHoldState.RELEASED)
    )
    return in_order(StepOn(Station(station), on, minutes) for station, on, minutes in rows)


def closing_minutes(session: Session, days: Iterable[date]) -> dict[date, int]:
    """The minute of each day at which the shop closes for the night; a day on which it is closed is missing."""
    known = _known_rules(session)
    ends = {on: [interval.closes for interval in known.intervals(on)] for on in days} if known else {}
    return {on: max(minutes) for on, minutes in ends.items() if minutes}


def open_calendar(
    session: Session, now: datetime, *, only: date | None = None, fresh: bool = False, stations: bool = False
) -> Calendar | None:
    """Rules and bookings as a calendar for orders placed `now`; None while the shop has no slot plan.

    Pages may use rules that were remembered until they change; `fresh` reads them again, for a promise. What
    the stations have booked is read for `stations` only: menu orders ask nothing of them.
    """
    # Wherever the shop is, its today is not before this.
    yesterday = now.astimezone(UTC).date() - timedelta(days=1)
    known = rules.load(session) if fresh else _known_rules(session)
    if known is None:
        return None
    query = select(
        PickupSlot.starts_at,
        PickupSlot.capacity_orders,
        PickupSlot.capacity_minutes,
        PickupSlot.booked_orders,
        PickupSlot.booked_minutes,
        PickupSlot.closed,
    ).where(PickupSlot.on_date == only if only else PickupSlot.on_date >= yesterday)
    booked = {row[0]: Booked(*row[1:]) for row in session.execute(query)}
    # Whoever was in time months ago still works from today on.
    today = max(now, clock.now()).astimezone(ZoneInfo(known.time_zone)).date()
    work = _stations_booked(session, yesterday, only) if stations else {}
    return Calendar(known, booked, now, Stations(known, work, today))


def due_before(session: Session, pickup_at: datetime, days: int) -> datetime:
    """The last moment of the day that lies so many open days before a pickup; never after the pickup itself.

    A shop without rules counts every day.
    """
    known = _known_rules(session)
    if known is None:
        return pickup_at - timedelta(days=days)
    on = pickup_at.astimezone(ZoneInfo(known.time_zone)).date()
    return min(end_of_day(open_day_before(known, on, days), known.time_zone), pickup_at)


def first_pickup_due_later(session: Session, days: int) -> date | None:
    """The first open day whose pickups are due, in this sense, after today: what is ordered for an earlier one is
    due at once. None within a horizon of orders from the menu.
    """
    known = _known_rules(session)
    if known is None:
        return None
    today = clock.today(known.time_zone)
    ahead = (today + timedelta(days=n) for n in range(1, known.max_days_ahead + 1))
    return next(
        (on for on in ahead if known.intervals(on) and open_day_before(known, on, days) > today), None
    )


def weekly_hours(session: Session) -> Mapping[int, tuple[Interval, ...]]:
    """When the shop is open by weekday, remembered until it changes: for pages."""
    return remember("hours", "shop", 600, lambda: rules.weekly_hours(session))


def _known_rules(session: Session) -> Rules | None:
    return remember("rules", "shop", 60, lambda: rules.load(session, weekly_hours(session)))


def _stations_booked(
    session: Session, first: date, last: date | None
) -> dict[tuple[date, Station], StationBooked]:
    query = select(
        StationDay.on_date, StationDay.station, StationDay.capacity_minutes, StationDay.booked_minutes
    ).where(StationDay.on_date >= first)
    if last:
        query = query.where(StationDay.on_date <= last)
    return {(on, Station(station)): (own, minutes) for on, station, own, minutes in session.execute(query)}


def _until(days: Iterator[Day], open_days: int | None) -> Iterator[Day]:
    found = 0
    for day in days:
        yield day
        found += bool(day.slots)
        if open_days is not None and found >= open_days:
            return


def _beyond(calendar: Calendar, need: Need) -> Iterator[date]:
    """Dates beyond the horizon that would be possible, for a sentence: they cannot be ordered yet."""
    on = last_day = calendar.last_day(need)
    while on < last_day + _LOOK_BEYOND:
        on += timedelta(days=1)
        if calendar.possible(need, on).slots:
            yield on
