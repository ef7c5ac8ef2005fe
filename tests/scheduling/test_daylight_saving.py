"""Sydney jumps from 02:00 to 03:00 on 4 October 2026 and back from 03:00 to 02:00 on 4 April 2027."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bakery.scheduling import operations, queries
from bakery.scheduling.types import Need, Slot
from tests.factories.scheduling import CutoffFactory, OpeningHoursFactory, SlotPlanFactory, sydney
from tests.factories.shop import ShopFactory

GAP, FOLD = date(2026, 10, 4), date(2027, 4, 4)


def open_all_night(zone: str = "Australia/Sydney") -> None:
    ShopFactory(time_zone=zone)
    SlotPlanFactory(slot_minutes=30, max_days_ahead=400)
    for weekday in range(7):
        OpeningHoursFactory(weekday=weekday, opens=time(0), closes=time(6))
        OpeningHoursFactory(weekday=weekday, opens=time(22), closes=time(23, 59, 59))


def slots(session: Session, on: date, need: Need | None = None, now: str = "2026-10-01 12:00") -> list[Slot]:
    found = queries.availability(session, need or Need(), sydney(now), only=on)
    return list(found.calendar[0].slots)


def test_a_time_that_the_clock_jumps_over_does_not_exist(session: Session) -> None:
    open_all_night()
    times = [f"{slot.at:%H:%M}" for slot in slots(session, GAP)]
    assert times[:6] == ["00:00", "00:30", "01:00", "01:30", "03:00", "03:30"]
    starts = {slot.at: slot.starts_at for slot in slots(session, GAP)}
    assert starts[time(3)] - starts[time(1, 30)] == timedelta(minutes=30)
    assert starts[time(3)] == datetime(2026, 10, 3, 16, 0, tzinfo=UTC)


def test_a_slot_in_the_gap_cannot_be_held(session: Session) -> None:
    open_all_night()
    jumped_over = sydney("2026-10-04 02:30")
    with pytest.raises(operations.SlotGone):
        operations.hold(
            session,
            "order:1",
            jumped_over.replace(minute=10),
            Need(),
            jumped_over,
            sydney("2026-10-01 12:00"),
        )


def test_a_time_that_the_clock_shows_twice_is_one_slot_the_first(session: Session) -> None:
    open_all_night()
    found = slots(session, FOLD)
    assert [f"{slot.at:%H:%M}" for slot in found[:8]] == [
        "00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "03:00", "03:30",
    ]  # fmt: skip
    assert len({slot.starts_at for slot in found}) == len(found)
    starts = {slot.at: slot.starts_at for slot in found}
    assert starts[time(2)] == datetime(2027, 4, 3, 15, 0, tzinfo=UTC)
    # Between 02:30 (the first) and 03:00 lies the repeated hour.
    assert starts[time(3)] - starts[time(2, 30)] == timedelta(minutes=90)


def test_the_second_showing_of_an_hour_is_no_slot(session: Session) -> None:
    open_all_night()
    second = datetime(2027, 4, 4, 2, 0, fold=1, tzinfo=ZoneInfo("Australia/Sydney"))
    with pytest.raises(operations.SlotGone):
        operations.hold(
            session, "order:1", second.astimezone(UTC), Need(), second, sydney("2027-04-01 12:00")
        )


def test_lead_time_is_counted_on_the_clock_that_runs_not_on_the_one_on_the_wall(session: Session) -> None:
    open_all_night()
    need = Need(lead_time_hours=24)
    # 24 hours after 03:00 on Saturday it is 04:00 on Sunday's wall.
    assert slots(session, GAP, need, now="2026-10-03 03:00")[0].at == time(4)
    # In April it is 02:00 again, whose slot was an hour before: the next one is 03:00, 25 hours later.
    assert slots(session, FOLD, need, now="2027-04-03 03:00")[0].at == time(3)


def test_hours_to_the_last_minute_run_until_midnight(session: Session) -> None:
    open_all_night()
    assert slots(session, date(2026, 10, 3))[-1].at == time(23, 30)


def test_a_cut_off_in_the_gap_still_closes(session: Session) -> None:
    open_all_night()
    CutoffFactory(weekday=6, at=time(2, 30))
    assert slots(session, GAP, now="2026-10-04 01:59")
    assert not slots(session, GAP, now="2026-10-04 03:30")


@pytest.mark.parametrize(
    ("zone", "on", "missing"),
    [
        # Clocks that jump at midnight: the day begins at 01:00.
        ("Africa/Cairo", date(2026, 4, 24), time(0, 30)),
        ("America/Santiago", date(2026, 9, 6), time(0, 30)),
        # Half an hour only.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2)),
    ],
)
def test_other_zones_have_other_gaps(session: Session, zone: str, on: date, missing: time) -> None:
    open_all_night(zone)
    now = datetime.combine(on - timedelta(days=3), time(12), UTC)
    found = queries.availability(session, Need(), now, only=on).calendar[0].slots
    times = [slot.at for slot in found]
    assert missing not in times and time(5, 30) in times
    for slot in found:
        assert slot.starts_at.astimezone(ZoneInfo(zone)).time() == slot.at
