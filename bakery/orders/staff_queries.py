"""Orders as staff look for them: search, filters, pages, counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, ColumnElement, Row, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session, selectinload

from bakery.core.errors import NotFound
from bakery.core.ids import normalize_number
from bakery.infra.transaction import end_read
from bakery.orders.models import Order, OrderEvent, OrderLine
from bakery.orders.states import STILL_DUE, OrderStatus

PAGE_SIZE = 50
# Orders read at a time for a file: few trips, and memory that does not grow with the shop.
EXPORT_CHUNK = 500
OPEN = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY)

_DUE: ColumnElement[bool] = literal_column(f"({STILL_DUE})", Boolean)
SORTS: dict[str, Any] = {
    "number": Order.number,
    "placed": Order.placed_at,
    "pickup": Order.pickup_at,
    "total": Order.total_cents,
    "name": Order.contact_name,
}

_EXPORTED: tuple[Any, ...] = (
    Order.number,
    Order.status,
    Order.payment_status,
    Order.placed_at,
    Order.pickup_at,
    Order.contact_name,
    Order.contact_email,
    Order.contact_phone,
    Order.currency,
    OrderLine.sku,
    OrderLine.product_name,
    OrderLine.variant_name,
    OrderLine.quantity,
    OrderLine.message,
    OrderLine.total_cents,
    OrderLine.tax_cents,
)


@dataclass(frozen=True, slots=True)
class OrderFilters:
    """What staff asked of the list. Dates are pickup dates in `zone`, both included."""

    zone: str
    q: str = ""
    statuses: tuple[OrderStatus, ...] = ()
    cakes_only: bool = False
    # Only what the customer still owes something of.
    due_only: bool = False
    pickup_from: date | None = None
    pickup_to: date | None = None
    sort: str = "pickup"
    descending: bool = False
    # Whether `q` may look at names, emails and phones, or at numbers only.
    personal: bool = True


@dataclass(frozen=True, slots=True)
class OrderPage:
    orders: Sequence[Order]
    total: int


def list_orders(session: Session, filters: OrderFilters, page: int) -> OrderPage:
    """One page of orders with their lines, and how many there are in all: three queries."""
    conditions = _conditions(filters)
    total = session.scalar(select(func.count()).select_from(Order).where(*conditions)) or 0
    orders = session.scalars(
        _sorted(select(Order).where(*conditions), filters)
        .options(selectinload(Order.lines))
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    return OrderPage(orders, total)


def export_lines(session: Session, filters: OrderFilters) -> Iterator[Row[Any]]:
    """Every line of the filters' orders, in the list's order, read `EXPORT_CHUNK` orders at a time.

    Each chunk is a transaction of its own that begins after the last order of the one before: however slowly
    somebody takes the file, nothing stays open in the database meanwhile.
    """
    column = SORTS[filters.sort]
    wanted = _sorted(select(Order.id, column.label("place")).where(*_conditions(filters)), filters)
    lines = _sorted(select(*_EXPORTED).join(Order.lines), filters).order_by(OrderLine.position)
    query = wanted
    while orders := session.execute(query.limit(EXPORT_CHUNK)).all():
        rows = session.execute(lines.where(Order.id.in_([order.id for order in orders]))).all()
        end_read()
        yield from rows
        last = orders[-1]
        beyond = column < last.place if filters.descending else column > last.place
        query = wanted.where(or_(beyond, and_(column == last.place, Order.id > last.id)))


def get_order(session: Session, number: str) -> Order:
    """An order with its lines, by number however it was typed. Raises NotFound."""
    normal = normalize_number(number)
    order = session.scalar(select(Order).where(Order.number == normal).options(selectinload(Order.lines)))
    if order is None:
        raise NotFound("There is no order by that number.")
    return order


def list_events(session: Session, order_id: int) -> Sequence[OrderEvent]:
    """An order's whole history, oldest first."""
    return session.scalars(
        select(OrderEvent).where(OrderEvent.order_id == order_id).order_by(OrderEvent.at, OrderEvent.id)
    ).all()


def count_by_view(session: Session, day_end: datetime) -> dict[str, int]:
    """The numbers on the saved views: one query. What should have been collected before belongs to today."""
    today = Order.pickup_at < day_end
    open_ = Order.status.in_(OPEN)
    row = session.execute(
        select(
            func.count().filter(open_ & today).label("today"),
            func.count().filter(open_).label("open"),
            func.count().filter(open_ & Order.has_cake).label("cakes"),
            func.count().filter(Order.status == OrderStatus.PENDING_PAYMENT).label("unpaid"),
            func.count().filter(_DUE).label("due"),
        ).where(or_(Order.status.in_([*OPEN, OrderStatus.PENDING_PAYMENT]), _DUE))
    ).one()
    return dict(row._mapping)


def find_orders(session: Session, q: str, *, personal: bool, limit: int = 6) -> Sequence[Order]:
    """Orders that `q` fits, for the command palette; by number only unless `personal`."""
    return session.scalars(
        select(Order).where(order_matches(q, personal=personal)).order_by(Order.placed_at.desc()).limit(limit)
    ).all()


def numbers_by_ref(session: Session, refs: Sequence[str]) -> dict[str, str]:
    """The numbers of the orders that other domains name as `order:<id>`; refs to other things are left out."""
    ids = [int(ref.removeprefix("order:")) for ref in refs if re.fullmatch(r"order:\d{1,18}", ref)]
    if not ids:
        return {}
    rows = session.execute(select(Order.id, Order.number).where(Order.id.in_(ids)))
    return {f"order:{order_id}": number for order_id, number in rows}


def day_bounds(on: date, zone: str) -> tuple[datetime, datetime]:
    """The instants at which a local day begins and ends."""
    tz = ZoneInfo(zone)
    start = datetime.combine(on, time(0), tz)
    return start, datetime.combine(on + timedelta(days=1), time(0), tz)


def _conditions(filters: OrderFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.q:
        conditions.append(order_matches(filters.q, personal=filters.personal))
    if filters.statuses:
        conditions.append(Order.status.in_(filters.statuses))
    if filters.cakes_only:
        conditions.append(Order.has_cake.is_(True))
    if filters.due_only:
        conditions.append(_DUE)
    if filters.pickup_from:
        conditions.append(Order.pickup_at >= day_bounds(filters.pickup_from, filters.zone)[0])
    if filters.pickup_to:
        conditions.append(Order.pickup_at < day_bounds(filters.pickup_to, filters.zone)[1])
    return conditions


def order_matches(q: str, *, personal: bool) -> ColumnElement[bool]:
    """Orders that what somebody typed fits: by number, and by name, email or phone where `personal`."""
    number = normalize_number(q)
    if number:
        return Order.number == number
    like = f"%{_escaped(q.strip().lower())}%"
    if not personal:
        return func.lower(Order.number).like(like, escape="\\")
    digits = "".join(c for c in q if c.isdigit())
    conditions = [
        func.lower(Order.contact_name).like(like, escape="\\"),
        func.lower(Order.contact_email).like(like, escape="\\"),
        func.lower(Order.number).like(like, escape="\\"),
    ]
    if len(digits) >= 6:
        conditions.append(Order.contact_phone.like(f"%{digits.removeprefix('0')}%"))
    return or_(*conditions)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _sorted(query: Select[Any], filters: OrderFilters) -> Select[Any]:
    column = SORTS[filters.sort]
    return query.order_by(column.desc() if filters.descending else column.asc(), Order.id)
