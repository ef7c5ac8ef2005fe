"""Which days the kitchen works, and whether its stations have time. Decides; reads nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from bakery.scheduling.rules import Rules
from bakery.scheduling.types import Need, Station, StepOn

_DAY = timedelta(days=1)
# The shop is never closed for longer in one go.
_LONGEST_REST = 60
_ORDER = {station: place for place, station in enumerate(Station)}


class StationLoad(NamedTuple):
    """A station on a date: minutes that are booked, and minutes it has."""

    booked: int
    capacity: int

    @property
    def left(self) -> int:
        return max(self.capacity - self.booked, 0)

    def fits(self, minutes: int) -> bool:
        """Whether work may still come. Work larger than a whole day takes a day on which nothing is booked."""
        return minutes <= self.left or (self.booked == 0 and self.capacity > 0)


# What a station's row says: its own minutes (None: the plan's), and what is booked.
StationBooked = tuple[int | None, int]


def in_order(steps: Iterable[StepOn]) -> list[StepOn]:
    """By date, and on one date as the work goes: baked, filled, decorated."""
    return sorted(steps, key=lambda step: (step.on, _ORDER[step.station]))


class Stations:
    """The stations from today on. Knows what is booked as of when it was made; the rest is by plan."""

    def __init__(
        self, rules: Rules, booked: Mapping[tuple[date, Station], StationBooked], today: date
    ) -> None:
        self._rules = rules
        self._booked = booked
        self._today = today
        self._works: dict[date, bool] = {}

    def as_booked(self, booked: Mapping[tuple[date, Station], StationBooked]) -> Stations:
        """The same stations with other bookings: those of locked rows."""
        return Stations(self._rules, booked, self._today)

    def works(self, on: date) -> bool:
        """Whether the kitchen works: when the shop is open, if only for an hour."""
        if on not in self._works:
            self._works[on] = bool(self._rules.intervals(on))
        return self._works[on]

    def load(self, station: Station, on: date) -> StationLoad:
        """What is booked and what there is. A closed day has nothing, unless staff gave it minutes."""
        own, booked = self._booked.get((on, station), (None, 0))
        plan = self._rules.stations[station] if self.works(on) else 0
        return StationLoad(booked, plan if own is None else own)

    def steps(self, need: Need, on: date) -> tuple[StepOn, ...] | None:
        """The steps of an order that is collected on a date, each station and date once, in the order of work.

        None when the first would have been due before today; never so for what is hurried.
        """
        minutes: defaultdict[tuple[date, Station], int] = defaultdict(int)
        for step in need.steps:
            day = self._day_before(on, step.days_before)
            if day is None and not need.hurried:
                return None
            minutes[day or self._first(on), step.station] += step.minutes
        return tuple(in_order(StepOn(station, on, total) for (on, station), total in minutes.items()))

    def busy(self, steps: Sequence[StepOn]) -> StepOn | None:
        """The first step that its station has no time for."""
        return next((s for s in steps if not self.load(s.station, s.on).fits(s.minutes)), None)

    def _day_before(self, on: date, working_days: int) -> date | None:
        """So many working days earlier; None when that is before today."""
        day = on
        for _ in range(working_days):
            day = self._working(day - _DAY, -_DAY)
            if day < self._today:
                return None
        return day

    def _first(self, last: date) -> date:
        """The first working day from today, at the latest the day of collection."""
        return min(self._working(self._today, _DAY), last)

    def _working(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_REST):
            if self.works(day):
                return day
            day += step
        return day
