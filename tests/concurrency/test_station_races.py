"""Many approvals at once for a station's last minutes, each on a connection of its own; a control without the lock."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.custom_cakes import decisions, offers, services
from bakery.custom_cakes.models import Quote
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations
from bakery.orders.models import Order
from bakery.orders.services import expire_order
from bakery.production.models import Ticket
from bakery.production.services import open_tickets
from bakery.scheduling import operations as scheduling
from bakery.scheduling import station_holds
from bakery.scheduling.errors import StationFull
from bakery.scheduling.models import PickupSlot, SlotHold, SlotPlan, StationDay, StationHold
from bakery.scheduling.types import Need, Station, StepNeed, StepOn
from tests.concurrency.race import race, together
from tests.custom_cakes.designs import design
from tests.custom_cakes.requests import AT, NOW, approval, row, sent, staff
from tests.factories.scheduling import StationDayFactory
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.web.kitchen.cakes import approved_order, pay

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]

BAKE, FILL, DECORATE = Station
FRIDAY = date(2026, 12, 4)
ONE_CAKE = 70
CUSTOMER = Actor(None, "customer")
FULL = "Our decorators have no time left on Friday 4 December."


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(db.session(), capacity_orders=100, capacity_minutes=10_000)
        yield


def decorators_have(minutes: int) -> None:
    StationDayFactory(on_date=FRIDAY, station="decorate", capacity_minutes=minutes)
    db.session().commit()


def booked(station: Station = DECORATE, on: date = FRIDAY) -> int | None:
    db.session().rollback()
    return db.session().scalar(
        select(StationDay.booked_minutes).where(StationDay.on_date == on, StationDay.station == station)
    )


def approvals(count: int) -> list[Callable[[], int]]:
    """As many requests, each with a slot of its own to be collected at: only the decorators are short."""
    jobs = []
    for number in range(count):
        contact = services.Contact("Laila", f"laila{number}@saffron.test", "+61491570156")
        request_id = sent(contact=contact)
        yes = approval(request_id, row(request_id).version, AT + timedelta(minutes=30 * (number % 8)))
        jobs.append(partial(decisions.approve, yes, staff(f"Baker {number}")))
    return jobs


def count(table: type) -> int:
    return db.session().scalar(select(func.count()).select_from(table)) or 0


def test_of_ten_approvals_for_the_minutes_of_three_three_are_made_and_seven_are_told_why(app: Flask) -> None:
    jobs = approvals(10)
    decorators_have(3 * ONE_CAKE + ONE_CAKE - 1)
    outcomes = race(app, jobs)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 3
    assert {type(outcome) for outcome in refused} == {StationFull}
    assert {(outcome.status, outcome.message) for outcome in refused} == {(409, FULL)}
    assert booked() == 3 * ONE_CAKE
    assert (count(Quote), count(Order), count(SlotHold), count(StationHold)) == (3, 3, 3, 9)
    waiting = [r for r in (row(n) for n in range(1, 11)) if r.status == RequestStatus.PENDING_REVIEW]
    assert len(waiting) == 7


def test_control_without_the_lock_all_get_the_last_minutes(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = approvals(3)
    decorators_have(ONE_CAKE)
    meet, lock = together(3, seconds=10), station_holds.lock_days

    def unlocked(session: Session, steps: Sequence[StepOn]) -> dict[tuple[date, Station], StationDay]:
        found = lock(session, steps)
        # Everybody has read the day before anybody writes it.
        meet()
        return found

    def without_lock(query: object) -> object:
        return query

    # Rows of their own beforehand, so that nobody waits for anybody's insert.
    for on, station in ((date(2026, 12, 3), "bake"), (FRIDAY, "fill")):
        StationDayFactory(on_date=on, station=station)
    db.session().commit()
    monkeypatch.setattr(station_holds, "_locked", without_lock)
    monkeypatch.setattr(station_holds, "lock_days", unlocked)
    outcomes = race(app, jobs)
    assert sum(isinstance(outcome, int) for outcome in outcomes) > 1
    assert booked() > ONE_CAKE


def test_what_is_taken_back_from_everywhere_at_once_is_free_once(app: Flask) -> None:
    order_id = approved_order()
    db.session().rollback()

    def expire() -> bool:
        with clock.travel(NOW + timedelta(days=3)):
            return expire_order(order_id)

    def release() -> bool:
        with transaction() as session:
            operations.lock_order(session, order_id)
            return scheduling.release(session, f"order:{order_id}")

    assert booked() == ONE_CAKE
    race(app, [release, expire, release, release, expire, release])
    assert booked() == 0 and booked(BAKE, date(2026, 12, 3)) == 0


def test_withdrawn_and_paid_at_once_never_leaves_minutes_of_nobody(app: Flask) -> None:
    request_id = sent()
    decisions.approve(approval(request_id, row(request_id).version), staff())
    order_id = row(request_id).order_id
    race(app, [partial(services.withdraw, request_id, CUSTOMER), partial(pay, order_id)])
    db.session().rollback()
    order = db.session().get_one(Order, order_id)
    assert booked() == (0 if order.status == "CANCELLED" else ONE_CAKE)


def test_late_money_and_a_new_approval_for_the_last_minutes_one_gets_them(app: Flask) -> None:
    decorators_have(ONE_CAKE)
    late = approved_order()
    with clock.travel(NOW + timedelta(days=3)):
        assert expire_order(late)
    [approve] = approvals(1)

    def retake() -> bool:
        with transaction() as session:
            return operations.retake_or_none(session, operations.lock_order(session, late)) is not None

    outcomes = race(app, [retake, approve])
    taken = sum(
        outcome is True or (isinstance(outcome, int) and outcome is not False) for outcome in outcomes
    )
    assert taken == 1 and booked() == ONE_CAKE
    assert any(outcome is False or isinstance(outcome, StationFull) for outcome in outcomes)


def test_cakes_that_want_the_same_days_in_every_order_never_stand_in_each_others_way(app: Flask) -> None:
    """Holding and freeing at random, for two minutes' worth of days: no deadlock, and the sums are right."""
    rng = random.Random(7)

    def wish(number: int) -> Callable[[], str]:
        steps = [StepNeed(rng.choice(list(Station)), rng.randint(1, 4), 5) for _ in range(4)]
        need = Need(make_minutes=1, steps=tuple(set(steps)), far=True, hurried=True)
        at = datetime(2026, 12, rng.randint(5, 9), rng.randint(0, 5), tzinfo=AT.tzinfo) + timedelta(hours=8)

        def hold_and_free() -> str:
            owner = f"order:{number}"
            with transaction() as session:
                scheduling.hold(session, owner, at, need, NOW + timedelta(days=1))
            if number % 2:
                with transaction() as session:
                    scheduling.release(session, owner)
            return "done"

        return hold_and_free

    with transaction() as session:
        session.get_one(SlotPlan, 1).capacity_minutes = 10_000
    outcomes = race(app, [wish(number) for number in range(40)])
    assert set(outcomes) == {"done"}, outcomes
    held = db.session().execute(
        select(StationHold.station_day_id, func.sum(StationHold.minutes))
        .join(SlotHold, SlotHold.id == StationHold.slot_hold_id)
        .where(SlotHold.state != "RELEASED")
        .group_by(StationHold.station_day_id)
    )
    rows = db.session().execute(
        select(StationDay.id, StationDay.booked_minutes).where(StationDay.booked_minutes > 0)
    )
    assert sorted(held.all()) == sorted(rows.all())


