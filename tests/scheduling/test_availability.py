from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bakery.scheduling import queries
from bakery.scheduling.models import SlotPlan
from bakery.scheduling.types import Need, Reason, Season, parse_key
from tests.factories.scheduling import (
    CutoffFactory,
    OpeningHoursFactory,
    PickupSlotFactory,
    ScheduleExceptionFactory,
    SlotPlanFactory,
    sydney,
)
from tests.factories.shop import ShopFactory, make_open_shop

SYDNEY = ZoneInfo("Australia/Sydney")
MONDAY = date(2026, 11, 23)
LOAF = Need()
CAKE = Need(lead_time_hours=24, make_minutes=30, forced_by="Walnut Cake")


def local_times(session: Session, on: date, now: str, need: Need = LOAF) -> list[str]:
    found = queries.availability(session, need, sydney(now), only=on)
    return [f"{slot.starts_at.astimezone(SYDNEY):%H:%M}" for day in found.calendar for slot in day.slots]


def why(session: Session, on: date, now: str, need: Need = LOAF) -> Reason | None:
    return queries.availability(session, need, sydney(now), only=on).calendar[0].reason


def test_a_day_with_two_intervals_has_slots_in_both_and_none_between(session: Session) -> None:
    ShopFactory()
    SlotPlanFactory(slot_minutes=60)
    OpeningHoursFactory(weekday=0, opens=time(7), closes=time(9, 30))
    OpeningHoursFactory(weekday=0, opens=time(14), closes=time(16))
    assert local_times(session, MONDAY, "2026-11-20 12:00") == ["07:00", "08:00", "14:00", "15:00"]
    assert why(session, date(2026, 11, 24), "2026-11-20 12:00") == Reason.CLOSED


def test_overlapping_intervals_make_each_slot_once(session: Session) -> None:
    ShopFactory()
    SlotPlanFactory(slot_minutes=60)
    OpeningHoursFactory(weekday=0, opens=time(7), closes=time(10))
    OpeningHoursFactory(weekday=0, opens=time(9), closes=time(11))
    assert local_times(session, MONDAY, "2026-11-20 12:00") == ["07:00", "08:00", "09:00", "10:00"]


def test_an_exception_closes_a_date_or_gives_it_other_hours(session: Session) -> None:
    make_open_shop(session, slot_minutes=60)
    ScheduleExceptionFactory(on_date=date(2026, 11, 24), name="Staff day")
    ScheduleExceptionFactory(on_date=date(2026, 11, 25), name="Fair", opens=time(10), closes=time(12))
    ScheduleExceptionFactory(on_date=date(2026, 11, 25), name="Fair", opens=time(20), closes=time(21))
    assert local_times(session, date(2026, 11, 25), "2026-11-20 12:00") == ["10:00", "11:00", "20:00"]
    closed = queries.availability(session, LOAF, sydney("2026-11-20 12:00"), only=date(2026, 11, 24))
    assert closed.reason == "We are closed on Tuesday 24 November (Staff day)."


def test_a_yearly_exception_comes_back_and_a_row_for_the_very_date_goes_first(session: Session) -> None:
    make_open_shop(session, slot_minutes=60, max_days_ahead=800)
    ScheduleExceptionFactory(on_date=date(2020, 12, 25), yearly=True)
    ScheduleExceptionFactory(on_date=date(2027, 12, 25), name="Market", opens=time(8), closes=time(9))
    now = "2026-11-20 12:00"
    assert why(session, date(2026, 12, 25), now) == Reason.CLOSED
    assert local_times(session, date(2027, 12, 25), now) == ["08:00"]
    assert why(session, date(2028, 12, 25), now) == Reason.CLOSED


def test_a_date_that_is_closed_by_one_row_is_closed(session: Session) -> None:
    make_open_shop(session)
    ScheduleExceptionFactory(on_date=MONDAY, opens=time(8), closes=time(9))
    ScheduleExceptionFactory(on_date=MONDAY)
    assert why(session, MONDAY, "2026-11-20 12:00") == Reason.CLOSED


def test_exactly_at_the_cut_off_ordering_is_closed_and_a_second_before_it_is_open(session: Session) -> None:
    make_open_shop(session)
    assert local_times(session, MONDAY, "2026-11-23 14:59:59")[0] == "16:00"
    assert why(session, MONDAY, "2026-11-23 15:00:00") == Reason.CUT_OFF
    found = queries.availability(session, LOAF, sydney("2026-11-23 15:00"))
    assert found.earliest is not None and found.earliest.on == date(2026, 11, 24)


