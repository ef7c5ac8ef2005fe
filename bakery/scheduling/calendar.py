"""Which slots an order may have on which day. The one place that decides; it reads nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bakery.catalog.season import in_season
from bakery.scheduling.rules import Rules
from bakery.scheduling.stations import Stations
from bakery.scheduling.types import Day, Need, Reason, Slot


class Booked(NamedTuple):
    """What a slot's row says: its own capacity (None: the plan's), what is taken, whether staff closed it."""

    capacity_orders: int | None
    capacity_minutes: int | None
    orders: int
    minutes: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Room:
    """What is left of a slot."""

    orders: int
    minutes: int
    # No work is booked yet. An order with more work than a whole slot may take a slot only so.
    untouched: bool

    def fits(self, need: Need) -> bool:
        """Whether an order may still have the slot.

        Work larger than a slot's whole capacity takes a slot in which nothing is booked to be made, and fills
        it: otherwise a wedding cake could never be ordered. Where there is no capacity to make anything,
        nothing that takes work fits.
        """
        if self.orders < 1:
            return False
        return need.make_minutes <= max(self.minutes, 0) or (self.untouched and self.minutes > 0)


def room(rules: Rules, booked: Booked) -> Room:
    """What is left of a slot, by its row and the plan."""
    if booked.closed:
        return Room(0, 0, False)
    orders = rules.capacity_orders if booked.capacity_orders is None else booked.capacity_orders
    minutes = rules.capacity_minutes if booked.capacity_minutes is None else booked.capacity_minutes
    return Room(orders - booked.orders, minutes - booked.minutes, booked.minutes == 0)


class Calendar:
    """The days from today on, for orders placed `now`. One calendar answers for many needs."""

    def __init__(
        self, rules: Rules, booked: Mapping[datetime, Booked], now: datetime, stations: Stations
    ) -> None:
        self.rules = rules
        self.stations = stations
        self.now = now.astimezone(UTC)  # hours are counted on the clock that runs, not on the one on the wall
        self.today = now.astimezone(ZoneInfo(rules.time_zone)).date()
        self._booked = booked
        self._whole = room(rules, Booked(None, None, 0, 0, False))
        self._rooms: dict[date, list[tuple[Slot, Room]]] = {}

    def last_day(self, need: Need) -> date:
        """The last day that such orders are taken for."""
        ahead = self.rules.custom_days_ahead if need.far else self.rules.max_days_ahead
        return self.today + timedelta(days=ahead)

    def days(self, need: Need) -> Iterator[Day]:
        """Every day on which orders are taken, with the slots this order may have."""
        for ahead in range((self.last_day(need) - self.today).days + 1):
            yield self.day(need, self.today + timedelta(days=ahead))

    def day(self, need: Need, on: date) -> Day:
        """One date: the slots this order may have, or why there is none."""
        if not self.today <= on <= self.last_day(need):
            return Day(on, reason=Reason.TOO_FAR if on > self.today else Reason.NOTICE)
        return self.possible(need, on)

    def possible(self, need: Need, on: date) -> Day:
        """One date as if orders were already taken for it."""
        refusal = self._refusal(need, on)
        if refusal:
            return refusal
        earliest = self.earliest_start(need)
        later = [(slot, left) for slot, left in self._rooms_on(on) if slot.starts_at >= earliest]
        if not later:
            return Day(on, reason=Reason.NOTICE)
        free = tuple(slot for slot, left in later if left.fits(need))
        if not free:
            return Day(on, reason=Reason.FULL)
        return self._refusal_of_stations(need, on) or Day(on, free)

    def earliest_start(self, need: Need) -> datetime:
        """The first instant at which the order can be ready: lead time in clock hours, and the least notice."""
        return self.now + max(
            timedelta(hours=need.lead_time_hours), timedelta(minutes=self.rules.min_notice_minutes)
        )

    def _refusal(self, need: Need, on: date) -> Day | None:
        if not self._rooms_on(on):
            exception = self.rules.exception(on)
            return Day(on, reason=Reason.CLOSED, detail=exception.name if exception else "")
        for season in need.seasons:
            if not in_season(on, season.first, season.last):
                return Day(on, reason=Reason.SEASON, detail=season.label)
        closes_at = self.rules.closes_at(on)
        if closes_at and self.now >= closes_at:
            return Day(on, reason=Reason.CUT_OFF)
        return None

    def _refusal_of_stations(self, need: Need, on: date) -> Day | None:
        if not need.steps:
            return None
        steps = self.stations.steps(need, on)
        if steps is None:
            return Day(on, reason=Reason.LATE)
        busy = self.stations.busy(steps)
        return Day(on, reason=Reason.BUSY, busy=busy) if busy else None

    def _rooms_on(self, on: date) -> list[tuple[Slot, Room]]:
        if on not in self._rooms:
            self._rooms[on] = [self._room(slot) for slot in self.rules.slots(on)]
        return self._rooms[on]

    def _room(self, slot: Slot) -> tuple[Slot, Room]:
        booked = self._booked.get(slot.starts_at)
        if booked is None:
            return slot, self._whole
        left = room(self.rules, booked)
        orders, minutes = max(left.orders, 0), max(left.minutes, 0)
        return replace(slot, left_orders=orders, left_minutes=minutes), left
