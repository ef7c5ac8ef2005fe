"""The wall screen: what it shows, what a tap does, and what two screens do to each other."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.services import cancel_with_refund
from bakery.people.models import AuditEntry, Role
from bakery.production import services
from bakery.production.models import Ticket, TicketEvent, TicketState
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop
from tests.queries import Counter

HX = {"HX-Request": "true"}
BAKER = Actor(None, "test baker")


@pytest.fixture
def kitchen(client: FlaskClient, session: Session):
    with clock.travel(sydney("2026-06-15 06:00")):
        make_open_shop(session)
        sign_in(client, role=Role.BAKER)
        yield client


def _order(*lines, note: str = "", **changes) -> Order:
    order = place_paid(*lines, note=note, **changes)
    services.open_tickets(order.id)
    return order


def _today(session: Session, *lines, **changes) -> Order:
    """A paid order with tickets, for two o'clock this afternoon."""
    order = _order(*lines, **changes)
    order.pickup_at = sydney("2026-06-15 14:00")
    for ticket in session.scalars(select(Ticket).where(Ticket.order_id == order.id)):
        ticket.due_at = order.pickup_at
    session.commit()
    return order


def _tickets(session: Session, order: Order) -> list[Ticket]:
    session.expire_all()
    return list(session.scalars(select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)))


def _tap(kitchen: FlaskClient, ticket: Ticket, to: str, seen: str | None = None, **headers):
    data = {"to": to, "from": seen or ticket.state, "day": "today"}
    return kitchen.post(f"/kitchen/tickets/{ticket.id}/state", data=data, headers=headers or HX)


def test_a_ticket_says_what_must_not_be_overlooked(kitchen: FlaskClient, session: Session) -> None:
    cake = make_cake(
        product__allergens={"nuts": "contains", "sesame": "may_contain", "eggs": "not_contained"}
    )
    _today(session, (cake, 1, "Happy 40th Laila"), note="No candles, please: lungs")
    page = kitchen.get("/kitchen").text
    for words in (
        "Walnut Cake",
        "8 inch",
        "Happy 40th Laila",
        "Tree nuts",
        "May contain sesame",
        "2:00",
        "No candles",
    ):
        assert words in page
    assert re.search(r'class="unknown">[^<]*milk', page), "what is not declared is said to be unknown"
    assert "Eggs" not in page and "laila@saffron.test" not in page and "+61491570156" not in page


def test_a_line_without_any_declaration_says_so(kitchen: FlaskClient, session: Session) -> None:
    order = _today(session, (make_loaf(), 1))
    for line in order.lines if "lines" in order.__dict__ else []:
        line.allergens = {}
    assert "Allergens not known" in kitchen.get("/kitchen").text


def test_the_order_follows_its_tickets_and_undo_takes_all_of_it_back(
    kitchen: FlaskClient, session: Session
) -> None:
    order = _today(session, (make_cake(), 1), (make_loaf(), 2))
    first, second = _tickets(session, order)

    def status() -> str:
        session.expire_all()
        return order.status

    answer = _tap(kitchen, first, "IN_PROGRESS")
    assert answer.status_code == 200 and 'id="kitchen-board"' in answer.text and "Undo" in answer.text
    assert status() == OrderStatus.IN_PRODUCTION
    _tap(kitchen, first, "DONE", "IN_PROGRESS")
    assert status() == OrderStatus.IN_PRODUCTION
    _tap(kitchen, second, "DONE")
    assert status() == OrderStatus.READY
    _tap(kitchen, second, "TO_DO", "DONE")
    assert status() == OrderStatus.IN_PRODUCTION
    _tap(kitchen, first, "TO_DO", "DONE")
    assert status() == OrderStatus.CONFIRMED
    events = session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == first.id)).all()
    assert [e.to_state for e in events] == ["TO_DO", "IN_PROGRESS", "DONE", "TO_DO"]


def test_handing_over_takes_it_off_the_board_and_can_be_undone(
    kitchen: FlaskClient, session: Session
) -> None:
    order = _today(session, (make_cake(), 1))
    [ticket] = _tickets(session, order)
    _tap(kitchen, ticket, "DONE")
    answer = kitchen.post(f"/kitchen/orders/{order.id}/collection", headers=HX)
    assert f'id="ticket-{ticket.id}"' not in answer.text and "collection/undo" in answer.text
    again = kitchen.post(f"/kitchen/orders/{order.id}/collection", headers=HX)
    assert again.status_code == 409 and 'id="kitchen-board"' in again.text
    back = kitchen.post(f"/kitchen/orders/{order.id}/collection/undo", headers=HX)
    assert f'id="ticket-{ticket.id}"' in back.text
    assert kitchen.post(f"/kitchen/orders/{order.id}/collection/undo", headers=HX).status_code == 409


