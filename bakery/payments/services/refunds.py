"""Giving money back by the shop's own decision."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.integrations.gateway.refund_port import GatewayRefund
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import refund_words
from bakery.payments.dispute_queries import stops_surplus
from bakery.payments.facts import RefundFacts
from bakery.payments.models import EventOutcome, Payment, PaymentState, TransactionKind
from bakery.payments.operations import attempts, given_back, ledger, surplus
from bakery.payments.refund_standing import left_of_payment

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


def refund_late_payment(payment_id: int, gateway: Gateway, number: int = 0) -> None:
    """Send a payment that bought nothing back to whoever made it, whole and once. `number`: which try it is.

    Stripe is asked outside any transaction, with a key of this payment and try; a try that another one has followed
    does nothing. Raises GatewayUnavailable and NotYetRefunded, to be tried again. A refusal and an open dispute are
    told to the staff and not tried again.
    """
    due = _due(payment_id, number)
    if due is None:
        return
    try:
        # Nothing left to send: an earlier try was cut short after Stripe had done it.
        made = gateway.refund(due.intent_id, due.cents, idempotency_key=due.key) if due.cents > 0 else None
    except GatewayRefused as error:
        # Somebody was quicker in Stripe's dashboard: the refund's own event enters it.
        if error.code != ALREADY:
            _fail(payment_id, refund_words.refused(error.code, str(error)))
            return
        made = None
    _record(payment_id, made)
    log.info("refunded", payment=payment_id, order=due.order_id)


def report_failed_refund(payment_id: int, error: str, number: int = 0) -> None:
    """Tell the staff that this try was given up, or that Stripe takes long over it. Of a try that another one has
    followed nothing is told.
    """
    with transaction() as session:
        order, payment = _locked(session, payment_id)
        if number != payment.refund_try:
            return
        if error.startswith(NotYetRefunded.__name__):
            surplus.tell_slow(session, order, payment)
        elif error.startswith(GatewayUnavailable.__name__):
            surplus.fail(session, order, payment, refund_words.NO_ANSWER)
        else:
            surplus.fail(session, order, payment, error)


def _due(payment_id: int, number: int) -> _Due | None:
    with transaction() as session:
        order, payment = _locked(session, payment_id)
        held = ledger.held_for_payment(session, payment_id)
        if payment.state != PaymentState.SUCCEEDED or payment.payment_intent_id is None:
            return None
        if number != payment.refund_try:
            return None
        if held > 0 and stops_surplus(session, payment):
            surplus.fail(session, order, payment, refund_words.DISPUTED)
            return None
        if held > 0 and left_of_payment(session, payment_id) <= 0:
            # A bank took it in a dispute that is over: its owner has it.
            return None
        # Stripe answers with what an earlier try came to, as long as it knows the key.
        again = f"-{number}" if number else ""
        return _Due(order.id, payment.payment_intent_id, held, f"refund-{payment.idempotency_key}{again}")


def _fail(payment_id: int, why: str) -> None:
    with transaction() as session:
        order, payment = _locked(session, payment_id)
        surplus.fail(session, order, payment, why)


def _locked(session: Session, payment_id: int) -> tuple[Order, Payment]:
    order = orders.lock_order(session, session.get_one(Payment, payment_id).order_id)
    return order, attempts.fresh(session, payment_id)


def _record(payment_id: int, made: GatewayRefund | None) -> None:
    with transaction() as session:
        order, payment = _locked(session, payment_id)
        if made is not None:
            result = given_back.take_refund(session, order, payment, _facts(made, payment))
            if result.outcome == EventOutcome.FLAGGED:
                surplus.fail(session, order, payment, refund_words.not_in_books(result.note))
                return
            if ledger.entered(session, TransactionKind.REVERSAL, made.id):
                # Told by Stripe meanwhile, and to the staff with it: asking again would never change it.
                return
        done = surplus.conclude(session, payment)
    if not done:
        raise NotYetRefunded(f"the refund of payment {payment_id} is not in the ledger yet")


def _facts(made: GatewayRefund, payment: Payment) -> RefundFacts:
    return RefundFacts(
        refund_id=made.id,
        status=made.status,
        amount_cents=made.amount_cents,
        currency=made.currency.upper(),
        payment_intent_id=payment.payment_intent_id,
        failure_reason=made.failure_reason,
    )
