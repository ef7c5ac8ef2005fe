"""The kitchen's board, read in one query and arranged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bakery.catalog.words import ALLERGEN_WORDS
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus
from bakery.production.models import Ticket, TicketState
from bakery.production.services import IN_KITCHEN

SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class TicketView:
    """One card: an order line, when it is due, and what must not be overlooked."""

    id: int
    order_id: int
    number: str
    order_status: OrderStatus
    state: TicketState
    due_at: datetime
    due_on: date
    quantity: int
    product: str
    size: str
    message: str
    note: str
    contains: tuple[str, ...]
    may_contain: tuple[str, ...]
    unknown: tuple[str, ...]
    ingredients: str
    printed: bool
    late: bool
    soon: bool
    customer: str


@dataclass(frozen=True, slots=True)
class Total:
    """All day: how many of one size are asked for, and how many are done."""

    product: str
    size: str
    wanted: int
    done: int


def list_tickets(session: Session, now: datetime, zone: str, first: date, last: date) -> list[TicketView]:
    """Tickets due on local dates from `first` to `last`, and every older one still open, by due time."""
    tz = ZoneInfo(zone)
    start, end = _bounds(zone, first, last)
    waiting = Ticket.state.in_([TicketState.TO_DO, TicketState.IN_PROGRESS]) | (
        Order.status == OrderStatus.READY
    )
    rows = session.execute(_query().where(Ticket.due_at < end, or_(Ticket.due_at >= start, waiting))).all()
    return [_view(row, now, tz) for row in rows]


def tickets_by_id(session: Session, now: datetime, zone: str, ids: Sequence[int]) -> list[TicketView]:
    """Chosen tickets, for paper."""
    rows = session.execute(_query().where(Ticket.id.in_(ids))).all()
    return [_view(row, now, ZoneInfo(zone)) for row in rows]


def totals(session: Session, zone: str, first: date, last: date) -> list[Total]:
    """All that is due on local dates from `first` to `last`, by product and size, the most first: one query.

    What has been handed over still counts: the day asked for it.
    """
    start, end = _bounds(zone, first, last)
    wanted = func.sum(OrderLine.quantity)
    done = func.coalesce(wanted.filter(Ticket.state == TicketState.DONE), 0)
    rows = session.execute(
        select(OrderLine.product_name, OrderLine.variant_name, wanted, done)
        .join(Ticket, Ticket.order_line_id == OrderLine.id)
        .join(Order, Order.id == Ticket.order_id)
        .where(
            Ticket.due_at >= start,
            Ticket.due_at < end,
            Ticket.state != TicketState.VOID,
            Order.status.in_([*IN_KITCHEN, OrderStatus.COLLECTED]),
        )
        .group_by(OrderLine.product_name, OrderLine.variant_name)
        .order_by(wanted.desc(), OrderLine.product_name, OrderLine.variant_name)
    )
    return [Total(*row) for row in rows]


def _bounds(zone: str, first: date, last: date) -> tuple[datetime, datetime]:
    tz = ZoneInfo(zone)
    start = datetime.combine(first, datetime.min.time(), tz)
    return start, datetime.combine(last + timedelta(days=1), datetime.min.time(), tz)


def _query() -> Any:
    void_unseen = (Ticket.state == TicketState.VOID) & Ticket.printed_at.is_(None)
    return (
        select(Ticket, OrderLine, Order.number, Order.status, Order.customer_note, Order.contact_name)
        .join(OrderLine, OrderLine.id == Ticket.order_line_id)
        .join(Order, Order.id == Ticket.order_id)
        .where(or_(Order.status.in_(IN_KITCHEN), void_unseen))
        .order_by(Ticket.due_at, Order.id, OrderLine.position)
    )


def _view(row: Any, now: datetime, tz: ZoneInfo) -> TicketView:
    ticket, line = row.Ticket, row.OrderLine
    state = TicketState(ticket.state)
    open_ = state in (TicketState.TO_DO, TicketState.IN_PROGRESS)
    return TicketView(
        id=ticket.id,
        order_id=ticket.order_id,
        number=row.number,
        order_status=OrderStatus(row.status),
        state=state,
        due_at=ticket.due_at,
        due_on=ticket.due_at.astimezone(tz).date(),
        quantity=line.quantity,
        product=line.product_name,
        size=line.variant_name,
        message=line.message,
        note=row.customer_note,
        contains=_declared(line.allergens, "contains"),
        may_contain=_declared(line.allergens, "may_contain"),
        unknown=_declared(line.allergens, "unknown"),
        ingredients=line.ingredients,
        printed=ticket.printed_at is not None,
        late=open_ and ticket.due_at < now,
        soon=open_ and now <= ticket.due_at < now + SOON,
        customer=row.contact_name.split(" ")[0],
    )


def _declared(allergens: dict[str, Any], state: str) -> tuple[str, ...]:
    """The words of the fourteen that are declared so, with the species; what is not declared is unknown."""
    found = []
    for code, words in ALLERGEN_WORDS.items():
        declared = allergens.get(code) or {}
        if declared.get("state", "unknown") == state:
            note = declared.get("note")
            found.append(f"{words} ({note})" if note else words)
    return tuple(found)
