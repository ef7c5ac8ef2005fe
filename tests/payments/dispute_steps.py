"""The steps of a dispute, as sentences for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from bakery.infra.db import db
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute, DisputeEvent, FraudWarning
from bakery.payments.models import EventOutcome
from tests.fakes.gateway_disputes import FEE, dispute_body, movement
from tests.payments import steps

CREATED, UPDATED, CLOSED = "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"
WITHDRAWN, REINSTATED = "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"


def body_of(
    order: Order, status: str = "needs_response", *moved: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """A dispute over an order's whole payment, as Stripe would tell it now."""
    payment = steps.latest(order)
    return dispute_body(
        str(payment.payment_intent_id), payment.amount_cents, *moved, status=status, **changes
    )


def taken(order: Order, reference: str = "txn_taken") -> dict[str, Any]:
    return movement(reference, -order.total_cents, FEE)


def returned(order: Order, reference: str = "txn_back", fee: int = 0) -> dict[str, Any]:
    return movement(reference, order.total_cents, fee)


def open_dispute(order: Order, **changes: Any) -> Dispute:
    """The cardholder complained, and the bank took the money at once."""
    body = body_of(order, "needs_response", taken(order), **changes)
    assert steps.tell(CREATED, body) == EventOutcome.APPLIED
    return the_dispute(order)


def the_dispute(order: Order) -> Dispute:
    db.session.expire_all()
    return db.session.scalars(select(Dispute).where(Dispute.order_id == order.id)).one()


def history(dispute: Dispute) -> list[tuple[str, str | None, str | None]]:
    query = select(DisputeEvent).where(DisputeEvent.dispute_id == dispute.id).order_by(DisputeEvent.id)
    return [(row.kind, row.from_state, row.to_state) for row in db.session.scalars(query)]


def money_of(order: Order) -> list[tuple[str, int]]:
    """What moved beside the payment itself."""
    return [row for row in steps.ledger(order) if row[0] != "charge"]


def warnings(order: Order) -> list[FraudWarning]:
    db.session.expire_all()
    return list(db.session.scalars(select(FraudWarning).where(FraudWarning.order_id == order.id)))


def open_alerts(kind: str) -> list[str]:
    return [alert.text for alert in steps.alerts(kind) if alert.resolved_at is None]
