"""The kitchen's board, read in one query (two with cakes that are made in steps) and arranged here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, load_only

from bakery.catalog.illustration.specs import CakeSpec
from bakery.catalog.illustration.stored import from_json
from bakery.catalog.words import ALLERGEN_WORDS
from bakery.core.errors import NotFound
from bakery.core.money import Money
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import OrderStatus
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.production.models import STATION_NAMES, Ticket, TicketState
from bakery.production.services import IN_KITCHEN
from bakery.scheduling.steps import read_words
from bakery.scheduling.types import Station

SOON = timedelta(hours=2)
# What `Order.due_later`, `is_unpaid`, `is_overdue` and `balance_due_on` read.
WHAT_IS_DUE = (
    Order.status,
    Order.payment_status,
    Order.total_cents,
    Order.credited_cents,
    Order.held_cents,
    Order.currency,
    Order.balance_due_at,
    Order.time_zone,
)


@dataclass(frozen=True, slots=True)
class OtherStep:
    """Another step of the same cake: when, and whether it is done."""

    name: str
    on: date
    done: bool


@dataclass(frozen=True, slots=True)
class TicketView:
    """One card: an order line or a step of it, when it is due, and what must not be overlooked."""

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
    pickup_at: datetime
    pickup_on: date
    # Empty and 0 of 0 for what is made in one go.
    step_name: str
    step: int
    steps: int
    others: tuple[OtherStep, ...]
    tasks: tuple[str, ...]
    instructions: str
    drawn: bool
    # What is still to be paid before the order is handed over; whether nothing was, and whether it should have been.
    to_pay: Money
    unpaid: bool
    overdue: bool
    due_by: date | None
    # The bank took its money back: whether it is still made is for somebody to say.
    dispute_lost: bool

    @property
    def is_last(self) -> bool:
        """Whether the order can be handed over once this is done."""
        return self.step == self.steps

    @property
    def on_shelf(self) -> bool:
        """Whether this card stands for the whole cake, that waits for its customer."""
        return self.is_last and self.order_status == OrderStatus.READY


@dataclass(frozen=True, slots=True)
class Total:
    """All day: how many of one size are asked for, and how many are done."""

    product: str
    size: str
    # Which step of it; empty for what is made in one go.
    step_name: str
    wanted: int
    done: int


def list_tickets(
    session: Session, now: datetime, zone: str, days: tuple[date, date], station: Station | None = None
) -> list[TicketView]:
    """Tickets due on local dates from the first to the last, and every older one still open, by due time; with
    `station`, only the steps that are done there.

    Of a cake made in steps that waits on the shelf, only the last step stays.
    """
    start, end = _bounds(zone, *days)
    waiting = Ticket.state.in_([TicketState.TO_DO, TicketState.IN_PROGRESS]) | (
        (Order.status == OrderStatus.READY) & (Ticket.step == Ticket.steps)
    )
    query = _query().where(Ticket.due_at < end, or_(Ticket.due_at >= start, waiting))
    if station:
        query = query.where(Ticket.station == station)
    return _views(session, session.execute(query).all(), now, ZoneInfo(zone))


def tickets_by_id(session: Session, now: datetime, zone: str, ids: Sequence[int]) -> list[TicketView]:
    """Chosen tickets, for paper and for a page of their own."""
    return _views(session, session.execute(_query().where(Ticket.id.in_(ids))).all(), now, ZoneInfo(zone))


def get_drawing(session: Session, ticket_id: int) -> tuple[CakeSpec, str]:
    """What the cake of a ticket looks like, and its name. Raises NotFound where there is nothing to draw."""
    row = session.execute(
        select(OrderLine.drawing, OrderLine.product_name, OrderLine.variant_name)
        .join(Ticket, Ticket.order_line_id == OrderLine.id)
        .where(Ticket.id == ticket_id)
    ).one_or_none()
    if row is None or not row.drawing:
        raise NotFound("There is no picture of this.")
    return from_json(row.drawing), f"{row.product_name}, {row.variant_name}"


def totals(
    session: Session, zone: str, days: tuple[date, date], station: Station | None = None
) -> list[Total]:
    """All that is due on local dates from the first to the last, by product, size and step, the most first: one
    query.

    What has been handed over still counts: the day asked for it.
    """
    start, end = _bounds(zone, *days)
    wanted = func.sum(OrderLine.quantity)
    done = func.coalesce(wanted.filter(Ticket.state == TicketState.DONE), 0)
    query = (
        select(OrderLine.product_name, OrderLine.variant_name, Ticket.station, wanted, done)
        .join(Ticket, Ticket.order_line_id == OrderLine.id)
        .join(Order, Order.id == Ticket.order_id)
        .where(
            Ticket.due_at >= start,
            Ticket.due_at < end,
            Ticket.state != TicketState.VOID,
            Order.status.in_([*IN_KITCHEN, OrderStatus.COLLECTED]),
        )
        .group_by(OrderLine.product_name, OrderLine.variant_name, Ticket.station)
        .order_by(wanted.desc(), OrderLine.product_name, OrderLine.variant_name, Ticket.station)
    )
    if station:
        query = query.where(Ticket.station == station)
    return [
        Total(product, size, _name(where), asked, made)
        for product, size, where, asked, made in session.execute(query)
    ]


def _bounds(zone: str, first: date, last: date) -> tuple[datetime, datetime]:
    tz = ZoneInfo(zone)
    start = datetime.combine(first, datetime.min.time(), tz)
    return start, datetime.combine(last + timedelta(days=1), datetime.min.time(), tz)


def _query() -> Any:
    void_unseen = (Ticket.state == TicketState.VOID) & Ticket.printed_at.is_(None)
    return (
        select(
            Ticket,
            OrderLine,
            Order,
            Order.number,
            Order.status,
            Order.customer_note,
            Order.contact_name,
            Order.pickup_at,
            exists()
            .where(Dispute.order_id == Order.id, Dispute.state == DisputeState.LOST)
            .label("dispute_lost"),
        )
        .join(OrderLine, OrderLine.id == Ticket.order_line_id)
        .join(Order, Order.id == Ticket.order_id)
        # Of the order itself only what tells whether something is still to be paid, and since when.
        .options(load_only(*WHAT_IS_DUE))
        .where(or_(Order.status.in_(IN_KITCHEN), void_unseen))
        .order_by(Ticket.due_at, Order.id, OrderLine.position, Ticket.step)
    )


def _views(session: Session, rows: Sequence[Any], now: datetime, tz: ZoneInfo) -> list[TicketView]:
    others = _others(session, {row.Ticket.order_line_id for row in rows if row.Ticket.step}, tz)
    return [_view(row, now, tz, others) for row in rows]


def _others(session: Session, line_ids: set[int], tz: ZoneInfo) -> dict[int, list[tuple[int, OtherStep]]]:
    """Every step of some lines: one query, none where nothing is made in steps."""
    found: dict[int, list[tuple[int, OtherStep]]] = {}
    if not line_ids:
        return found
    rows = session.execute(
        select(Ticket.order_line_id, Ticket.step, Ticket.station, Ticket.due_at, Ticket.state)
        .where(Ticket.order_line_id.in_(line_ids))
        .order_by(Ticket.step)
    )
    for line_id, step, station, due_at, state in rows:
        other = OtherStep(_name(station), due_at.astimezone(tz).date(), state == TicketState.DONE)
        found.setdefault(line_id, []).append((step, other))
    return found


def _name(station: str | None) -> str:
    return STATION_NAMES[Station(station)] if station else ""


def _view(
    row: Any, now: datetime, tz: ZoneInfo, others: dict[int, list[tuple[int, OtherStep]]]
) -> TicketView:
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
        pickup_at=row.pickup_at,
        pickup_on=row.pickup_at.astimezone(tz).date(),
        step_name=ticket.step_name,
        step=ticket.step,
        steps=ticket.steps,
        others=tuple(o for step, o in others.get(ticket.order_line_id, ()) if step != ticket.step),
        tasks=read_words(line.steps, ticket.station) if ticket.station else (),
        instructions=line.instructions,
        drawn=bool(line.drawing),
        to_pay=row.Order.due_later,
        unpaid=row.Order.is_unpaid,
        overdue=row.Order.is_overdue,
        due_by=row.Order.balance_due_on,
        dispute_lost=row.dispute_lost,
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
