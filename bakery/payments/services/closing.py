"""Ending an attempt to collect: its page at Stripe is closed, or its charge of a card called off."""

from __future__ import annotations

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused
from bakery.messages.operations import raise_alert
from bakery.orders import operations as orders
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts
from bakery.payments.services.card_payment import cancel_card_attempt


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


def abandon_attempt(payment_id: int) -> None:
    """End an attempt that has no page at Stripe."""
    close_attempt(payment_id, PaymentState.EXPIRED)


def close_attempt(payment_id: int, state: PaymentState, alert: str | None = None) -> None:
    """End an attempt that waits; with an `alert`, staff are told what Stripe said of its page."""
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        order = orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, payment_id)
        if payment.state in attempts.OPEN_STATES:
            attempts.end(payment, state)
        if alert:
            raise_alert(
                session,
                kind="payment_page_refused",
                key=f"payment_page_refused:{clock.now().date().isoformat()}",
                text=f"Stripe refused to open a payment page (order {order.number}): {alert}"[:500],
                subject_ref=order.ref,
            )