def test_a_screen_that_is_late_gets_409_and_the_board_as_it_is(
    kitchen: FlaskClient, session: Session
) -> None:
    [ticket] = _tickets(session, _today(session, (make_cake(), 1)))
    _tap(kitchen, ticket, "IN_PROGRESS", "TO_DO")
    late = _tap(kitchen, ticket, "DONE", "TO_DO")
    assert late.status_code == 409
    assert "Another screen has moved this ticket already" in late.text
    assert 'id="kitchen-board"' in late.text and "Being made" in late.text
    plain = kitchen.post(f"/kitchen/tickets/{ticket.id}/state", data={"to": "DONE", "from": "TO_DO"})
    assert plain.status_code == 409 and "Another screen" in plain.text and "<h1>" in plain.text


@pytest.mark.parametrize(
    ("address", "data", "status"),
    [
        ("/kitchen/tickets/999999/state", {"to": "DONE", "from": "TO_DO"}, 404),
        ("/kitchen/tickets/99999999999999999999/state", {"to": "DONE", "from": "TO_DO"}, 400),
        ("/kitchen/tickets/1/state", {"to": "BURNT", "from": "TO_DO"}, 422),
        ("/kitchen/tickets/1/state", {"to": "VOID", "from": "TO_DO"}, 422),
        ("/kitchen/tickets/1/state", {}, 422),
        ("/kitchen/orders/999999/collection", {}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(kitchen: FlaskClient, address: str, data: dict, status: int) -> None:
    assert kitchen.post(address, data=data).status_code == status
    assert kitchen.post(address, data=data, headers=HX).status_code == status


def test_a_cancelled_order_stays_as_void_until_seen_also_when_it_was_printed(
    kitchen: FlaskClient, session: Session
) -> None:
    order = _today(session, (make_cake(), 1))
    kitchen.post("/kitchen/print")
    cancel_with_refund(order.id, BAKER, "the customer rang")
    assert services.void_tickets(order.id) == 1
    assert "VOID" in kitchen.get("/kitchen").text
    seen = kitchen.post(f"/kitchen/orders/{order.id}/void", headers=HX)
    assert "VOID" not in seen.text.split("toasts")[0]
    assert "VOID" not in kitchen.get("/kitchen").text
    assert _tap(kitchen, _tickets(session, order)[0], "DONE", "TO_DO").status_code == 409


def test_a_second_print_says_reprint(kitchen: FlaskClient, session: Session) -> None:
    order = _today(session, (make_cake(), 1, "Happy 40th"))
    [ticket] = _tickets(session, order)
    # As the buttons on the board do it, scripts or not.
    board = BeautifulSoup(kitchen.get("/kitchen").text, "html.parser")
    forms = [
        {field["name"]: field["value"] for field in form.select("input")}
        for form in board.select("form[method=post][action='/kitchen/print']")
    ]
    assert forms == [{"day": "today"}, {"ticket": str(ticket.id), "day": "today"}]
    first = kitchen.post("/kitchen/print", data=forms[1]).text
    second = kitchen.post("/kitchen/print", data=forms[0]).text
    assert "REPRINT" not in first and "REPRINT" in second
    assert "TREE NUTS" in first and "Happy 40th" in first and order.number in first
    for ask in (kitchen.get, kitchen.post):
        for unknown in ("999999", "abc", "9" * 30, "-1"):
            assert ask(f"/kitchen/print?ticket={unknown}").status_code == 404, unknown
        assert ask("/kitchen/print?day=tomorrow").status_code == 404


def test_looking_at_the_paper_changes_nothing(kitchen: FlaskClient, session: Session) -> None:
    [ticket] = _tickets(session, _today(session, (make_cake(), 1)))
    for address in (f"/kitchen/print?ticket={ticket.id}", "/kitchen/print?day=today"):
        for _ in range(2):
            assert "REPRINT" not in kitchen.get(address).text
    session.expire_all()
    assert ticket.printed_at is None


def test_totals_fold_and_say_how_far_the_day_is(kitchen: FlaskClient, session: Session) -> None:
    cake = make_cake()
    done = _today(session, (cake, 2), (make_loaf(), 1))
    services.move_ticket(_tickets(session, done)[0].id, TicketState.DONE, None, BAKER)

    def fold(day: str) -> Tag:
        return BeautifulSoup(kitchen.get(f"/kitchen?day={day}").text, "html.parser").select_one("details")

    assert "2 of 3 made, 2 kinds" in fold("today").summary.get_text(" ", strip=True)
    assert fold("today").has_attr("open") and not fold("week").has_attr("open")


def test_totals_count_the_whole_day_also_what_is_handed_over_and_tomorrow_has_its_own(
    kitchen: FlaskClient, session: Session
) -> None:
    cake, loaf = make_cake(), make_loaf()
    done = _today(session, (cake, 2))
    _today(session, (cake, 1), (loaf, 3))
    _order((cake, 5))  # a day's lead time: tomorrow
    for ticket in _tickets(session, done):
        services.move_ticket(ticket.id, TicketState.DONE, None, BAKER)
    services.collect_order(done.id, BAKER)

    def totals(day: str) -> list[tuple[str, str, str]]:
        page = re.sub(r"<svg.*?</svg>", "", kitchen.get(f"/kitchen?day={day}").text, flags=re.S)
        found = re.findall(r'class="n">(\d+)</span><span class="of">/ (\d+)</span> ([^<]+)<', page)
        return [(made, of, what.strip()) for made, of, what in found]

    assert totals("today") == [("0", "3", "Sourdough Loaf"), ("2", "3", "Walnut Cake 8 inch")]
    assert totals("tomorrow") == [("0", "5", "Walnut Cake 8 inch")]
    assert ("2", "8", "Walnut Cake 8 inch") in totals("week")
    assert totals("nonsense") == totals("today")


def test_the_board_takes_few_queries_however_many_tickets(
    kitchen: FlaskClient, session: Session, count_queries: Counter
) -> None:
    with count_queries() as few:
        kitchen.get("/kitchen")
    for _ in range(4):
        _today(session, (make_cake(), 1), (make_loaf(), 1))
    with count_queries() as many:
        page = kitchen.get("/kitchen")
    assert page.text.count('class="ticket ') == 8
    assert len(many) == len(few) <= 5, many


def test_an_unchanged_board_is_304_and_the_same_bytes(kitchen: FlaskClient, session: Session) -> None:
    _today(session, (make_cake(), 1))
    first = kitchen.get("/kitchen", headers=HX)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = kitchen.get("/kitchen", headers=HX | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_late_and_soon_follow_the_clock(kitchen: FlaskClient, session: Session) -> None:
    _today(session, (make_cake(), 1))
    assert "Soon" not in kitchen.get("/kitchen", headers=HX).text
    with clock.travel(sydney("2026-06-15 12:30")):
        assert "Soon" in kitchen.get("/kitchen", headers=HX).text
    with clock.travel(sydney("2026-06-15 14:30")):
        assert "Late" in kitchen.get("/kitchen", headers=HX).text


def test_what_is_left_from_yesterday_stays_on_the_board(kitchen: FlaskClient, session: Session) -> None:
    order = _today(session, (make_cake(), 1))
    [ticket] = _tickets(session, order)
    ticket.due_at = clock.now() - timedelta(days=1)
    session.commit()
    assert f'id="ticket-{ticket.id}"' in kitchen.get("/kitchen").text


def test_every_tap_is_in_the_audit_log(kitchen: FlaskClient, session: Session) -> None:
    order = _today(session, (make_cake(), 1))
    [ticket] = _tickets(session, order)
    _tap(kitchen, ticket, "DONE")
    kitchen.post(f"/kitchen/orders/{order.id}/collection", headers=HX)
    kitchen.post(f"/kitchen/orders/{order.id}/collection/undo", headers=HX)
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.action.like("kitchen%")).order_by(AuditEntry.id)
    ).all()
    assert [row.action for row in rows] == ["kitchen.move", "kitchen.hand over", "kitchen.take back"]
    assert rows[0].before == {"state": "TO_DO"} and rows[0].after["state"] == "DONE"
    assert all(row.actor_id and row.ip for row in rows)


def test_the_board_of_a_database_that_is_gone_is_503_and_no_board(
    kitchen: FlaskClient, app: Flask, monkeypatch
) -> None:
    answer = kitchen.get("/kitchen", headers=HX)
    assert 'hx-get="/kitchen?day=today"' in answer.text
