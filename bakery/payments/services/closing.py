"""Ending an attempt to collect: its page at Stripe is closed, or its charge of a card called off."""

from __future__ import annotations

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.messages.operations import raise_alert
from bakery.orders import operations as orders
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts


def cancel_attempt(order_id: int) -> None:
    """Owe that the order's open page is closed at Stripe. Call it when an unpaid order is cancelled."""
    with transaction() as session:
        orders.lock_order(session, order_id)
        attempts.owe_closing_others(session, order_id)


def close_session(payment_id: int, gateway: Gateway) -> None:
    """Close an attempt's page at Stripe, or call off its charge of a card. One that is paid is left to its event."""
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        session_id, state = payment.session_id, payment.state
    if state == PaymentState.SUCCEEDED:
        return
    if payment.channel == PaymentChannel.CARD:
        cancel_card_attempt(payment_id, gateway)
        return
    if session_id is not None:
        try:
            closed = gateway.expire_checkout(session_id)
        except GatewayRefused:
            closed = gateway.get_checkout(session_id)
        if closed.status != "expired":
            return
    with transaction() as session:
        orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, payment_id)
        if payment.state in attempts.OPEN_STATES and payment.session_id == session_id:
            attempts.end(payment, PaymentState.EXPIRED)


def cancel_card_attempt(payment_id: int, gateway: Gateway) -> None:
    """Call off a charge that waits for its owner. One that went through is left to its own event."""
    with transaction() as session:
        intent_id = session.get_one(Payment, payment_id).payment_intent_id
    if intent_id is not None:
        try:
            status = gateway.cancel_charge(intent_id).status
        except GatewayRefused:
            status = gateway.get_charge(intent_id).status
        if status in ("succeeded", "processing"):
            return
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, payment_id)
        if payment.state in attempts.OPEN_STATES and payment.payment_intent_id == intent_id:
            attempts.end(payment, PaymentState.EXPIRED)


def paid_meanwhile(order_id: int, gateway: Gateway) -> int | None:
    """The open attempt that Stripe has the money of: its event is on the way, and nothing else may be charged.

    None where there is none, or where Stripe does not answer. A page that Stripe has closed, or does not know, ends its
    attempt.
    """
    with transaction() as session:
        payment = attempts.waiting(session, order_id)
    if payment is None:
        return None
    try:
        paid = _is_paid(payment, gateway)
    except GatewayUnavailable:
        return None
    return payment.id if paid else None


def _is_paid(payment: Payment, gateway: Gateway) -> bool:
    if payment.channel == PaymentChannel.CARD:
        return payment.payment_intent_id is not None and _is_charged(payment.payment_intent_id, gateway)
    if payment.session_id is None:
        return False
    try:
        status = gateway.get_checkout(payment.session_id).status
    except GatewayRefused:
        status = "unknown"
    if status not in ("open", "complete"):
        close_attempt(payment.id, PaymentState.EXPIRED)
    return status == "complete"


def _is_charged(intent_id: str, gateway: Gateway) -> bool:
    try:
        return gateway.get_charge(intent_id).status in ("succeeded", "processing")
    except GatewayRefused:
        return False


def abandon_attempt(payment_id: int) -> None:
    """End an attempt that has no page at Stripe."""
    close_attempt(payment_id, PaymentState.EXPIRED)


def close_attempt(payment_id: int, state: PaymentState, alert: str | None = None) -> None:
    """End an attempt that waits; with an `alert`, staff are told why Stripe did not open its page, or charge it."""
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        order = orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, payment_id)
        if payment.state in attempts.OPEN_STATES:
            attempts.end(payment, state)
        if alert:
            what = "charge a saved card" if payment.channel == PaymentChannel.CARD else "open a payment page"
            raise_alert(
                session,
                kind="payment_page_refused",
                key=f"payment_page_refused:{clock.now().date().isoformat()}",
                text=f"Stripe refused to {what} (order {order.number}): {alert}"[:500],
                subject_ref=order.ref,
            )
