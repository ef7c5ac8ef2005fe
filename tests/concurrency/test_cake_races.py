"""Two of the staff decide on one cake at once, each on a connection of their own; a control without the lock."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.custom_cakes import decisions, operations, services
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent, SoftHold
from bakery.custom_cakes.services import submit_request
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.people.models import AuditEntry
from bakery.scheduling.models import PickupSlot
from tests.concurrency.race import race, together
from tests.custom_cakes.designs import design
from tests.custom_cakes.requests import NOW, approval, row, sending, sent, staff
from tests.factories.shop import make_open_shop

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture(autouse=True)
def open_shop(real_database: None) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(db.session(), capacity_minutes=400)
        yield


def count(table: type) -> int:
    return db.session().scalar(select(func.count()).select_from(table)) or 0


def two_decide() -> tuple[int, list[Callable[[], object]]]:
    """One approves, one rejects, both with the same page before them."""
    request_id = sent()
    version = row(request_id).version
    zohra, karim = staff("Zohra"), staff("Karim")
    yes = approval(request_id, version)
    return request_id, [
        lambda: decisions.approve(yes, zohra),
        lambda: decisions.reject(request_id, version, karim, "No time"),
    ]


def test_one_of_two_who_decide_at_once_wins_and_the_other_is_told(app: Flask) -> None:
    for _ in range(5):
        request_id, jobs = two_decide()
        before = {table: count(table) for table in (RequestEvent, AuditEntry, Quote, Order)}
        outcomes = race(app, jobs)
        lost = [o for o in outcomes if isinstance(o, Exception)]
        assert len(lost) == 1
        assert isinstance(lost[0], Conflict) and lost[0].status == 409
        assert "was faster" in lost[0].message
        status = row(request_id).status
        winner = "Zohra" if status == RequestStatus.APPROVED_AWAITING_PAYMENT else "Karim"
        assert winner in lost[0].message
        assert count(RequestEvent) - before[RequestEvent] == 1
        assert count(AuditEntry) - before[AuditEntry] == 1
        made = int(winner == "Zohra")
        assert (count(Quote) - before[Quote], count(Order) - before[Order]) == (made, made)
        if made:
            services.withdraw(request_id, Actor(None, "customer"))


def test_control_without_the_lock_both_win(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request is approved and rejected, and its history says both."""
    meet = together(2)

    def unlocked(session: Session, request_id: int) -> CustomCakeRequest:
        found = session.get_one(CustomCakeRequest, request_id)
        meet()
        time.sleep(0.05)
        return found

    _, jobs = two_decide()
    monkeypatch.setattr(operations, "lock_request", unlocked)
    outcomes = race(app, jobs)
    assert not [o for o in outcomes if isinstance(o, Exception)]
    moves = (
        db.session().scalars(select(RequestEvent.to_state).where(RequestEvent.from_state.is_not(None))).all()
    )
    assert set(moves) == {"APPROVED_AWAITING_PAYMENT", "REJECTED"}


def test_two_who_both_approve_make_one_quote_and_one_order(app: Flask) -> None:
    request_id = sent()
    decision = approval(request_id, row(request_id).version)
    people = [staff(f"Baker {n}") for n in range(6)]
    outcomes = race(app, [lambda actor=actor: decisions.approve(decision, actor) for actor in people])
    assert sum(isinstance(o, int) for o in outcomes) == 1
    assert sum(isinstance(o, Conflict) for o in outcomes) == 5
    assert (count(Quote), count(Order)) == (1, 1)
    assert db.session().scalars(select(PickupSlot.booked_minutes)).all() == [15]


def test_the_customer_takes_it_back_while_staff_approve(app: Flask) -> None:
    request_id = sent()
    decision, zohra = approval(request_id, row(request_id).version), staff()
    outcomes = race(
        app,
        [
            lambda: decisions.approve(decision, zohra),
            lambda: services.withdraw(request_id, Actor(None, "customer")),
        ],
    )
    assert row(request_id).status == RequestStatus.WITHDRAWN
    assert all(isinstance(o, Conflict) for o in outcomes if isinstance(o, Exception))
    # Whoever was first: nothing is held for a cake that nobody wants any more.
    assert set(db.session().scalars(select(PickupSlot.booked_minutes))) <= {0}
    assert "HELD" not in db.session().scalars(select(SoftHold.state)).all()


def test_one_page_sent_ten_times_at_once_is_one_request(app: Flask) -> None:
    wish = sending("one page")
    outcomes = race(app, [lambda: submit_request(wish)] * 10)
    assert set(outcomes) == {outcomes[0]} and isinstance(outcomes[0], int)
    assert count(CustomCakeRequest) == 1


def test_ten_pages_of_one_address_at_once_leave_five_requests(app: Flask) -> None:
    outcomes = race(app, [lambda: submit_request(sending())] * 10)
    assert sum(isinstance(o, int) for o in outcomes) == services.MAX_OPEN
    assert sum(isinstance(o, Conflict) for o in outcomes) == 5


def test_changes_sent_twice_at_once_are_taken_once(app: Flask) -> None:
    request_id = sent()
    decisions.ask_for_changes(request_id, row(request_id).version, staff(), "Smaller")
    cake = design(guests=8)
    outcomes = race(app, [lambda: services.resubmit(request_id, cake, Actor(None, "customer"))] * 4)
    assert outcomes.count(None) == 1
    assert sum(isinstance(o, Conflict) for o in outcomes) == 3
    assert db.session().scalars(select(SoftHold.state).where(SoftHold.state == "HELD")).all() == ["HELD"]
    assert clock.now() - NOW < timedelta(minutes=5)
