"""The kitchen's poll against real commits: 304 for nothing, at once 200 for something, and the end with the account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from bakery.app import create_app
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.people.models import Role, User
from bakery.production import services
from bakery.production.models import Ticket, TicketEvent, TicketState
from config import Settings
from tests.factories.catalog import make_cake
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop

pytestmark = pytest.mark.concurrency

HX = {"HX-Request": "true"}


@pytest.fixture
def live(settings: Settings, app: Flask, real_database: None) -> Iterator[Flask]:
    """A second app as a web process has it: it listens to changes and keeps copies."""
    other = create_app(settings)
    other.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield other
    with other.app_context():
        db.engine.dispose()


def _until(true: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.01)


def _open_ticket() -> int:
    make_open_shop(db.session())
    order = place_paid((make_cake(), 1))
    services.open_tickets(order.id)
    return db.session.scalars(select(Ticket.id)).one()


def _poll(kitchen: FlaskClient, tag: str) -> int:
    return kitchen.get("/kitchen?day=week", headers=HX | {"If-None-Match": tag}).status_code


def _settled(kitchen: FlaskClient, app: Flask) -> str:
    """The board's tag once copies are kept: the listener is up and all earlier notices have come."""
    kitchen.get("/healthz")
    _until(lambda: app.extensions["changes"].live)
    time.sleep(0.3)
    return kitchen.get("/kitchen?day=week", headers=HX).headers["ETag"]


def test_an_unchanged_board_costs_no_query_and_a_moved_ticket_shows_at_once(app: Flask, live: Flask) -> None:
    ticket_id = _open_ticket()
    kitchen = live.test_client()
    sign_in(kitchen, role=Role.BAKER)
    tag = _settled(kitchen, live)
    seen: list[str] = []
    with live.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
    assert [_poll(kitchen, tag) for _ in range(5)] == [304] * 5
    assert seen == []
    services.move_ticket(ticket_id, TicketState.IN_PROGRESS, TicketState.TO_DO, Actor(None, "other screen"))
    _until(lambda: _poll(kitchen, tag) == 200, 2)


def test_a_closed_account_and_an_ended_sign_in_stop_the_poll_at_once(app: Flask, live: Flask) -> None:
    _open_ticket()
    for end in ("account", "sign-in"):
        kitchen = live.test_client()
        user = sign_in(kitchen, role=Role.BAKER)
        tag = _settled(kitchen, live)
        assert _poll(kitchen, tag) == 304
        if end == "account":
            with transaction() as session:
                session.execute(update(User).where(User.id == user.id).values(active=False))
        else:
            stolen = live.test_client()
            cookie = kitchen.get_cookie("shop")
            assert cookie is not None
            stolen.set_cookie("shop", cookie.value)
            stolen.post("/logout")
        _until(lambda kitchen=kitchen, tag=tag: _poll(kitchen, tag) == 204, 2)
        db.session.rollback()


def test_two_screens_tap_at_once_and_one_of_them_wins(app: Flask, real_database: None) -> None:
    ticket_id = _open_ticket()
    db.session.remove()
    ready, outcomes = threading.Barrier(2), []

    def tap(screen: str) -> None:
        with app.app_context():
            ready.wait(10)
            try:
                services.move_ticket(
                    ticket_id, TicketState.IN_PROGRESS, TicketState.TO_DO, Actor(None, screen)
                )
                outcomes.append("moved")
            except Conflict as refusal:
                outcomes.append(refusal.message)
            finally:
                db.session.remove()

    screens = [threading.Thread(target=tap, args=(name,)) for name in ("left", "right")]
    for screen in screens:
        screen.start()
    for screen in screens:
        screen.join(20)
    assert sorted(outcomes) == ["Another screen has moved this ticket already.", "moved"]
    moves = db.session.scalars(select(TicketEvent).where(TicketEvent.from_state.is_not(None))).all()
    assert len(moves) == 1
