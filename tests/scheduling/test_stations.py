"""Minutes of the kitchen's stations: on which days, held and freed with the slot, and what is said when full."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.scheduling import operations as scheduling
from bakery.scheduling import queries
from bakery.scheduling.models import PickupSlot, SlotHold, SlotPlan, StationDay, StationHold
from bakery.scheduling.operations import SlotGone, StationFull
from bakery.scheduling.steps import agreed_need, read_steps, write_steps
from bakery.scheduling.types import Need, Reason, Station, StepNeed, StepOn
from tests.factories.scheduling import ScheduleExceptionFactory, StationDayFactory, sydney
from tests.factories.shop import make_open_shop
from tests.queries import Counter

BAKE, FILL, DECORATE = Station
NOW = sydney("2026-11-30 09:00")  # a Monday
SATURDAY = date(2026, 12, 5)
AT = sydney("2026-12-05 10:00")
STEPS = (StepNeed(BAKE, 3, 60), StepNeed(FILL, 2, 50), StepNeed(DECORATE, 1, 120))
CAKE = Need(48, 15, "A cake like this", steps=STEPS, far=True)
WED, THU, FRI = date(2026, 12, 2), date(2026, 12, 3), date(2026, 12, 4)


@pytest.fixture(autouse=True)
def travelled() -> Any:
    with clock.travel(NOW):
        yield


def hold(owner: str, need: Need = CAKE, at: datetime = AT, now: datetime | None = None) -> None:
    with transaction() as session:
        scheduling.hold(session, owner, at, need, clock.now() + timedelta(days=1), now)


def end(how: str, owner: str) -> bool:
    with transaction() as session:
        return getattr(scheduling, how)(session, owner)


def booked(session: Session) -> dict[tuple[date, str], int]:
    session.rollback()
    rows = session.scalars(select(StationDay).where(StationDay.booked_minutes > 0))
    return {(row.on_date, row.station): row.booked_minutes for row in rows}


def close_sundays(session: Session) -> None:
    for day in range(1, 60, 7):
        ScheduleExceptionFactory(on_date=date(2026, 11, 28) + timedelta(days=day), name="Sunday")
    session.commit()


def steps_on(session: Session, on: date, need: Need = CAKE) -> list[tuple[str, date]]:
    return [(step.station.value, step.on) for step in queries.plan_steps(session, need, on)]


def test_a_hold_takes_the_minutes_of_each_station_on_its_day_and_the_same_hold_again_changes_nothing(
    session: Session,
) -> None:
    make_open_shop(session)
    hold("order:1")
    hold("order:1")
    assert booked(session) == {(WED, "bake"): 60, (THU, "fill"): 50, (FRI, "decorate"): 120}
    assert session.scalars(select(PickupSlot.booked_minutes)).all() == [15]
    assert queries.booked_steps(session, "order:1") == [
        StepOn(BAKE, WED, 60), StepOn(FILL, THU, 50), StepOn(DECORATE, FRI, 120),
    ]  # fmt: skip


def test_the_kitchens_days_are_counted_not_the_calendars(session: Session) -> None:
    """A cake for Monday is decorated on Saturday where Sunday is closed."""
    make_open_shop(session)
    close_sundays(session)
    monday = date(2026, 12, 7)
    assert steps_on(session, monday) == [
        ("bake", date(2026, 12, 3)),
        ("fill", date(2026, 12, 4)),
        ("decorate", date(2026, 12, 5)),
    ]
    hold("order:1", at=sydney("2026-12-07 10:00"))
    assert set(booked(session)) == {(THU, "bake"), (FRI, "fill"), (SATURDAY, "decorate")}


def test_a_closed_day_has_no_minutes_and_a_day_of_its_own_has_its_own(session: Session) -> None:
    make_open_shop(session, bake_minutes=300)
    close_sundays(session)
    StationDayFactory(on_date=FRI, station="decorate", capacity_minutes=90)
    StationDayFactory(on_date=date(2026, 12, 6), station="bake", capacity_minutes=45)
    session.commit()
    days = queries.station_days(session, THU, date(2026, 12, 6))
    assert list(days) == [THU, FRI, SATURDAY, date(2026, 12, 6)]
    assert days[FRI][DECORATE] == (0, 90)
    assert days[THU] == {BAKE: (0, 300), FILL: (0, 480), DECORATE: (0, 600)}
    assert days[date(2026, 12, 6)] == {BAKE: (0, 45), FILL: (0, 0), DECORATE: (0, 0)}


def test_what_is_booked_shows_for_staff_in_constant_queries(session: Session, count_queries: Counter) -> None:
    make_open_shop(session)
    hold("order:1")
    seen = []
    for last in (FRI, FRI + timedelta(days=90)):
        with count_queries() as counted:
            found = queries.station_days(session, WED, last)
        seen.append(len(counted))
        assert (found[FRI][DECORATE], found[FRI][DECORATE].left) == ((120, 600), 480)
    assert seen[0] == seen[1] <= 4


def test_a_full_station_is_named_with_its_day_and_the_day_is_out(session: Session) -> None:
    make_open_shop(session, decorate_minutes=200)
    hold("order:1")
    found = queries.availability(session, CAKE, only=SATURDAY)
    assert found.days == () and found.calendar[0].reason == Reason.BUSY
    assert found.reason == "Our decorators have no time left on Friday 4 December."
    with pytest.raises(StationFull, match="^Our decorators have no time left on Friday 4 December.$") as full:
        hold("order:2")
    assert (full.value.status, full.value.field) == (409, "slot")
    # Nothing of the refused one is booked: neither its slot nor the stations that had time.
    assert booked(session) == {(WED, "bake"): 60, (THU, "fill"): 50, (FRI, "decorate"): 120}
    assert session.scalar(select(func.count()).select_from(SlotHold)) == 1


def test_the_earliest_honest_date_asks_slots_and_stations(session: Session) -> None:
    make_open_shop(session)
    slot = queries.earliest_pickup(session, CAKE)
    assert slot and slot.on == THU  # baked today, though two days' notice would do for Wednesday
    StationDayFactory(on_date=date(2026, 11, 30), station="bake", capacity_minutes=0)
    session.commit()
    slot = queries.earliest_pickup(session, CAKE)
    assert slot and slot.on == FRI


def test_what_should_have_been_begun_already_is_too_soon_and_says_so(session: Session) -> None:
    make_open_shop(session)
    found = queries.availability(session, CAKE, only=WED)
    assert found.calendar[0].reason == Reason.LATE
    assert (
        found.reason == "A cake like this is begun 3 working days ahead, so Wednesday 2 December is too soon."
    )


def test_what_somebody_agreed_to_hurry_goes_on_the_first_working_day(session: Session) -> None:
    make_open_shop(session)
    hold("order:1", agreed_need(15, STEPS), sydney("2026-12-02 10:00"))
    monday, tuesday = date(2026, 11, 30), date(2026, 12, 1)
    assert booked(session) == {(monday, "bake"): 60, (monday, "fill"): 50, (tuesday, "decorate"): 120}


def test_two_steps_of_one_station_on_one_day_are_one_and_need_room_for_both(session: Session) -> None:
    make_open_shop(session, decorate_minutes=250)
    two = agreed_need(15, (StepNeed(DECORATE, 2, 130), StepNeed(DECORATE, 1, 130)))
    hold("order:1", two, sydney("2026-12-01 10:00"))
    assert booked(session) == {(date(2026, 11, 30), "decorate"): 260}  # larger than a whole empty day
    with pytest.raises(StationFull):
        hold("order:2", two, sydney("2026-12-01 10:30"))


@pytest.mark.parametrize("how", ["release", "give_back"])
def test_minutes_come_back_exactly_once(session: Session, how: str) -> None:
    make_open_shop(session)
    hold("order:1")
    hold("order:2", at=AT + timedelta(minutes=30))
    assert end(how, "order:1") is True
    assert end(how, "order:1") is False
    assert booked(session) == {(WED, "bake"): 60, (THU, "fill"): 50, (FRI, "decorate"): 120}
    assert queries.booked_steps(session, "order:1") == []


def test_what_is_paid_stays_booked_until_it_is_called_off(session: Session) -> None:
    make_open_shop(session)
    hold("order:1")
    assert end("consume", "order:1") and not end("release", "order:1")
    assert booked(session)[FRI, "decorate"] == 120
    assert len(queries.booked_steps(session, "order:1")) == 3
    assert end("give_back", "order:1") and booked(session) == {}


def test_a_late_payment_takes_the_minutes_again_or_nothing(session: Session) -> None:
    make_open_shop(session, decorate_minutes=200)
    hold("order:1")
    end("release", "order:1")
    with clock.travel(sydney("2026-12-03 08:00")), transaction() as open_session:
        scheduling.retake(open_session, "order:1", AT, agreed_need(15, STEPS), as_of=NOW)
    # The day to bake has passed: it is baked today, the day it is filled.
    assert booked(session) == {(THU, "bake"): 60, (THU, "fill"): 50, (FRI, "decorate"): 120}
    end("give_back", "order:1")
    hold("order:2")
    with (
        clock.travel(sydney("2026-12-03 08:00")),
        pytest.raises(StationFull, match="decorators have no time left on Friday"),
        transaction() as open_session,
    ):
        scheduling.retake(open_session, "order:1", AT, agreed_need(15, STEPS), as_of=NOW)
    assert booked(session) == {(WED, "bake"): 60, (THU, "fill"): 50, (FRI, "decorate"): 120}


def test_a_menu_order_asks_nothing_of_the_stations(session: Session, count_queries: Counter) -> None:
    make_open_shop(session, bake_minutes=0, fill_minutes=0, decorate_minutes=0)
    with count_queries() as seen:
        assert queries.availability(session, Need(make_minutes=30), only=SATURDAY).days
    assert not any("station_day" in query for query in seen)
    hold("order:1", Need(make_minutes=30))
    assert session.scalar(select(func.count()).select_from(StationDay)) == 0


def test_cakes_are_asked_for_a_year_ahead_and_the_menu_is_not(session: Session) -> None:
    make_open_shop(session, max_days_ahead=60, custom_days_ahead=365)
    far, too_far = NOW.date() + timedelta(days=365), NOW.date() + timedelta(days=366)
    assert queries.availability(session, CAKE, only=far).days
    assert queries.availability(session, Need(), only=far).calendar[0].reason == Reason.TOO_FAR
    assert queries.availability(session, CAKE, only=too_far).calendar[0].reason == Reason.TOO_FAR
    hold("order:1", at=datetime.combine(far, time(10), sydney("2026-01-01 00:00").tzinfo))


def test_a_year_of_days_takes_as_many_queries_as_one(session: Session, count_queries: Counter) -> None:
    make_open_shop(session)
    hold("order:1")
    seen = []
    for only in (SATURDAY, None):
        with count_queries() as counted:
            queries.availability(session, CAKE, only=only)
        seen.append(len(counted))
    assert seen[0] == seen[1] <= 5


def test_days_are_the_shops_also_where_the_clock_changes(session: Session) -> None:
    """Monday 5 October 2026, the day after the clocks went forward: Sunday has 23 hours and is a day all the same."""
    make_open_shop(session)
    monday = date(2026, 10, 5)
    with clock.travel(sydney("2026-09-28 09:00")):
        assert steps_on(session, monday)[-1] == ("decorate", date(2026, 10, 4))
        hold("order:1", at=sydney("2026-10-05 07:00"))
    assert (date(2026, 10, 4), "decorate") in booked(session)
    # Shortly after midnight in Sydney it is still yesterday in UTC: Tuesday cannot be baked for any more.
    with clock.travel(sydney("2026-12-02 00:30")):
        assert queries.availability(session, CAKE, only=FRI).calendar[0].reason == Reason.LATE
        assert queries.availability(session, CAKE, only=SATURDAY).days


def test_steps_are_kept_as_plain_values_and_read_again() -> None:
    assert read_steps(write_steps(STEPS)) == STEPS
    with pytest.raises(ValueError, match="fry"):
        read_steps([{"station": "fry", "days_before": 1, "minutes": 5}])


@pytest.mark.parametrize(
    "change",
    [
        {"booked_minutes": -1},
        {"capacity_minutes": -1},
        {"capacity_minutes": 10_001},
        {"station": "fry"},
    ],
)
def test_the_database_refuses_a_station_day_that_cannot_be(session: Session, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        StationDayFactory(**change)


def test_the_database_refuses_minutes_that_a_day_does_not_have(session: Session) -> None:
    make_open_shop(session)
    plan = session.get_one(SlotPlan, 1)
    plan.decorate_minutes = 10_001
    with pytest.raises(IntegrityError):
        session.flush()


def test_minutes_booked_are_those_of_open_holds(session: Session) -> None:
    make_open_shop(session)
    for number in range(4):
        hold(f"order:{number}", at=AT + timedelta(minutes=30 * number))
    end("release", "order:1")
    end("consume", "order:2")
    end("give_back", "order:3")
    held = session.execute(
        select(StationHold.station_day_id, func.sum(StationHold.minutes))
        .join(SlotHold, SlotHold.id == StationHold.slot_hold_id)
        .where(SlotHold.state != "RELEASED")
        .group_by(StationHold.station_day_id)
    ).all()
    rows = session.execute(
        select(StationDay.id, StationDay.booked_minutes).where(StationDay.booked_minutes > 0)
    ).all()
    assert sorted(held) == sorted(rows) != []


def test_a_taken_slot_is_said_before_a_full_station(session: Session) -> None:
    make_open_shop(session, capacity_orders=1)
    hold("order:1")
    with pytest.raises(SlotGone, match="no longer free"):
        hold("order:2")
