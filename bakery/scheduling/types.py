"""The words of availability: what an order needs, and the slots and days it may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache

from bakery.infra import formats


@dataclass(frozen=True, slots=True)
class Season:
    """A product sold from one "MM-DD" to another only; `label` is its name, `name` the season's."""

    label: str
    name: str
    first: str
    last: str


class Station(StrEnum):
    """Where in the kitchen work is done, in the order in which a cake comes by."""

    BAKE = "bake"
    FILL = "fill"
    DECORATE = "decorate"


@dataclass(frozen=True, slots=True)
class StepNeed:
    """Minutes of one station, so many of the kitchen's working days before the order is collected."""

    station: Station
    days_before: int
    minutes: int


@dataclass(frozen=True, slots=True)
class StepOn:
    """A step on its date."""

    station: Station
    on: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Need:
    """What an order asks of a slot, and of the kitchen's stations on the days before.

    `make_minutes` go against the slot, `steps` against their stations. `forced_by` names the line with the
    longest lead time, for people. `far`: made for one customer, so it may be asked for further ahead than the
    menu. `hurried`: somebody agreed to short notice, so steps whose days have passed go on the first working
    day from today.
    """

    lead_time_hours: int = 0
    make_minutes: int = 0
    forced_by: str = ""
    seasons: tuple[Season, ...] = ()
    steps: tuple[StepNeed, ...] = ()
    far: bool = False
    hurried: bool = False

    @property
    def working_days(self) -> int:
        """How many working days before it is collected the first step is due."""
        return max((step.days_before for step in self.steps), default=0)


class Reason(StrEnum):
    """Why a day has no slot for an order."""

    NOT_OPEN = "not open"
    CLOSED = "closed"
    SEASON = "out of season"
    CUT_OFF = "cut-off passed"
    NOTICE = "too soon"
    FULL = "full"
    LATE = "too late to begin"
    BUSY = "no time left at a station"
    TOO_FAR = "too far ahead"


@dataclass(frozen=True, slots=True)
class Slot:
    """A pickup time that an order may still have: the instant, the shop's own date and time, and what is left."""

    starts_at: datetime
    on: date
    at: time
    minutes: int
    left_orders: int
    left_minutes: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def key(self) -> str:
        """The slot in a form or an address: its instant in UTC, `2026-11-21T03:30Z`. See `parse_key`."""
        return f"{self.starts_at:%Y-%m-%dT%H:%MZ}"

    @property
    def label(self) -> str:
        """`2:30 pm`."""
        return _time_label(self.at)


@dataclass(frozen=True, slots=True)
class Day:
    """A date with the slots an order may have; without any, `reason` says why (`detail`: a holiday, a season)."""

    on: date
    slots: tuple[Slot, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    # The first step of which the station has no time left.
    busy: StepOn | None = None

    @property
    def label(self) -> str:
        """`Sat 21 Nov`."""
        return _date_label(self.on)


@dataclass(frozen=True, slots=True)
class Availability:
    """The shop's answer: every date that was looked at, in order, and what is possible if none is free."""

    need: Need
    time_zone: str
    calendar: tuple[Day, ...] = ()
    # Why there is nothing at all, in a sentence; None when there is something.
    reason: str | None = None
    # The next three possible dates: the first free days, or where none is free those beyond the horizon.
    next_dates: tuple[date, ...] = ()

    @property
    def days(self) -> tuple[Day, ...]:
        """The days that have a free slot."""
        return tuple(day for day in self.calendar if day.slots)

    @property
    def earliest(self) -> Slot | None:
        """The first free slot."""
        return next((day.slots[0] for day in self.calendar if day.slots), None)

    def slot_at(self, starts_at: datetime) -> Slot | None:
        """The free slot that starts at this instant; None when it is taken, closed or does not exist."""
        instant = starts_at.astimezone(UTC)
        return next((slot for day in self.calendar for slot in day.slots if slot.starts_at == instant), None)

    def day(self, on: date) -> Day | None:
        """What was found for a date; None when it was not looked at."""
        return next((day for day in self.calendar if day.on == on), None)

    def dates_from(self, on: date, count: int = 3) -> tuple[date, ...]:
        """The first possible dates from a date on."""
        return tuple(day.on for day in self.calendar if day.slots and day.on >= on)[:count]


def parse_key(text: str) -> datetime | None:
    """The instant that a slot's key names; None when it is no key."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except (ValueError, TypeError):
        return None


@lru_cache(maxsize=2000)
def _time_label(at: time) -> str:
    return formats.time_shop(at)


@lru_cache(maxsize=2000)
def _date_label(on: date) -> str:
    return formats.date_shop(on)
