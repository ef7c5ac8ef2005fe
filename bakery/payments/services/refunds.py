"""Giving money back by the shop's own decision."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused
from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.messages.operations import raise_alert
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.facts import RefundFacts
from bakery.payments.models import EventOutcome, Payment, PaymentState, TransactionKind
from bakery.payments.operations import attempts, given_back, ledger

log = structlog.get_logger(__name__)
ALREADY = "charge_already_refunded"


class NotYetRefunded(Exception):
    """Stripe has taken the refund on, and it is not done; looking again later will tell."""


@dataclass(frozen=True)
class _Due:
    order_id: int
    intent_id: str
    cents: int
    key: str


def refund_late_payment(payment_id: int, gateway: Gateway) -> None:
    """Send a payment that bought nothing back to whoever made it, whole and once.

    Stripe is asked outside any transaction, with a key of this payment. Raises GatewayUnavailable and
    NotYetRefunded, to be tried again; a refusal is told to the staff and not tried again.
    """
    due = _due(payment_id)
    if due is None:
        return
    try:
        # Nothing left to send: an earlier try was cut short after Stripe had done it.
        made = gateway.refund(due.intent_id, due.cents, idempotency_key=due.key) if due.cents > 0 else None
    except GatewayRefused as error:
        # Somebody was quicker in Stripe's dashboard: the refund's own event enters it.
        if error.code != ALREADY:
            report_failed_refund(payment_id, str(error))
            return
        made = None
    _record(payment_id, made)
    log.info("refunded", payment=payment_id, order=due.order_id)


def report_failed_refund(payment_id: int, error: str) -> None:
    """Tell the staff that an automatic refund will not happen by itself, or that Stripe takes long over it: then its
    event enters it, whenever it comes.
    """
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        order = orders.lock_order(session, payment.order_id)
        if error.startswith(NotYetRefunded.__name__):
            raise_alert(
                session,
                kind="refund_slow",
                key=f"payment:{payment.id}:refund-slow",
                text=f"The automatic refund of order {order.number} is still on its way at Stripe. Nothing is to be "
                "done, unless the customer asks: then look it up there.",
                subject_ref=order.ref,
            )
            return
        _alert(session, order, payment, error)


def _due(payment_id: int) -> _Due | None:
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        held = ledger.held_for_payment(session, payment_id)
        if payment.state != PaymentState.SUCCEEDED or payment.payment_intent_id is None:
            return None
        key = f"refund-{payment.idempotency_key}"
        return _Due(payment.order_id, payment.payment_intent_id, held, key)


def _record(payment_id: int, made: GatewayRefund | None) -> None:
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        order = orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, payment_id)
        if made is not None:
            result = given_back.take_refund(session, order, payment, _facts(made, payment))
            if result.outcome == EventOutcome.FLAGGED:
                _alert(session, order, payment, result.note)
                return
            if ledger.entered(session, TransactionKind.REVERSAL, made.id):
                # Told by Stripe meanwhile, and to the staff with it: asking again would never change it.
                return
        done = ledger.held_for_payment(session, payment_id) <= 0
        if done:
            given_back.owe_news(session, payment)
    if not done:
        raise NotYetRefunded(f"the refund of payment {payment_id} is not in the ledger yet")


def _facts(made: GatewayRefund, payment: Payment) -> RefundFacts:
    return RefundFacts(
        refund_id=made.id,
        status=made.status,
        amount_cents=made.amount_cents,
        currency=made.currency.upper(),
        payment_intent_id=payment.payment_intent_id,
    )


def _alert(session: Session, order: Order, payment: Payment, what: str) -> None:
    raise_alert(
        session,
        kind="refund_failed",
        key=f"payment:{payment.id}:refund-failed",
        text=f"The automatic refund of order {order.number} failed; do it by hand in Stripe. {what}"[:500],
        subject_ref=order.ref,
    )
