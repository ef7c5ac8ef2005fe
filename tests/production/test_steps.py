"""A custom cake in the kitchen: a ticket a step on its day, in order, and the order with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.transaction import transaction
from bakery.orders import operations as order_operations
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.services import cancel_with_refund
from bakery.production import services
from bakery.production.models import Ticket, TicketEvent, TicketState
from bakery.scheduling.models import OpeningHours, StationDay
from jobs import production as jobs
from tests.custom_cakes.requests import NOW
from tests.factories.catalog import make_cake
from tests.factories.checkout import place_paid
from tests.factories.scheduling import ScheduleExceptionFactory, sydney
from tests.factories.shop import make_open_shop
from tests.web.kitchen.cakes import approved_order, paid_cake, pay, steps

BAKER = Actor(None, "test baker")
TO_DO, IN_PROGRESS, DONE, VOID = TicketState
ELABORATE = {"decoration": "elaborate"}


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session)
        yield


def due(tickets: list[Ticket]) -> list[tuple[int, str | None, date, str]]:
    """Step, station, local date and time."""
    local = [ticket.due_at.astimezone(ZoneInfo("Australia/Sydney")) for ticket in tickets]
    return [(t.step, t.station, at.date(), f"{at:%H:%M}") for t, at in zip(tickets, local, strict=True)]


def move(ticket: Ticket, to: TicketState) -> None:
    services.move_ticket(ticket.id, to, None, BAKER)


def status(session: Session, order: Order) -> str:
    session.rollback()
    session.refresh(order)
    return order.status


def test_each_step_is_due_at_closing_time_of_its_own_day(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    assert due(steps(session, order.id)) == [
        (1, "bake", date(2026, 12, 2), "18:00"),
        (2, "fill", date(2026, 12, 3), "18:00"),
        (3, "decorate", date(2026, 12, 4), "18:00"),
    ]
    assert {ticket.steps for ticket in steps(session, order.id)} == {3}


def test_steps_go_around_closed_days(session: Session) -> None:
    ScheduleExceptionFactory(on_date=date(2026, 12, 3), name="Stocktaking")
    session.commit()
    order = paid_cake(**ELABORATE)
    assert [on for _, _, on, _ in due(steps(session, order.id))] == [
        date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 4),
    ]  # fmt: skip


def test_the_job_run_again_and_later_opens_nothing_twice_and_moves_nothing(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    before = due(steps(session, order.id))
    jobs.open_tickets(order.id)
    with clock.travel(sydney("2026-12-04 12:00")):
        jobs.open_tickets(order.id)
    assert due(steps(session, order.id)) == before
    assert session.scalar(select(func.count()).select_from(TicketEvent)) == 3


def test_what_is_opened_late_is_due_today_and_never_after_the_cake_is_collected(session: Session) -> None:
    order_id = approved_order(**ELABORATE)
    pay(order_id)
    with clock.travel(sydney("2026-12-04 09:00")):
        jobs.open_tickets(order_id)
    assert {(on, at) for _, _, on, at in due(steps(session, order_id))} == {(date(2026, 12, 4), "18:00")}
    other = approved_order()
    pay(other)
    with clock.travel(sydney("2026-12-05 08:00")):
        jobs.open_tickets(other)
    assert {(on, at) for _, _, on, at in due(steps(session, other))} == {(date(2026, 12, 5), "10:00")}


def test_a_shop_open_until_midnight_is_done_on_the_same_date(session: Session) -> None:
    for hours in session.scalars(select(OpeningHours)):
        hours.closes = hours.closes.replace(hour=23, minute=59)
    session.commit()
    order = paid_cake(**ELABORATE)
    assert due(steps(session, order.id))[0] == (1, "bake", date(2026, 12, 2), "23:59")


def test_a_job_killed_in_the_middle_leaves_nothing_and_is_run_again(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = approved_order()
    pay(order_id)
    with monkeypatch.context() as broken:
        broken.setattr(services, "TicketEvent", None)
        with pytest.raises(TypeError):
            jobs.open_tickets(order_id)
    assert steps(session, order_id) == []
    jobs.open_tickets(order_id)
    assert len(steps(session, order_id)) == 3


def test_an_unpaid_cake_is_not_on_the_board(session: Session) -> None:
    order_id = approved_order()
    jobs.open_tickets(order_id)
    assert steps(session, order_id) == []


def test_a_menu_line_is_one_ticket_without_steps(session: Session) -> None:
    order = place_paid((make_cake(), 1))
    services.open_tickets(order.id)
    [ticket] = steps(session, order.id)
    assert (ticket.step, ticket.steps, ticket.station, ticket.due_at) == (0, 0, None, order.pickup_at)


def test_a_cake_whose_minutes_were_never_booked_still_gets_its_steps(session: Session) -> None:
    """An order brought in from elsewhere holds nothing."""
    order_id = approved_order(**ELABORATE)
    with transaction() as open_session:
        order_operations.scheduling.give_back(open_session, f"order:{order_id}")
    pay(order_id)
    jobs.open_tickets(order_id)
    assert [station for _, station, _, _ in due(steps(session, order_id))] == ["bake", "fill", "decorate"]


def test_the_order_is_made_with_the_first_step_and_ready_with_the_last(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    bake, fill, decorate = steps(session, order.id)
    assert status(session, order) == OrderStatus.CONFIRMED
    move(bake, IN_PROGRESS)
    assert status(session, order) == OrderStatus.IN_PRODUCTION
    for ticket in (bake, fill):
        move(ticket, DONE)
        assert status(session, order) == OrderStatus.IN_PRODUCTION
    move(decorate, DONE)
    assert status(session, order) == OrderStatus.READY


def test_a_step_is_not_done_before_the_one_it_builds_on_but_may_be_begun(session: Session) -> None:
    bake, fill, decorate = steps(session, paid_cake(**ELABORATE).id)
    move(decorate, IN_PROGRESS)
    with pytest.raises(Conflict, match="^Bake comes first, and is not done yet on this board.$"):
        move(decorate, DONE)
    move(bake, DONE)
    with pytest.raises(Conflict, match="^Fill comes first"):
        move(decorate, DONE)
    assert [t.state for t in steps(session, bake.order_id)] == [DONE, TO_DO, IN_PROGRESS]


def test_undo_takes_back_the_last_step_first_and_the_order_with_it(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    bake, fill, decorate = steps(session, order.id)
    for ticket in (bake, fill, decorate):
        move(ticket, DONE)
    with pytest.raises(Conflict, match="^Decorate is done already. Take that back first.$"):
        move(bake, TO_DO)
    move(decorate, IN_PROGRESS)
    assert status(session, order) == OrderStatus.IN_PRODUCTION
    for ticket in (decorate, fill, bake):
        move(ticket, TO_DO)
    assert status(session, order) == OrderStatus.CONFIRMED


def test_steps_of_one_cake_stand_in_nobody_elses_way(session: Session) -> None:
    first, second = paid_cake(**ELABORATE), paid_cake()
    for ticket in steps(session, second.id):
        move(ticket, DONE)
    assert status(session, second) == OrderStatus.READY
    assert status(session, first) == OrderStatus.CONFIRMED


def test_a_cancelled_cake_is_void_in_every_step_and_its_minutes_are_free(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    move(steps(session, order.id)[0], DONE)
    cancel_with_refund(order.id, BAKER, "The wedding is off")
    for _ in range(2):
        jobs.void_tickets(order.id)
        assert {t.state for t in steps(session, order.id)} == {VOID}
        assert set(session.scalars(select(StationDay.booked_minutes))) == {0}
    services.acknowledge_void(order.id, BAKER)
    assert all(t.printed_at for t in steps(session, order.id))


def test_an_order_made_ready_in_the_back_office_takes_all_its_steps_along(session: Session) -> None:
    order = paid_cake(**ELABORATE)
    orders.move_order(order.id, OrderStatus.IN_PRODUCTION, BAKER)
    orders.move_order(order.id, OrderStatus.READY, BAKER)
    jobs.follow_order(order.id)
    assert {t.state for t in steps(session, order.id)} == {DONE}


@pytest.mark.parametrize(
    "change", [{"step": 4}, {"station": None}, {"station": "fry"}, {"step": 0}, {"steps": 0}, {"step": 2}]
)
def test_the_database_refuses_a_ticket_that_is_no_step(session: Session, change: dict[str, object]) -> None:
    [bake, *_] = steps(session, paid_cake(**ELABORATE).id)
    for name, value in change.items():
        setattr(bake, name, value)
    with pytest.raises(IntegrityError):
        session.flush()
