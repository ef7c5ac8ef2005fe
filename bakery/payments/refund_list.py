"""Refunds as staff look for them: views, filters, pages, counts, and a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from bakery.infra.transaction import end_read
from bakery.orders.models import Order
from bakery.orders.staff_queries import day_bounds, order_matches
from bakery.payments.refund_models import CreditNote, RefundPart, RefundRequest
from bakery.payments.refund_states import PartState, RefundSource, RefundState

PAGE_SIZE = 50
EXPORT_CHUNK = 500


class RefundView(StrEnum):
    """What staff come for. GIVE: somebody has to hand it over."""

    WAITING = "waiting"
    SECOND = "second"
    GIVE = "give"
    PROCESSING = "processing"
    FAILED = "failed"
    DONE = "done"
    ALL = "all"


SORTS: dict[str, Any] = {
    "asked": RefundRequest.asked_at,
    "amount": RefundRequest.amount_cents,
    "order": Order.number,
}
_COLUMNS: tuple[Any, ...] = (
    RefundRequest,
    Order.number.label("order_number"),
    Order.contact_name,
    Order.time_zone,
    CreditNote.series,
    CreditNote.number.label("note_number"),
)
_S = RefundState
_TO_GIVE = exists().where(RefundPart.request_id == RefundRequest.id, RefundPart.state == PartState.TO_GIVE)
_VIEWS: dict[RefundView, ColumnElement[bool]] = {
    RefundView.WAITING: and_(RefundRequest.state == _S.REQUESTED, RefundRequest.first_by == ""),
    RefundView.SECOND: and_(RefundRequest.state == _S.REQUESTED, RefundRequest.first_by != ""),
    RefundView.GIVE: _TO_GIVE,
    RefundView.PROCESSING: RefundRequest.state.in_((_S.APPROVED, _S.PROCESSING)),
    RefundView.FAILED: RefundRequest.state == _S.FAILED,
    RefundView.DONE: RefundRequest.state.in_((_S.SUCCEEDED, _S.REJECTED)),
}


@dataclass(frozen=True, slots=True)
class RefundFilters:
    """What staff asked of the list. Dates are those of asking in `zone`, both included."""

    zone: str
    view: RefundView = RefundView.WAITING
    q: str = ""
    source: RefundSource | None = None
    asked_from: date | None = None
    asked_to: date | None = None
    sort: str = "asked"
    descending: bool = False
    # Whether `q` may look at names, emails and phones, or at numbers only.
    personal: bool = True


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page: each request with its order's number, its customer's name, and its credit note's number."""

    rows: Sequence[Row[Any]]
    total: int
    total_cents: int


def list_refunds(session: Session, filters: RefundFilters, page: int) -> RefundPage:
    """One page of refunds, how many there are in all and what they come to: two queries."""
    conditions = _conditions(filters)
    total, cents = session.execute(
        select(func.count(), func.coalesce(func.sum(RefundRequest.amount_cents), 0))
        .select_from(RefundRequest)
        .join(Order, Order.id == RefundRequest.order_id)
        .where(*conditions)
    ).one()
    query = _sorted(_listed().where(*conditions), filters)
    rows = session.execute(query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)).all()
    return RefundPage(rows, int(total), int(cents))


def export_refunds(session: Session, filters: RefundFilters) -> Iterator[Row[Any]]:
    """All of the filters' refunds, oldest first, read `EXPORT_CHUNK` at a time: nothing stays open in between."""
    query = _listed().where(*_conditions(filters)).order_by(RefundRequest.id).limit(EXPORT_CHUNK)
    last = 0
    while rows := session.execute(query.where(RefundRequest.id > last)).all():
        last = rows[-1].RefundRequest.id
        found = list(rows)
        for row in found:
            session.expunge(row.RefundRequest)
        end_read()
        yield from found


def count_by_view(session: Session) -> dict[str, int]:
    """The numbers on the views that ask for somebody: one query."""
    columns = [
        func.count().filter(_VIEWS[view]).label(view.value)
        for view in (
            RefundView.WAITING,
            RefundView.SECOND,
            RefundView.GIVE,
            RefundView.PROCESSING,
            RefundView.FAILED,
        )
    ]
    open_ = (_S.REQUESTED, _S.APPROVED, _S.PROCESSING, _S.FAILED)
    row = session.execute(select(*columns).where(RefundRequest.state.in_(open_))).one()
    return dict(row._mapping)


def count_waiting() -> Select[int]:
    """Refunds that wait for a person (to decide, to give, or to see to), to be asked together with other counts."""
    return select(func.count()).where(
        or_(
            RefundRequest.state.in_((_S.REQUESTED, _S.FAILED)),
            and_(RefundRequest.state == _S.PROCESSING, _TO_GIVE),
        )
    )


def _listed() -> Select[Any]:
    joined = select(*_COLUMNS).join(Order, Order.id == RefundRequest.order_id)
    return joined.outerjoin(CreditNote, CreditNote.request_id == RefundRequest.id)


def _conditions(filters: RefundFilters) -> list[ColumnElement[bool]]:
    conditions = [_VIEWS[filters.view]] if filters.view in _VIEWS else []
    if filters.q:
        conditions.append(order_matches(filters.q, personal=filters.personal))
    if filters.source:
        conditions.append(RefundRequest.source == filters.source)
    if filters.asked_from:
        conditions.append(RefundRequest.asked_at >= day_bounds(filters.asked_from, filters.zone)[0])
    if filters.asked_to:
        conditions.append(RefundRequest.asked_at < day_bounds(filters.asked_to, filters.zone)[1])
    return conditions


def _sorted(query: Select[Any], filters: RefundFilters) -> Select[Any]:
    column = SORTS[filters.sort]
    return query.order_by(column.desc() if filters.descending else column.asc(), RefundRequest.id)
