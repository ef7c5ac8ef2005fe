"""The day that lies so many open days before a pickup, and its last second on the shop's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.scheduling import queries
from bakery.scheduling.due_dates import end_of_day, open_day_before, start_of_day
from bakery.scheduling.rules import Exceptional, Interval, Rules
from tests.factories.scheduling import OpeningHoursFactory, ScheduleExceptionFactory, SlotPlanFactory, sydney
from tests.factories.shop import ShopFactory

ALL_DAY = (Interval(420, 1080),)
# Monday to Saturday; the 5th of December 2026 is a Saturday.
WEEK = {weekday: ALL_DAY for weekday in range(6)}
SATURDAY = date(2026, 12, 5)


def rules(hours: dict[int, tuple[Interval, ...]] | None = None, **changes: object) -> Rules:
    known: dict[str, object] = {
        "time_zone": "Australia/Sydney",
        "slot_minutes": 30,
        "capacity_orders": 4,
        "capacity_minutes": 120,
        "min_notice_minutes": 60,
        "max_days_ahead": 60,
        "custom_days_ahead": 365,
        "stations": {},
        "hours": WEEK if hours is None else hours,
        "cutoffs": {},
        "exceptions": {},
        "yearly": {},
    }
    return Rules(**(known | changes))


@pytest.mark.parametrize(
    ("on", "days", "expected"),
    [
        (SATURDAY, 0, SATURDAY),
        (SATURDAY, 3, date(2026, 12, 2)),
        # Sunday is closed: it does not count.
        (date(2026, 12, 7), 1, date(2026, 12, 5)),
        (date(2026, 12, 8), 3, date(2026, 12, 4)),
        (SATURDAY, 12, date(2026, 11, 21)),
    ],
)
def test_closed_days_do_not_count(on: date, days: int, expected: date) -> None:
    assert open_day_before(rules(), on, days) == expected


def test_holidays_do_not_count_and_a_sunday_that_is_open_does() -> None:
    closed = Exceptional("Stocktaking", ())
    opened = Exceptional("Market", ALL_DAY)
    around = rules(exceptions={date(2026, 12, 2): closed, date(2026, 11, 29): opened})
    assert open_day_before(around, SATURDAY, 3) == date(2026, 12, 1)
    assert open_day_before(around, date(2026, 11, 30), 1) == date(2026, 11, 29)
    every_year = rules(yearly={"12-02": closed})
    assert open_day_before(every_year, SATURDAY, 3) == date(2026, 12, 1)


def test_a_shop_that_is_never_open_counts_every_day() -> None:
    assert open_day_before(rules({}), SATURDAY, 3) == date(2026, 12, 2)


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.integers(1, 20), st.sets(st.integers(0, 6), min_size=1)
)
def test_it_is_an_open_day_and_as_many_open_days_lie_between(on: date, days: int, weekdays: set[int]) -> None:
    open_ = rules({weekday: ALL_DAY for weekday in weekdays})
    found = open_day_before(open_, on, days)
    assert found.weekday() in weekdays
    between = [found + timedelta(days=n) for n in range((on - found).days)]
    assert sum(day.weekday() in weekdays for day in between) == days


@pytest.mark.parametrize(
    ("zone", "on", "last"),
    [
        ("Australia/Sydney", date(2026, 12, 2), "2026-12-02T12:59:59+00:00"),
        # Clocks go forward at two, and back at three.
        ("Australia/Sydney", date(2026, 10, 4), "2026-10-04T12:59:59+00:00"),
        ("Australia/Sydney", date(2027, 4, 4), "2027-04-04T13:59:59+00:00"),
        # The first hour of the next day does not exist: that day begins at one.
        ("America/Sao_Paulo", date(2018, 11, 3), "2018-11-04T02:59:59+00:00"),
        # The last hour comes twice: at midnight it was eleven again.
        ("America/Sao_Paulo", date(2019, 2, 16), "2019-02-17T02:59:59+00:00"),
        ("Asia/Beirut", date(2026, 10, 24), "2026-10-24T21:59:59+00:00"),
    ],
)
def test_a_day_ends_with_its_last_second_on_the_shops_clock(zone: str, on: date, last: str) -> None:
    found = end_of_day(on, zone)
    assert found == datetime.fromisoformat(last)
    local = found.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (on, time(23, 59, 59))
    after = (found + timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    assert after.date() == on + timedelta(days=1)
    assert start_of_day(on + timedelta(days=1), zone) == found + timedelta(seconds=1)


@given(
    st.dates(date(2018, 1, 1), date(2028, 1, 1)),
    st.sampled_from(["America/Sao_Paulo", "Australia/Lord_Howe"]),
)
def test_every_day_follows_the_one_before_it(on: date, zone: str) -> None:
    length = end_of_day(on, zone) - end_of_day(on - timedelta(days=1), zone)
    assert timedelta(hours=23) <= length <= timedelta(hours=25)
    assert end_of_day(on, zone).tzinfo is UTC


@pytest.fixture
def shop(session: Session) -> None:
    """Open from Monday to Saturday; closed on Wednesday the 2nd of December."""
    ShopFactory()
    SlotPlanFactory()
    for weekday in range(6):
        OpeningHoursFactory(weekday=weekday)
    ScheduleExceptionFactory(on_date=date(2026, 12, 2), name="Stocktaking")


@pytest.mark.usefixtures("shop")
def test_the_shops_own_hours_and_holidays_decide(session: Session) -> None:
    pickup = sydney("2026-12-05 10:00")
    assert queries.due_before(session, pickup, 3) == end_of_day(date(2026, 12, 1), "Australia/Sydney")
    # On the day of the pickup it is due by the pickup.
    assert queries.due_before(session, pickup, 0) == pickup


@pytest.mark.usefixtures("shop")
def test_the_first_pickup_that_is_due_after_today(session: Session) -> None:
    """From Saturday the 28th, three open days before Friday the 4th is Monday the 30th; before Thursday the 3rd it is
    the 28th itself.
    """
    with clock.travel(sydney("2026-11-28 12:00")):
        assert queries.first_pickup_due_later(session, 3) == date(2026, 12, 4)
        assert queries.first_pickup_due_later(session, 0) == date(2026, 11, 30)


def test_without_rules_every_day_counts(session: Session) -> None:
    assert queries.due_before(session, sydney("2026-12-05 10:00"), 3) == sydney("2026-12-02 10:00")
    assert queries.first_pickup_due_later(session, 3) is None
