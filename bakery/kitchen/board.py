"""/kitchen: the wall screen, its moves and its paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.catalog.illustration.illustrate import preview
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import DomainError, Invalid, NotFound
from bakery.core.states import find_state
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.pagecache import keep
from bakery.production import queries, services
from bakery.production.models import STATION_NAMES, TicketState
from bakery.scheduling.types import Station
from bakery.shop.queries import get_profile

blueprint = Blueprint("kitchen", __name__, url_prefix="/kitchen")
# The screen stays open for days, longer than any form token lives, and an unchanged board must be the same
# bytes each time. The origin guard and SameSite cookies keep other sites out (docs/decisions).
blueprint.csrf_exempt = True  # type: ignore[attr-defined]

# Colours follow the clock (soon, late), so an unchanged board is drawn again this often.
KEEP_SECONDS = 20
DAYS = {"today": "Today", "tomorrow": "Tomorrow", "week": "Next 7 days"}
STATIONS = {"": "All", **{station.value: name for station, name in STATION_NAMES.items()}}
WORDS = {TicketState.TO_DO: "to do again", TicketState.IN_PROGRESS: "being made", TicketState.DONE: "done"}


@blueprint.get("")
def show() -> Response:
    """The board; only its moving parts for htmx; 304 when nothing changed."""
    response = htmx.render("kitchen/show.html", fragment="kitchen/_board.html", **_board())
    if htmx.wants_fragment():
        keep(response, topics=("kitchen", "people", "shop"), seconds=KEEP_SECONDS, private=True)
        response.make_conditional(request)
    else:
        response.headers["Cache-Control"] = "private, no-store"
    return response


@blueprint.get("/tickets/<int:ticket_id>")
def ticket(ticket_id: int) -> ResponseReturnValue:
    """One ticket with its cake drawn large, for whoever stands before it."""
    zone = get_profile(db.session()).time_zone
    found = queries.tickets_by_id(db.session(), clock.now(), zone, [ticket_id])
    if not found:
        raise NotFound("There is no such ticket.")
    today = clock.today(zone)
    body = render_template("kitchen/ticket.html", ticket=found[0], zone=zone, today=today, **_where())
    return body, 200, {"Cache-Control": "private, no-store"}


@blueprint.get("/tickets/<int:ticket_id>/cake.svg")
def picture(ticket_id: int) -> ResponseReturnValue:
    """The cake of a ticket, as it was promised. It never changes, so a screen asks for it once a day."""
    spec, name = queries.get_drawing(db.session(), ticket_id)
    headers = {"Content-Type": "image/svg+xml", "Cache-Control": "private, max-age=86400"}
    return preview(spec, name), 200, headers


@blueprint.post("/tickets/<int:ticket_id>/state")
def move(ticket_id: int) -> ResponseReturnValue:
    """One tap. `from` is what this screen showed; another screen may have been quicker."""
    moved = services.move_ticket(ticket_id, _state("to"), _state("from"), _actor())
    return _after(f"{moved.product} is {WORDS[moved.after]}", moved)


@blueprint.post("/orders/<int:order_id>/collection")
def collect(order_id: int) -> ResponseReturnValue:
    """Handed over. `owing` is what the button said is not paid; it may be paid by now, or more may be due."""
    services.collect_order(order_id, _actor(), owing_cents=request.form.get("owing", 0, type=int))
    return _after("Handed over", undo_order=order_id)


@blueprint.post("/orders/<int:order_id>/collection/undo")
def undo_collect(order_id: int) -> ResponseReturnValue:
    """A mis-tap: back on the shelf."""
    services.undo_collect(order_id, _actor())
    return _after("Back on the shelf")


@blueprint.post("/orders/<int:order_id>/void")
def acknowledge(order_id: int) -> ResponseReturnValue:
    """Seen that it is called off."""
    services.acknowledge_void(order_id, _actor())
    return _after("Taken off the board")


@blueprint.get("/print")
def paper() -> ResponseReturnValue:
    """Tickets as paper: one (`ticket`), or all of a day. Looking changes nothing."""
    return _paper(_to_print())


@blueprint.post("/print")
def print_tickets() -> ResponseReturnValue:
    """The same paper, noted as printed: from now on it says REPRINT."""
    tickets = _to_print()
    services.note_printed(ticket.id for ticket in tickets)
    return _paper(tickets)


def _to_print() -> list[queries.TicketView]:
    chosen = request.values.get("ticket", "")
    if chosen:
        if not chosen.isdecimal() or len(chosen) > 11:
            raise NotFound("There is no ticket to print.")
        zone = get_profile(db.session()).time_zone
        tickets = queries.tickets_by_id(db.session(), clock.now(), zone, [int(chosen)])
    else:
        tickets = [t for t in _board()["tickets"] if t.state != TicketState.VOID]
    if not tickets:
        raise NotFound("There is no ticket to print.")
    return tickets


def _paper(tickets: list[queries.TicketView]) -> ResponseReturnValue:
    heading = (
        f"Ticket of {tickets[0].number}"
        if request.values.get("ticket")
        else f"Tickets, {DAYS[_day()].lower()}"
    )
    body = render_template("kitchen/print.html", tickets=tickets, heading=heading, **_where())
    return body, 200, {"Cache-Control": "private, no-store"}


def _board() -> dict[str, Any]:
    where = _where()
    day, station = where["day"], find_state(Station, where["station"])
    shop = get_profile(db.session())
    today = clock.today(shop.time_zone)
    first, last = {
        "today": (today, today),
        "tomorrow": (today + timedelta(days=1), today + timedelta(days=1)),
        "week": (today, today + timedelta(days=6)),
    }[day]
    tickets = queries.list_tickets(db.session(), clock.now(), shop.time_zone, (first, last), station)
    return {
        **where,
        "tickets": [t for t in tickets if day != "tomorrow" or t.due_on == first],
        "totals": queries.totals(db.session(), shop.time_zone, (first, last), station),
        "days": DAYS,
        "stations": STATIONS,
        "today": today,
        "zone": shop.time_zone,
    }


@blueprint.errorhandler(DomainError)
def refused(error: DomainError) -> ResponseReturnValue:
    """Say why, and show the board as it is now: it must never leave the wall."""
    db.session.rollback()
    context = _board()
    if htmx.wants_fragment():
        body = render_template("kitchen/_moved.html", text=error.message, tone="danger", **context)
    else:
        body = render_template("kitchen/show.html", problem=error.message, **context)
    return body, error.status, {"Cache-Control": "private, no-store"}


def _after(
    text: str, moved: services.Moved | None = None, undo_order: int | None = None
) -> ResponseReturnValue:
    if htmx.wants_fragment():
        db.session.rollback()
        return render_template(
            "kitchen/_moved.html", text=text, moved=moved, undo_order=undo_order, **_board()
        )
    flash(text, "success")
    where = _where()
    return htmx.see_other(f"/kitchen?day={where['day']}{where['at']}")


def _day() -> str:
    day = request.values.get("day", "today")
    return day if day in DAYS else "today"


def _where() -> dict[str, str]:
    """Which part of the board is looked at. `at` is how an address goes on with it."""
    station = request.values.get("station", "")
    station = station if station in STATIONS else ""
    return {"day": _day(), "station": station, "at": f"&station={station}" if station else ""}


def _state(name: str) -> TicketState:
    state = find_state(TicketState, request.form.get(name, ""))
    if state is None or state == TicketState.VOID:
        raise Invalid("There is no such state of a ticket.", field=name)
    return state


def _actor() -> Actor:
    return Actor(current_user.id, current_user.display_name, request.remote_addr)
