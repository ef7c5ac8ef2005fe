"""What others ask of disputes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.core.ids import normalize_number
from bakery.orders.models import Order
from bakery.payments.dispute_models import OPEN_DISPUTE, Dispute, DisputeEvent, DisputeState, FraudWarning
from bakery.payments.models import Payment
from bakery.payments.refund_models import RefundRequest

PAGE_SIZE = 50
_WAITS = Dispute.state == DisputeState.NEEDS_RESPONSE


@dataclass(frozen=True, slots=True)
class DisputeFilters:
    """What of all disputes is wanted. `q` is an order's number, or Stripe's id of a dispute."""

    states: tuple[DisputeState, ...] = ()
    inquiries: bool | None = None
    reason: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    rows: Sequence[Row[Dispute, Order]]
    total: int


@dataclass(frozen=True, slots=True)
class AtBank:
    """What banks took of an order's payments. `away` is with one that has not decided, or has not returned it yet, by
    payment; `gave_cents` its customer has for good.
    """

    is_open: bool
    away: Mapping[int, int]
    gave_cents: int

    @property
    def away_cents(self) -> int:
        return sum(self.away.values())


def at_bank(session: Session, order_id: int) -> AtBank:
    """Where banks stand in an order's disputes."""
    is_open, gave, away = False, 0, dict[int, int]()
    for dispute in session.scalars(select(Dispute).where(Dispute.order_id == order_id)):
        is_open = is_open or dispute.state in OPEN_DISPUTE
        taken = max(0, dispute.taken_cents)
        if dispute.state == DisputeState.LOST:
            gave += taken
        elif taken:
            away[dispute.payment_id] = away.get(dispute.payment_id, 0) + taken
    return AtBank(is_open, away, gave)


def is_disputed(session: Session, order_id: int) -> bool:
    """Whether a dispute (or an inquiry) of this order is open: then nothing is refunded, or it would be paid twice."""
    query = select(Dispute.id).where(Dispute.order_id == order_id, Dispute.state.in_(OPEN_DISPUTE))
    return session.scalar(query.limit(1)) is not None


def inquiry_key(dispute_id: int, decision: str) -> str:
    """The key of the refund that settles an inquiry, as one decision about it wants it. No page's key is like it."""
    return f"inquiry:{dispute_id}:{decision}"


def is_frozen(session: Session, request: RefundRequest) -> bool:
    """Whether an open dispute of its order stops this refund. The inquiry that it settles does not; once that has
    become a chargeback, it does.
    """
    query = select(Dispute).where(Dispute.order_id == request.order_id, Dispute.state.in_(OPEN_DISPUTE))
    return any(
        not (dispute.is_inquiry and request.ask_key.startswith(inquiry_key(dispute.id, "")))
        for dispute in session.scalars(query.execution_options(populate_existing=True))
    )


def stops_surplus(session: Session, payment: Payment) -> bool:
    """Whether an open dispute of its order stops a payment that bought nothing from going back to its card. An inquiry
    about that very payment does not: going back is what settles it.
    """
    query = select(Dispute).where(Dispute.order_id == payment.order_id, Dispute.state.in_(OPEN_DISPUTE))
    return any(
        not (dispute.is_inquiry and dispute.payment_id == payment.id)
        for dispute in session.scalars(query.execution_options(populate_existing=True))
    )


def disputes_of(session: Session, order_id: int) -> Sequence[Dispute]:
    """An order's disputes, the open ones first."""
    query = select(Dispute).where(Dispute.order_id == order_id)
    return session.scalars(query.order_by(Dispute.closed_at.desc().nulls_first(), Dispute.id.desc())).all()


def warnings_of(session: Session, order_id: int) -> Sequence[FraudWarning]:
    """An order's fraud warnings about which something can still be done."""
    query = select(FraudWarning).where(FraudWarning.order_id == order_id, FraudWarning.settled_at.is_(None))
    return session.scalars(query.order_by(FraudWarning.id)).all()


def open_warnings(session: Session, limit: int = 50) -> Sequence[Row[FraudWarning, Order, Payment]]:
    """Every fraud warning about which something can still be done, the newest first."""
    return session.execute(
        select(FraudWarning, Order, Payment)
        .join(Order, Order.id == FraudWarning.order_id)
        .join(Payment, Payment.id == FraudWarning.payment_id)
        .where(FraudWarning.settled_at.is_(None))
        .order_by(FraudWarning.warned_at.desc())
        .limit(limit)
    ).all()


def get_dispute(session: Session, dispute_id: int) -> tuple[Dispute, Order]:
    """A dispute with its order. Raises NotFound."""
    row = session.execute(
        select(Dispute, Order).join(Order, Order.id == Dispute.order_id).where(Dispute.id == dispute_id)
    ).first()
    if row is None:
        raise NotFound("There is no such dispute.")
    return row.Dispute, row.Order


def history(session: Session, dispute_id: int) -> Sequence[DisputeEvent]:
    """What happened to a dispute, oldest first."""
    query = select(DisputeEvent).where(DisputeEvent.dispute_id == dispute_id)
    return session.scalars(query.order_by(DisputeEvent.at, DisputeEvent.id)).all()


def list_disputes(session: Session, filters: DisputeFilters, page: int = 1) -> Found:
    """A page of disputes with their orders: first what waits for an answer, by its deadline; then the newest."""
    conditions = _conditions(filters)
    query = (
        select(Dispute, Order)
        .join(Order, Order.id == Dispute.order_id)
        .where(*conditions)
        .order_by(
            case((_WAITS, 0), else_=1),
            case((_WAITS, Dispute.due_by)).asc().nulls_last(),
            Dispute.opened_at.desc(),
            Dispute.id.desc(),
        )
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    total = session.scalar(
        select(func.count()).select_from(Dispute).join(Order, Order.id == Dispute.order_id).where(*conditions)
    )
    return Found(session.execute(query).all(), total or 0)


def orders_of_disputes(session: Session, refs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """(its id, its order's number) of each dispute that alerts name as `dispute:<id>`; other refs are left out."""
    ids = [int(ref.removeprefix("dispute:")) for ref in refs if re.fullmatch(r"dispute:\d{1,18}", ref)]
    if not ids:
        return {}
    rows = session.execute(
        select(Dispute.id, Order.number).join(Order, Order.id == Dispute.order_id).where(Dispute.id.in_(ids))
    )
    return {f"dispute:{dispute_id}": (dispute_id, number) for dispute_id, number in rows}


def count_by_state(session: Session) -> dict[str, int]:
    """How many disputes are in each state."""
    rows = session.execute(select(Dispute.state, func.count()).group_by(Dispute.state))
    return {state: count for state, count in rows}


def count_waiting() -> Select[int]:
    """How many disputes wait for an answer, to be asked together with other counts."""
    return select(func.count()).select_from(Dispute).where(_WAITS)


def reasons(session: Session) -> Sequence[str]:
    """Every reason that any dispute was ever given."""
    return session.scalars(select(Dispute.reason).distinct().order_by(Dispute.reason)).all()


def _conditions(filters: DisputeFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filters.states:
        conditions.append(Dispute.state.in_(filters.states))
    if filters.inquiries is not None:
        conditions.append(Dispute.is_inquiry == filters.inquiries)
    if filters.reason:
        conditions.append(Dispute.reason == filters.reason)
    if filters.q:
        number = normalize_number(filters.q) or ""
        conditions.append(or_(Order.number == number, Dispute.stripe_id == filters.q))
    return conditions