def test_a_cut_off_days_before_is_of_the_pickup_weekday_alone(session: Session) -> None:
    ShopFactory()
    SlotPlanFactory()
    for weekday in (0, 1):
        OpeningHoursFactory(weekday=weekday)
    CutoffFactory(weekday=0, days_before=2, at=time(12))
    assert local_times(session, MONDAY, "2026-11-21 11:59:59")
    assert why(session, MONDAY, "2026-11-21 12:00") == Reason.CUT_OFF
    assert local_times(session, date(2026, 11, 24), "2026-11-24 06:00")


def test_lead_time_counts_clock_hours_and_reaches_the_very_minute(session: Session) -> None:
    make_open_shop(session)
    assert local_times(session, MONDAY, "2026-11-22 10:00", CAKE)[0] == "10:00"
    assert local_times(session, MONDAY, "2026-11-22 10:00:01", CAKE)[0] == "10:30"
    found = queries.availability(session, CAKE, sydney("2026-11-23 08:00"), only=MONDAY)
    assert found.reason == "Walnut Cake needs 1 day's notice, so Monday 23 November is too soon."


def test_even_what_needs_no_lead_time_needs_the_least_notice(session: Session) -> None:
    make_open_shop(session, min_notice_minutes=90)
    assert local_times(session, MONDAY, "2026-11-23 07:30")[0] == "09:00"


def test_orders_are_taken_for_so_many_days_ahead_and_not_for_the_past(session: Session) -> None:
    make_open_shop(session, max_days_ahead=3)
    found = queries.availability(session, LOAF, sydney("2026-11-23 06:00"))
    assert [day.on.day for day in found.days] == [23, 24, 25, 26]
    assert why(session, date(2026, 11, 27), "2026-11-23 06:00") == Reason.TOO_FAR
    assert why(session, date(2026, 11, 22), "2026-11-23 06:00") == Reason.NOTICE


def test_a_slot_whose_orders_or_minutes_are_used_up_is_not_offered(session: Session) -> None:
    make_open_shop(session, slot_minutes=60)
    PickupSlotFactory(starts_at=sydney("2026-11-23 09:00"), booked_orders=4)
    PickupSlotFactory(starts_at=sydney("2026-11-23 10:00"), booked_orders=1, booked_minutes=100)
    PickupSlotFactory(starts_at=sydney("2026-11-23 11:00"), closed=True)
    cake = local_times(session, MONDAY, "2026-11-20 12:00", CAKE)
    loaf = local_times(session, MONDAY, "2026-11-20 12:00")
    assert not {"09:00", "10:00", "11:00"} & set(cake)
    assert "10:00" in loaf and not {"09:00", "11:00"} & set(loaf)


def test_a_larger_plan_opens_full_slots_at_once_unless_a_slot_has_its_own_size(session: Session) -> None:
    make_open_shop(session, capacity_orders=1)
    for hour, capacity in ((9, None), (10, 1)):
        PickupSlotFactory(
            starts_at=sydney(f"2026-11-23 {hour:02}:00"), booked_orders=1, capacity_orders=capacity
        )
    session.get_one(SlotPlan, 1).capacity_orders = 2
    session.commit()
    times = local_times(session, MONDAY, "2026-11-20 12:00")
    assert "09:00" in times and "10:00" not in times


def test_work_larger_than_a_slot_takes_one_in_which_nothing_is_booked_to_be_made(session: Session) -> None:
    make_open_shop(session, slot_minutes=60, capacity_minutes=60)
    PickupSlotFactory(starts_at=sydney("2026-11-23 09:00"), capacity_minutes=None, booked_minutes=1)
    PickupSlotFactory(starts_at=sydney("2026-11-23 10:00"), capacity_minutes=None, booked_orders=1)
    PickupSlotFactory(starts_at=sydney("2026-11-23 11:00"), capacity_minutes=0)
    times = local_times(session, MONDAY, "2026-11-20 12:00", Need(make_minutes=300))
    assert "09:00" not in times and "10:00" in times and "11:00" not in times and "12:00" in times


