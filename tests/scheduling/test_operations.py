from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.scheduling import operations as scheduling
from bakery.scheduling import queries
from bakery.scheduling.models import PickupSlot, SlotHold, SlotHoldState
from bakery.scheduling.operations import SlotGone
from bakery.scheduling.types import Need, Reason
from tests.factories.scheduling import ScheduleExceptionFactory, sydney
from tests.factories.shop import make_open_shop

NOW = sydney("2026-11-20 12:00")
MONDAY_TEN = sydney("2026-11-23 10:00")
LATER = NOW + timedelta(minutes=35)
CAKE = Need(lead_time_hours=24, make_minutes=30, forced_by="Walnut Cake")


def hold(owner: str, starts_at: datetime = MONDAY_TEN, need: Need = CAKE, now: datetime = NOW) -> None:
    with transaction() as session:
        scheduling.hold(session, owner, starts_at, need, LATER, now)


def booked(session: Session, starts_at: datetime = MONDAY_TEN) -> tuple[int, int]:
    session.rollback()
    row = session.scalars(select(PickupSlot).where(PickupSlot.starts_at == starts_at)).one()
    return row.booked_orders, row.booked_minutes


def test_a_hold_takes_an_order_and_its_minutes_and_the_same_hold_again_changes_nothing(
    session: Session,
) -> None:
    make_open_shop(session)
    hold("order:1")
    hold("order:1")
    assert booked(session) == (1, 30)
    slot = session.scalars(select(PickupSlot)).one()
    assert (slot.on_date, f"{slot.local_time:%H:%M}") == (date(2026, 11, 23), "10:00")


def test_one_owner_holds_one_slot(session: Session) -> None:
    make_open_shop(session)
    hold("order:1")
    with pytest.raises(ValueError, match="another slot"):
        hold("order:1", MONDAY_TEN + timedelta(minutes=30))


def test_the_last_place_of_a_slot_is_given_once_and_the_slot_is_offered_no_more(session: Session) -> None:
    make_open_shop(session, capacity_orders=2)
    hold("order:1")
    hold("order:2")
    with pytest.raises(SlotGone, match="no longer free") as refused:
        hold("order:3")
    assert refused.value.field == "slot"
    assert booked(session) == (2, 60)
    assert queries.availability(session, CAKE, NOW).slot_at(MONDAY_TEN) is None


def test_minutes_run_out_before_orders_do(session: Session) -> None:
    make_open_shop(session, capacity_minutes=70)
    hold("order:1")
    hold("order:2")
    with pytest.raises(SlotGone):
        hold("order:3")
    hold("order:4", need=Need())
    assert booked(session) == (3, 60)


def test_work_larger_than_a_slot_fills_an_empty_one_and_leaves_room_for_what_takes_no_work(
    session: Session,
) -> None:
    make_open_shop(session, capacity_minutes=60)
    hold("order:1", need=Need(make_minutes=240))
    with pytest.raises(SlotGone):
        hold("order:2", need=Need(make_minutes=1))
    hold("order:3", need=Need())
    with pytest.raises(SlotGone):
        hold("order:4", need=Need(make_minutes=240))


@pytest.mark.parametrize(
    ("when", "now"),
    [
        ("2026-11-23 10:07", "2026-11-20 12:00"),  # no slot begins then
        ("2026-11-23 19:00", "2026-11-20 12:00"),  # after hours
        ("2026-11-20 10:00", "2026-11-20 12:00"),  # past
        ("2026-11-23 10:00", "2026-11-22 10:01"),  # lead time
        ("2026-11-24 10:00", "2026-11-20 12:00"),  # closed that day
        ("2027-11-23 10:00", "2026-11-20 12:00"),  # too far ahead
    ],
)
def test_what_no_page_offers_cannot_be_held(session: Session, when: str, now: str) -> None:
    make_open_shop(session)
    ScheduleExceptionFactory(on_date=date(2026, 11, 24))
    with pytest.raises(SlotGone):
        hold("order:1", sydney(when), now=sydney(now))
    assert session.scalars(select(PickupSlot)).all() == []


