"""Custom cakes for the kitchen's tests: approved through the service, paid, with their tickets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.custom_cakes import decisions
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations
from bakery.orders.models import Order
from bakery.orders.states import PaymentStatus
from bakery.production.models import Ticket
from bakery.production.services import open_tickets
from tests.custom_cakes.requests import AT, approval, row, sent, staff


def approved_order(**changes: Any) -> int:
    """The id of an approved cake's unpaid order, for Saturday 5 December 2026 at 10 unless `starts_at` is given."""
    starts_at = changes.pop("starts_at", AT)
    request_id = sent(**changes)
    decisions.approve(approval(request_id, row(request_id).version, starts_at), staff())
    order_id = row(request_id).order_id
    assert order_id is not None
    return order_id


def pay(order_id: int) -> None:
    with transaction() as session:
        locked = operations.lock_order(session, order_id)
        operations.change_payment_status(session, locked, PaymentStatus.PAID)
        operations.confirm(session, locked)


def paid_cake(**changes: Any) -> Order:
    """A paid cake on the kitchen's board."""
    order_id = approved_order(**changes)
    pay(order_id)
    open_tickets(order_id)
    return db.session().get_one(Order, order_id)


def steps(session: Session, order_id: int) -> list[Ticket]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Ticket).where(Ticket.order_id == order_id).order_by(Ticket.step)))
