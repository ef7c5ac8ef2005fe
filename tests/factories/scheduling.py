"""Hours, cut-offs and slots."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from factory import LazyAttribute

from bakery.scheduling.models import (
    Cutoff,
    OpeningHours,
    PickupSlot,
    ScheduleException,
    SlotPlan,
    StationDay,
)
from tests.factories.base import Factory

SYDNEY = ZoneInfo("Australia/Sydney")


def sydney(text: str) -> datetime:
    """`sydney("2026-10-04 09:30")`: the instant at which a clock in Sydney shows this."""
    return datetime.fromisoformat(text).replace(tzinfo=SYDNEY)


class OpeningHoursFactory(Factory):
    class Meta:
        model = OpeningHours

    weekday = 0
    opens = time(7)
    closes = time(18)


class ScheduleExceptionFactory(Factory):
    """Closed all day unless given `opens` and `closes`."""

    class Meta:
        model = ScheduleException

    on_date = date(2026, 12, 25)
    name = "Christmas Day"
    opens = None
    closes = None
    yearly = False


class CutoffFactory(Factory):
    class Meta:
        model = Cutoff

    weekday = 0
    days_before = 0
    at = time(15)


class SlotPlanFactory(Factory):
    class Meta:
        model = SlotPlan

    id = 1
    slot_minutes = 30
    capacity_orders = 4
    capacity_minutes = 120
    min_notice_minutes = 60
    max_days_ahead = 60


class PickupSlotFactory(Factory):
    """A slot that exists as a row; give `starts_at` as an instant."""

    class Meta:
        model = PickupSlot

    starts_at = sydney("2030-01-07 10:00")
    on_date = LazyAttribute(lambda slot: slot.starts_at.astimezone(SYDNEY).date())
    local_time = LazyAttribute(lambda slot: slot.starts_at.astimezone(SYDNEY).time())
    capacity_orders = 4
    capacity_minutes = 120


class StationDayFactory(Factory):
    """A date of a station; give `capacity_minutes` for other minutes than the plan's."""

    class Meta:
        model = StationDay

    on_date = date(2026, 12, 4)
    station = "decorate"
    capacity_minutes = None
    booked_minutes = 0
