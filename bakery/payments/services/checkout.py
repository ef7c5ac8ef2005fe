"""Opening Stripe's page for an order, and closing it.

Stripe is never called inside a transaction: the attempt and its idempotency key are committed first, the
answer is recorded afterwards. A process that dies in between leaves an attempt that the next try finishes
with the same key, and Stripe answers with the same page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.gateway.port import (
    CheckoutRequest,
    CheckoutSession,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
)
from bakery.messages.operations import raise_alert
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import PaymentStatus
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts
from bakery.payments.page_words import LEFT, PAID, list_items, return_url, word_for
from bakery.payments.services.card_payment import cancel_card_attempt

log = structlog.get_logger(__name__)
# Nobody is sent to a page that closes while they look for their card.
ROOM = timedelta(minutes=2)
AWAY = (
    "The payment page cannot be opened right now. Your order is kept, and nothing was charged: "
    "please try again in a minute."
)
ENDED = (
    "This payment was ended in another tab or window before its page opened. Nothing was charged: "
    "please pay again from here."
)


@dataclass(frozen=True)
class _Attempt:
    """A committed attempt. `request` asks Stripe for its page, word for word the same each time."""

    payment_id: int
    fresh: bool
    request: CheckoutRequest
    session_id: str | None
    url: str | None


def start_checkout(order_id: int, gateway: Gateway, base_url: str, until: datetime | None = None) -> str:
    """The address where the customer pays for an order: a page that is open already, or a new one. It asks for
    the order's deposit where there is one, else for the whole price.

    `until`: when the offer behind the order ends, and its page with it. Refuses an order that is not waiting for
    money, or not agreed to (NotPayable), and says so when Stripe does not answer (Unavailable); the order keeps
    what it holds. An order with nothing to pay was confirmed when it was placed: Stripe is not asked.
    """
    end_read()
    attempt = _prepare(order_id, base_url, until)
    if attempt is None:
        return return_url(base_url, _number(order_id), PAID)
    if attempt.session_id:
        url = _reuse(attempt, gateway)
        if url:
            return url
        attempt = _prepare(order_id, base_url, until)
        assert attempt is not None
    try:
        return _open(attempt, gateway)
    except GatewayRefused as error:
        # Perhaps only what is left of an earlier, interrupted try was refused: it is too old now, say.
        if attempt.fresh:
            raise Unavailable(AWAY) from error
    again = _prepare(order_id, base_url, until)
    assert again is not None
    try:
        return _open(again, gateway)
    except GatewayRefused as error:
        raise Unavailable(AWAY) from error


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
    _close(payment_id, PaymentState.EXPIRED)


def _prepare(order_id: int, base_url: str, until: datetime | None) -> _Attempt | None:
    """First transaction: the attempt that counts, begun if there is none. None when nothing is to be paid."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.total_cents == 0 and order.payment_status == PaymentStatus.PAID:
            return None
        attempts.check_payable(order)
        payment = attempts.waiting(session, order_id)
        if payment is not None and not _fits(payment, order):
            attempts.owe_closing_others(session, order_id)
            attempts.end(payment, PaymentState.EXPIRED)
            payment = None
            session.flush()
        fresh = payment is None
        payment = payment or attempts.begin(session, order, until)
        request = _request(session, order, payment, base_url)
        return _Attempt(payment.id, fresh, request, payment.session_id, payment.url)


def _fits(payment: Payment, order: Order) -> bool:
    """Whether an attempt still asks for what the order asks, on a page that stays open for a while."""
    asks_the_same = (payment.kind, payment.amount_cents, payment.currency) == (
        *attempts.asked(order),
        order.currency,
    )
    on_a_page = payment.channel == PaymentChannel.PAGE
    return (
        on_a_page
        and asks_the_same
        and payment.expires_at is not None
        and payment.expires_at > clock.now() + ROOM
    )


def _request(session: Session, order: Order, payment: Payment, base_url: str) -> CheckoutRequest:
    assert payment.expires_at is not None
    return CheckoutRequest(
        order_number=order.number,
        payment_id=payment.id,
        currency=payment.currency,
        items=list_items(session, order, payment),
        customer_email=order.contact_email,
        success_url=return_url(base_url, order.number, word_for(payment)),
        cancel_url=return_url(base_url, order.number, LEFT),
        expires_at=payment.expires_at,
        idempotency_key=payment.idempotency_key,
    )


def _number(order_id: int) -> str:
    with transaction() as session:
        return session.scalars(select(Order.number).where(Order.id == order_id)).one()


def _reuse(attempt: _Attempt, gateway: Gateway) -> str | None:
    """The open page; None (and the attempt is over) when Stripe says that it is closed, or unknown."""
    assert attempt.session_id is not None
    try:
        found = gateway.get_checkout(attempt.session_id)
    except GatewayUnavailable:
        return attempt.url
    except GatewayRefused:
        found = None  # Stripe does not know it
    if found is not None and found.status == "complete":
        return attempt.request.success_url
    if found is not None and found.status == "open":
        return found.url or attempt.url
    _close(attempt.payment_id, PaymentState.EXPIRED)
    return None


def _open(attempt: _Attempt, gateway: Gateway) -> str:
    """Call Stripe, then record its answer. A refusal ends the attempt and is raised on."""
    try:
        made = gateway.create_checkout(attempt.request)
    except GatewayUnavailable as error:
        log.warning("stripe_away", payment=attempt.payment_id, error=str(error))
        raise Unavailable(AWAY) from error
    except GatewayRefused as error:
        _close(attempt.payment_id, PaymentState.FAILED, alert=str(error) if attempt.fresh else None)
        raise
    return _record(attempt, made)


def _record(attempt: _Attempt, made: CheckoutSession) -> str:
    """The page's address, once it is known to be this attempt's and the order may still be paid for.

    Only money that has arrived leads to the order as paid. Whatever else ended the attempt or the order
    while Stripe was asked is said (NotPayable), and the page is closed: nobody must pay on it.
    """
    with transaction() as session:
        payment = session.get_one(Payment, attempt.payment_id)
        order = orders.lock_order(session, payment.order_id)
        payment = attempts.fresh(session, attempt.payment_id)
        if payment.state == PaymentState.SUCCEEDED:
            return attempt.request.success_url
        if payment.state == PaymentState.CREATED:
            payment.state = PaymentState.OPEN
            payment.session_id, payment.url = made.id, made.url
        refusal = attempts.why_not_payable(order)
        if payment.state != PaymentState.OPEN:
            refusal = refusal or ENDED
            # Its row was ended before it had a page; what Stripe opened all the same is known by it.
            payment.session_id = payment.session_id or made.id
        if refusal:
            attempts.owe_closing(session, payment.id, made.id)
    if refusal:
        raise attempts.NotPayable(refusal)
    assert made.url is not None
    return made.url


def _close(payment_id: int, state: PaymentState, alert: str | None = None) -> None:
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