def test_a_slot_that_staff_closed_is_gone(session: Session) -> None:
    make_open_shop(session)
    hold("order:1")
    with transaction() as open_session:
        slot = scheduling.lock_slot(open_session, MONDAY_TEN)
        assert slot is not None
        slot.closed = True
    with pytest.raises(SlotGone):
        hold("order:2")


@pytest.mark.parametrize("end", [scheduling.release, scheduling.consume])
def test_a_hold_ends_exactly_once(session: Session, end) -> None:
    make_open_shop(session)
    hold("order:1")
    for expected in (True, False):
        with transaction() as open_session:
            assert end(open_session, "order:1") is expected
    with transaction() as open_session:
        assert not scheduling.release(open_session, "order:1")
        assert not scheduling.consume(open_session, "order:1")
    assert booked(session) == ((0, 0) if end is scheduling.release else (1, 30))


def test_a_cancelled_order_frees_its_slot_paid_or_not(session: Session) -> None:
    make_open_shop(session)
    for owner in ("order:1", "order:2"):
        hold(owner)
    with transaction() as open_session:
        scheduling.consume(open_session, "order:1")
        assert scheduling.give_back(open_session, "order:1")
        assert not scheduling.give_back(open_session, "order:1")
        assert scheduling.give_back(open_session, "order:2")
    assert booked(session) == (0, 0)


def test_extending_never_shortens(session: Session) -> None:
    make_open_shop(session)
    hold("order:1")
    with transaction() as open_session:
        assert scheduling.extend(open_session, "order:1", LATER - timedelta(minutes=1))
        assert open_session.scalars(select(SlotHold.expires_at)).one() == LATER
        assert scheduling.extend(open_session, "order:1", LATER + timedelta(minutes=1))
    assert session.scalars(select(SlotHold.expires_at)).one() == LATER + timedelta(minutes=1)
    with transaction() as open_session:
        scheduling.consume(open_session, "order:1")
        assert not scheduling.extend(open_session, "order:1", LATER + timedelta(hours=1))


def test_a_late_payment_books_the_slot_again_though_its_lead_time_has_begun_to_run_out(
    session: Session,
) -> None:
    make_open_shop(session)
    hold("order:1")
    with transaction() as open_session:
        scheduling.release(open_session, "order:1")
    with clock.travel(MONDAY_TEN - timedelta(hours=20)):
        for _ in range(2):
            with transaction() as open_session:
                scheduling.retake(open_session, "order:1", MONDAY_TEN, CAKE, as_of=NOW)
    assert booked(session) == (1, 30)
    states = session.scalars(select(SlotHold.state).order_by(SlotHold.id)).all()
    assert states == [SlotHoldState.RELEASED, SlotHoldState.CONSUMED]


def test_a_late_payment_comes_too_late_when_the_slot_is_full_or_has_begun(session: Session) -> None:
    make_open_shop(session, capacity_orders=1)
    hold("order:1")
    with transaction() as open_session:
        scheduling.release(open_session, "order:1")
    with (
        clock.travel(MONDAY_TEN),
        pytest.raises(SlotGone, match="has passed"),
        transaction() as open_session,
    ):
        scheduling.retake(open_session, "order:1", MONDAY_TEN, CAKE, as_of=NOW)
    hold("order:2")
    with clock.travel(NOW), pytest.raises(SlotGone), transaction() as open_session:
        scheduling.retake(open_session, "order:1", MONDAY_TEN, CAKE, as_of=NOW)
    assert booked(session) == (1, 30)


def test_a_day_whose_last_slot_is_held_reads_as_full(session: Session) -> None:
    make_open_shop(session, capacity_orders=1, slot_minutes=240)
    for hour in (7, 11):
        hold(f"order:{hour}", sydney(f"2026-11-23 {hour:02}:00"))
    day = queries.availability(session, CAKE, NOW, only=date(2026, 11, 23)).calendar[0]
    assert day.reason == Reason.FULL