def test_tickets_opened_by_four_workers_at_once_are_one_a_step(app: Flask) -> None:
    order_id = approved_order()
    pay(order_id)
    assert sorted(race(app, [partial(open_tickets, order_id)] * 4)) == [0, 0, 0, 3]
    assert count(Ticket) == 3


def test_an_offer_that_changes_its_time_meets_those_who_take_and_free_the_same_days(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offers that move to each other's times while others are approved and taken back: nobody gets a deadlock."""
    # Trying once more would hide one.
    monkeypatch.setattr(offers, "retrying", lambda work: work())
    zohra, gateway = staff("Zohra"), FakeGateway()
    ids = [approved_at(AT + timedelta(minutes=30 * number), number) for number in range(4)]

    def revise(number: int) -> int:
        request_id = ids[number]
        at = AT + timedelta(minutes=30 * ((number + 1) % 4))
        return offers.revise(approval(request_id, row(request_id).version, at), zohra, gateway)

    withdrawn = approved_at(AT, 8)
    jobs = [partial(revise, number) for number in range(4)]
    jobs += [partial(services.withdraw, withdrawn, CUSTOMER), *approvals(4)]
    outcomes = race(app, jobs)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    # Four that moved, four that were approved, and nothing of what was given back.
    assert booked() == 8 * ONE_CAKE
    assert db.session().scalar(select(func.sum(PickupSlot.booked_orders))) == 8


def test_two_offers_that_change_places_across_days_wait_for_each_other_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one from Saturday to Friday, the other from Friday to Saturday, at times of their own."""
    monkeypatch.setattr(offers, "retrying", lambda work: work())
    meet, place = together(2), offers.place_bespoke
    zohra, gateway = staff("Zohra"), FakeGateway()
    friday, later = AT - timedelta(days=1), timedelta(hours=1)
    first, second = approved_at(AT, 1), approved_at(friday + later, 2, needed_on=str(FRIDAY))

    def given_back_and_not_taken_yet(*wish: Any) -> Order:
        meet()
        return place(*wish)

    monkeypatch.setattr(offers, "place_bespoke", given_back_and_not_taken_yet)

    def revise(request_id: int, at: datetime, on: date) -> int:
        other = approval(request_id, row(request_id).version, at, design=design(needed_on=str(on)))
        return offers.revise(other, zohra, gateway)

    outcomes = race(
        app, [partial(revise, first, friday, FRIDAY), partial(revise, second, AT + later, date(2026, 12, 5))]
    )
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert booked() == booked(on=date(2026, 12, 3)) == ONE_CAKE


def approved_at(at: datetime, number: int, **changes: Any) -> int:
    contact = services.Contact("Mei", f"mei{number}@saffron.test", "+61491570156")
    request_id = sent(contact=contact, **changes)
    decisions.approve(approval(request_id, row(request_id).version, at), staff(f"Decorator {number}"))
    return request_id