def test_a_full_day_is_like_a_closed_one(session: Session) -> None:
    make_open_shop(session, opens=time(9), closes=time(10), slot_minutes=60, capacity_orders=1)
    PickupSlotFactory(starts_at=sydney("2026-11-23 09:00"), booked_orders=1, capacity_orders=None)
    found = queries.availability(session, LOAF, sydney("2026-11-23 06:00"))
    assert found.days[0].on == date(2026, 11, 24)
    assert found.calendar[0].reason == Reason.FULL and not found.calendar[0].slots


def test_when_nothing_is_possible_the_answer_names_the_line_and_the_next_three_dates(
    session: Session,
) -> None:
    make_open_shop(session, max_days_ahead=5)
    ScheduleExceptionFactory(on_date=date(2026, 12, 1), name="Stocktake")
    need = Need(lead_time_hours=24 * 7, forced_by="Five-tier wedding cake")
    found = queries.availability(session, need, sydney("2026-11-23 12:00"))
    assert found.days == () and found.earliest is None
    assert found.reason == (
        "Five-tier wedding cake needs 7 days' notice, and we take orders until Saturday 28 November only."
    )
    assert found.next_dates == (date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 3))


def test_a_season_is_judged_by_the_day_of_pickup(session: Session) -> None:
    make_open_shop(session, max_days_ahead=20)
    need = Need(seasons=(Season("Mango pavlova", "Mango season", "11-25", "03-15"),))
    found = queries.availability(session, need, sydney("2026-11-23 06:00"))
    assert found.days[0].on == date(2026, 11, 25)
    out = queries.availability(session, need, sydney("2026-11-23 06:00"), only=MONDAY)
    assert out.reason == "Mango pavlova is out of season on Monday 23 November."


def test_a_shop_without_plan_takes_no_orders(session: Session) -> None:
    found = queries.availability(session, LOAF)
    assert found.reason == "We are not taking orders at the moment." and found.days == ()
    assert queries.earliest_for_many(session, {"a": LOAF}) == {"a": None}
    assert queries.available_on(session, {"a": LOAF}, MONDAY) == set()


def test_a_plan_so_full_that_no_day_is_left_says_so(session: Session) -> None:
    make_open_shop(session, max_days_ahead=1, capacity_orders=0)
    found = queries.availability(session, CAKE, sydney("2026-11-23 06:00"))
    assert found.reason == ("All pickup times until Tuesday 24 November are taken for an order of this size.")


@pytest.mark.parametrize("days", [3, 300])
def test_the_whole_calendar_takes_four_queries_however_long_it_is(
    session: Session, days: int, count_queries
) -> None:
    make_open_shop(session, max_days_ahead=days)
    with count_queries() as queries_made:
        queries.availability(session, CAKE)
    assert len(queries_made) <= 4
    with count_queries() as queries_made:
        queries.earliest_for_many(session, {number: Need(lead_time_hours=number) for number in range(30)})
    assert len(queries_made) <= 4


def test_the_earliest_of_many_needs_is_each_ones_own(session: Session) -> None:
    make_open_shop(session)
    now = sydney("2026-11-23 08:00")
    found = queries.earliest_for_many(session, {"loaf": LOAF, "cake": CAKE, "bun": LOAF}, now)
    assert {key: slot and slot.starts_at for key, slot in found.items()} == {
        "loaf": sydney("2026-11-23 09:00"),
        "bun": sydney("2026-11-23 09:00"),
        "cake": sydney("2026-11-24 08:00"),
    }
    assert found["cake"] == queries.earliest_pickup(session, CAKE, now)
    assert queries.available_on(session, {"loaf": LOAF, "cake": CAKE}, MONDAY, now) == {"loaf"}


def test_looking_may_stop_after_some_open_days(session: Session) -> None:
    make_open_shop(session)
    ScheduleExceptionFactory(on_date=date(2026, 11, 24))
    found = queries.availability(session, LOAF, sydney("2026-11-23 06:00"), open_days=2)
    assert [day.on.day for day in found.calendar] == [23, 24, 25]


def test_a_slot_is_named_by_its_instant_in_forms(session: Session) -> None:
    make_open_shop(session)
    slot = queries.earliest_pickup(session, LOAF, sydney("2026-11-23 08:00"))
    assert slot is not None
    assert slot.key == "2026-11-22T22:00Z" and parse_key(slot.key) == slot.starts_at
    assert slot.label.replace("\u202f", " ") == "9:00 am"
    assert parse_key("2026-11-22T22:00") is None and parse_key("x' OR 1=1") is None
