"""When a cake is baked, filled and decorated, and what of that staff see before anybody has decided."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Invalid
from bakery.custom_cakes import contents, decisions, services
from bakery.custom_cakes.contents import DAYS_WORK, HANDOVER_MINUTES, need_of
from bakery.custom_cakes.soft_work import soft_station_minutes
from bakery.custom_cakes.states import RequestStatus
from bakery.custom_cakes.wish import read_wish
from bakery.infra.transaction import transaction
from bakery.orders import operations as order_operations
from bakery.orders import services as orders
from bakery.orders.models import Order, OrderLine
from bakery.scheduling import queries as scheduling
from bakery.scheduling.errors import StationFull
from bakery.scheduling.models import PickupSlot, StationDay
from bakery.scheduling.types import Station
from tests.custom_cakes.designs import TODAY, design, random_wish, tier
from tests.custom_cakes.requests import AT, DAY, NOW, approval, row, sending, sent, staff
from tests.factories.scheduling import StationDayFactory
from tests.factories.shop import make_open_shop

BAKE, FILL, DECORATE = Station
CUSTOMER = Actor(None, "customer")
THU, FRI = date(2026, 12, 3), date(2026, 12, 4)


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session)
        yield


def big() -> dict[str, object]:
    tiers = [tier(diameter_cm=60 - 8 * n, layers=8) for n in range(6)]
    return {"tiers": tiers, "decoration": "elaborate", "covering": "fondant"}


def test_a_small_cake_is_baked_one_day_and_finished_the_next() -> None:
    assert [(s.station, s.days_before, s.minutes) for s in need_of(design()).steps] == [
        (BAKE, 2, 55), (FILL, 1, 50), (DECORATE, 1, 70),
    ]  # fmt: skip


def test_more_decoration_takes_a_day_of_its_own() -> None:
    steps = need_of(design(decoration="elaborate")).steps
    assert [(s.station, s.days_before) for s in steps] == [(BAKE, 3), (FILL, 2), (DECORATE, 1)]


@pytest.mark.parametrize("seed", range(200))
def test_every_cake_is_baked_before_it_is_filled_and_done_the_day_before(seed: int) -> None:
    cake = read_wish(random_wish(random.Random(seed)), TODAY)
    steps, takes = need_of(cake).steps, contents.work(cake)
    for station, minutes in (
        (BAKE, takes.bake_minutes),
        (FILL, takes.fill_minutes),
        (DECORATE, takes.decorate_minutes),
    ):
        assert sum(step.minutes for step in steps if step.station is station) == minutes
    assert all(0 < step.minutes <= DAYS_WORK for step in steps)
    assert len({(step.station, step.days_before) for step in steps}) == len(steps)
    days = {station: [step.days_before for step in steps if step.station is station] for station in Station}
    assert min(days[BAKE]) > max(days[FILL]) >= max(days[DECORATE]) and min(days[DECORATE]) == 1
    assert [step.days_before for step in steps] == sorted((s.days_before for s in steps), reverse=True)


def test_a_cake_larger_than_any_pickup_slot_can_be_asked_for_approved_and_stands_in_its_way_no_more(
    session: Session,
) -> None:
    request_id = sent(**big())
    assert row(request_id).make_minutes > 1000
    decisions.approve(approval(request_id, row(request_id).version), staff())
    assert session.scalars(select(PickupSlot.booked_minutes)).all() == [HANDOVER_MINUTES]
    line = session.scalars(select(OrderLine)).one()
    assert sum(step["minutes"] for step in line.steps) == row(request_id).make_minutes
    assert (line.instructions, line.drawing["tiers"][0]["diameter_cm"]) == ("Use the tall board.", 60)
    booked = session.scalars(select(StationDay.booked_minutes)).all()
    assert sum(booked) == row(request_id).make_minutes and max(booked) <= DAYS_WORK


def test_a_wedding_is_asked_for_a_year_ahead_and_no_further() -> None:
    assert sent(needed_on=(NOW.date() + timedelta(days=365)).isoformat())
    with pytest.raises(Invalid, match="do not take orders") as refused:
        sent(needed_on=(NOW.date() + timedelta(days=366)).isoformat())
    assert refused.value.field == "needed_on"


def test_a_request_for_a_day_whose_decorators_are_busy_is_refused_with_who_and_when(session: Session) -> None:
    StationDayFactory(on_date=FRI, capacity_minutes=0)
    session.commit()
    with pytest.raises(Invalid, match="Our decorators have no time left on Friday 4 December."):
        sent()


def test_decorators_who_filled_up_between_request_and_approval_are_said_and_nothing_is_lost(
    session: Session,
) -> None:
    request_id = sent()
    StationDayFactory(on_date=FRI, booked_minutes=590)
    session.commit()
    version = row(request_id).version
    with pytest.raises(StationFull, match="Our decorators have no time left on Friday 4 December.") as full:
        decisions.approve(approval(request_id, version), staff())
    assert full.value.status == 409
    assert (row(request_id).status, row(request_id).version) == (RequestStatus.PENDING_REVIEW, version)
    assert soft_station_minutes(session, THU, FRI)[FRI, DECORATE] == 70
    assert session.scalars(select(Order)).all() == [] and session.scalars(select(PickupSlot)).all() == []
    assert session.scalars(select(StationDay.booked_minutes)).all() == [590]
    day = session.scalars(select(StationDay)).one()
    day.booked_minutes = 400
    session.commit()
    assert decisions.approve(approval(request_id, version), staff())


@pytest.mark.parametrize("end", ["withdraw", "expire"])
def test_minutes_of_a_cake_that_is_not_made_come_back_once(session: Session, end: str) -> None:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    assert scheduling.station_days(session, FRI, FRI)[FRI][DECORATE].booked == 70
    for _ in range(2):
        if end == "withdraw" and row(request_id).status != RequestStatus.WITHDRAWN:
            services.withdraw(request_id, CUSTOMER)
        elif end == "expire":
            with clock.travel(NOW + timedelta(days=3)):
                orders.expire_due_orders()
                services.follow_orders()
        session.rollback()
        assert set(session.scalars(select(StationDay.booked_minutes))) == {0}


def test_soft_work_shows_on_the_days_it_would_be_done_until_somebody_decides(session: Session) -> None:
    first, second = sent(), sent(decoration="elaborate")
    assert soft_station_minutes(session, THU, FRI) == {
        (THU, BAKE): 55, (THU, FILL): 50, (FRI, FILL): 50, (FRI, DECORATE): 70 + 190,
    }  # fmt: skip
    decisions.approve(approval(first, row(first).version, starts_at=AT), staff())
    decisions.reject(second, row(second).version, staff(), "No time")
    assert soft_station_minutes(session, THU, DAY) == {}


def test_a_resubmitted_wish_is_asked_of_the_stations_again(session: Session) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Another day, please")
    StationDayFactory(on_date=THU, station="bake", capacity_minutes=0)
    session.commit()
    with pytest.raises(Invalid, match="Our bakers have no time left on Thursday 3 December."):
        services.resubmit(request_id, sending().design, CUSTOMER)
    assert row(request_id).status == RequestStatus.CHANGES_REQUESTED


def test_money_that_came_late_takes_the_minutes_again_if_they_are_there(session: Session) -> None:
    order_id = expired_order()
    with clock.travel(NOW + timedelta(days=4)), transaction() as open_session:
        assert order_operations.retake_or_none(
            open_session, order_operations.lock_order(open_session, order_id)
        )
    assert scheduling.station_days(session, FRI, FRI)[FRI][DECORATE].booked == 70


def test_money_that_came_too_late_for_the_decorators_changes_nothing(session: Session) -> None:
    order_id = expired_order()
    session.execute(update(StationDay).where(StationDay.station == "decorate").values(capacity_minutes=0))
    session.commit()
    with clock.travel(NOW + timedelta(days=4)), transaction() as open_session:
        assert (
            order_operations.retake_or_none(open_session, order_operations.lock_order(open_session, order_id))
            is None
        )
    session.rollback()
    assert set(session.scalars(select(StationDay.booked_minutes))) == {0}
    assert session.scalars(select(PickupSlot.booked_minutes)).all() == [0]


def test_money_that_came_after_the_day_to_bake_is_baked_the_day_it_comes(session: Session) -> None:
    order_id = expired_order()
    late = NOW + timedelta(days=13)  # Friday; it should have been baked on Thursday
    with clock.travel(late), transaction() as open_session:
        assert order_operations.retake_or_none(
            open_session, order_operations.lock_order(open_session, order_id)
        )
    assert [(step.station, step.on) for step in scheduling.booked_steps(session, f"order:{order_id}")] == [
        (BAKE, FRI), (FILL, FRI), (DECORATE, FRI),
    ]  # fmt: skip


def expired_order() -> int:
    """An approved cake that nobody paid in time."""
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    order_id = row(request_id).order_id
    assert order_id is not None
    with clock.travel(NOW + timedelta(days=3)):
        assert orders.expire_order(order_id)
    return order_id
