"""The approval queue as staff look through it: filters, pages, counts, and what each day has on its plate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from bakery.core import clock, ids
from bakery.custom_cakes.models import CustomCakeRequest, Quote, RequestEvent
from bakery.custom_cakes.queries import SoftlyHeld, softly_held
from bakery.custom_cakes.states import OVER, RequestStatus
from bakery.scheduling.models import PickupSlot

PAGE_SIZE = 25
WAITING = (RequestStatus.PENDING_REVIEW,)
SORTS: dict[str, Any] = {
    "needed": CustomCakeRequest.needed_on,
    "sent": CustomCakeRequest.created_at,
    "number": CustomCakeRequest.number,
    "name": CustomCakeRequest.contact_name,
}
_R = CustomCakeRequest


@dataclass(frozen=True, slots=True)
class QueueFilters:
    """What staff asked of the queue. The dates are those the cakes are needed on, both included."""

    q: str = ""
    statuses: tuple[RequestStatus, ...] = WAITING
    needed_from: date | None = None
    needed_to: date | None = None
    # Sent at least so many days ago.
    days_old: int = 0
    sort: str = "needed"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in the list. `since` is when it last began to wait for staff."""

    request: CustomCakeRequest
    quote: Quote | None
    since: datetime


@dataclass(frozen=True, slots=True)
class DayLoad:
    """What one day has to bear: minutes booked by orders, and what open requests may bring beside them."""

    booked_orders: int
    booked_minutes: int
    soft: SoftlyHeld


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: Sequence[QueueRow]
    total: int


def list_requests(session: Session, filters: QueueFilters, page: int) -> QueuePage:
    """One page of the queue with the quotes that count, and how many there are in all: three queries."""
    conditions = _conditions(filters)
    total = session.scalar(select(func.count()).select_from(_R).where(*conditions)) or 0
    found = session.execute(
        select(_R, Quote)
        .outerjoin(Quote, and_(Quote.request_id == _R.id, Quote.version == _R.quote_version))
        .where(*conditions)
        .order_by(*_order(filters))
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    since = _waiting_since(session, [row[0].id for row in found])
    rows = [QueueRow(row[0], row[1], since.get(row[0].id, row[0].created_at)) for row in found]
    return QueuePage(rows, total)


def day_loads(session: Session, days: Collection[date]) -> dict[date, DayLoad]:
    """What is booked and softly held on each of the days: two queries, none without days."""
    if not days:
        return {}
    soft = softly_held(session, min(days), max(days))
    rows = session.execute(
        select(PickupSlot.on_date, func.sum(PickupSlot.booked_orders), func.sum(PickupSlot.booked_minutes))
        .where(PickupSlot.on_date.in_(days))
        .group_by(PickupSlot.on_date)
    )
    booked = {on: (int(orders), int(minutes)) for on, orders, minutes in rows}
    nothing = SoftlyHeld(0, 0)
    return {on: DayLoad(*booked.get(on, (0, 0)), soft.get(on, nothing)) for on in days}


def count_waiting() -> Select[int]:
    """How many requests wait for staff, to be asked together with other counts: one look into an index."""
    return select(func.count()).where(_R.status == RequestStatus.PENDING_REVIEW)


def count_by_status(session: Session) -> Mapping[str, int]:
    """How many requests there are by status, those that are over left out: one query."""
    rows = session.execute(select(_R.status, func.count()).where(_R.status.not_in(OVER)).group_by(_R.status))
    return {status: count for status, count in rows}


def find_requests(session: Session, q: str, limit: int = 6) -> Sequence[CustomCakeRequest]:
    """Requests that `q` fits, by number, name, email or phone, the latest first: for the command palette."""
    return session.scalars(select(_R).where(_matches(q)).order_by(_R.id.desc()).limit(limit)).all()


def _waiting_since(session: Session, request_ids: Sequence[int]) -> dict[int, datetime]:
    if not request_ids:
        return {}
    rows = session.execute(
        select(RequestEvent.request_id, func.max(RequestEvent.at))
        .where(
            RequestEvent.request_id.in_(request_ids), RequestEvent.to_state == RequestStatus.PENDING_REVIEW
        )
        .group_by(RequestEvent.request_id)
    )
    return {request_id: at for request_id, at in rows}


def _conditions(filters: QueueFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.q:
        conditions.append(_matches(filters.q))
    if filters.statuses:
        conditions.append(_R.status.in_(filters.statuses))
    if filters.needed_from:
        conditions.append(_R.needed_on >= filters.needed_from)
    if filters.needed_to:
        conditions.append(_R.needed_on <= filters.needed_to)
    if filters.days_old:
        conditions.append(_R.created_at <= clock.now() - timedelta(days=filters.days_old))
    return conditions


def _matches(q: str) -> ColumnElement[bool]:
    like = f"%{_escaped(q.strip().lower())}%"
    digits = "".join(c for c in q if c.isdigit())
    conditions = [
        # Six letters may be a number or a name.
        _R.number == (ids.normalize_number(q, "CC") or ""),
        func.lower(_R.contact_name).like(like, escape="\\"),
        func.lower(_R.contact_email).like(like, escape="\\"),
        func.lower(_R.number).like(like, escape="\\"),
    ]
    if len(digits) >= 6:
        conditions.append(_R.contact_phone.like(f"%{digits.removeprefix('0')}%"))
    return or_(*conditions)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _order(filters: QueueFilters) -> tuple[Any, ...]:
    column = SORTS[filters.sort]
    # Of one day, who has waited longest comes first.
    return column.desc() if filters.descending else column.asc(), _R.created_at, _R.id
