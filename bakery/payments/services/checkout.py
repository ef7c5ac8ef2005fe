"""Opening Stripe's page for an order, and closing it.

Stripe is never called inside a transaction: the attempt and its idempotency key are committed first, the
answer is recorded afterwards. A process that dies in between leaves an attempt that the next try finishes
with the same key, and Stripe answers with the same page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Unavailable
from bakery.infra.formats import money
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.gateway.port import (
    CheckoutItem,
    CheckoutRequest,
    CheckoutSession,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
)
from bakery.orders import operations as orders
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import PaymentStatus
from bakery.payments.models import Payment, PaymentChannel, PaymentKind, PaymentState
from bakery.payments.operations import attempts, kept, nudges, tries
from bakery.payments.operations.payer import NOBODY, Payer
from bakery.payments.services.closing import close_attempt, paid_meanwhile
from bakery.payments.services.customers import customer_of_payer

log = structlog.get_logger(__name__)
# Stripe shows up to a hundred lines.
MOST_LINES = 100
# Nobody is sent to a page that closes while they look for their card.
ROOM = timedelta(minutes=2)
AWAY = (
    "The payment page cannot be opened right now. Your order is kept, and nothing was charged: "
    "please try again in a minute."
)
# Of orders from before a day was said.
# What Stripe takes as the description of a line.
MOST_WORDS = 500
_REST_LATER = "The rest is due when it is collected."
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
    url: str | None


def start_checkout(
    order_id: int, gateway: Gateway, base_url: str, until: datetime | None = None, payer: Payer = NOBODY
) -> str:
    """The address where the customer pays for an order: a page that is open already, or a new one. It asks for
    the order's deposit where there is one, else for the whole price.

    `until`: when the offer behind the order ends, and its page with it. `payer`: what they want to become of the card
    that they type there; their customer at Stripe is made first if need be. Refuses an order that is not waiting for
    money, or not agreed to (NotPayable), and says so when Stripe does not answer (Unavailable); the order keeps
    what it holds. An order with nothing to pay was confirmed when it was placed: Stripe is not asked.
    """
    customer_id = customer_of_payer(order_id, payer, gateway)
    end_read()
    prepare = partial(_prepare, order_id, base_url, replace(payer, until=until), customer_id)
    # What is paid is not asked for on another page, whatever was ticked differently meanwhile.
    attempt = None if paid_meanwhile(order_id, gateway) else prepare()
    if attempt is None:
        return _return_url(base_url, _number(order_id), paid=True)
    if attempt.url:
        return attempt.url
    try:
        return _open(attempt, gateway)
    except GatewayRefused as error:
        # Perhaps only what is left of an earlier, interrupted try was refused: it is too old now, say.
        if attempt.fresh:
            raise Unavailable(AWAY) from error
    again = prepare()
    assert again is not None
    try:
        return _open(again, gateway)
    except GatewayRefused as error:
        raise Unavailable(AWAY) from error


def _prepare(order_id: int, base_url: str, payer: Payer, customer_id: str | None) -> _Attempt | None:
    """First transaction: the attempt that counts, begun if there is none. None when nothing is to be paid."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if order.total_cents == 0 and order.payment_status == PaymentStatus.PAID:
            return None
        attempts.check_payable(order)
        tries.refuse_too_many(session, order, payer.tried_from)
        payment = attempts.waiting(session, order_id)
        keep = kept.wanted(session, order, payer, customer_id)
        if payment is not None and not (_fits(payment, order) and attempts.kept_by(payment) == keep):
            attempts.owe_closing_others(session, order_id)
            attempts.end(payment, PaymentState.EXPIRED)
            payment = None
            session.flush()
        fresh = payment is None
        if payment is None:
            payment = attempts.begin(session, order, payer.until, keep=keep, tried_from=payer.tried_from)
            kept.agree(session, order, payment, payer)
            nudges.owe(session, order, nudges.AFTER_A_PAGE)
        request = _request(session, order, payment, base_url)
        return _Attempt(payment.id, fresh, request, payment.url)


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
        items=_items(session, order, payment),
        customer_email=order.contact_email,
        success_url=_return_url(base_url, order.number, paid=True),
        cancel_url=_return_url(base_url, order.number, paid=False),
        expires_at=payment.expires_at,
        idempotency_key=payment.idempotency_key,
        customer_id=payment.customer_id,
        # Charged later without its owner only where they agreed to it.
        future_usage="off_session" if payment.charge_rest else "on_session" if payment.save_card else "",
    )


def _items(session: Session, order: Order, payment: Payment) -> list[CheckoutItem]:
    """The order's lines as Stripe's page shows them; they add up to the order's total to the cent. A part of the
    price is one line, which says what it is a part of.
    """
    if payment.kind == PaymentKind.DEPOSIT:
        words = _at_most(f"{money(order.total)} in all. {order.deposit_wording or _REST_LATER}")
        return [CheckoutItem(f"Deposit for order {order.number}", payment.amount_cents, 1, words)]
    if payment.kind == PaymentKind.BALANCE and not order.held.cents:
        return [CheckoutItem(f"Order {order.number}", payment.amount_cents, 1)]
    if payment.kind == PaymentKind.BALANCE:
        words = f"{money(order.total)} in all, of which {money(order.held)} is paid"
        return [CheckoutItem(f"The rest of order {order.number}", payment.amount_cents, 1, words)]
    query = select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.position)
    items = [_item(line) for line in session.scalars(query)]
    left = order.total_cents - sum(item.amount_cents * item.quantity for item in items)
    if left > 0 and left == order.tax_cents and not order.prices_include_tax:
        items.append(CheckoutItem("Tax", left, 1))
        left = 0
    if left or not items or len(items) > MOST_LINES:
        return [CheckoutItem(f"Order {order.number}", order.total_cents, 1)]
    return items


def _at_most(words: str) -> str:
    """As many whole sentences as Stripe takes for a description; the order's own page says them all."""
    while len(words) > MOST_WORDS and ". " in words:
        words = words.rpartition(". ")[0] + "."
    return words[:MOST_WORDS]


def _item(line: OrderLine) -> CheckoutItem:
    name = f"{line.product_name}, {line.variant_name}" if line.variant_name else line.product_name
    if line.discount_cents == 0:
        return CheckoutItem(name, line.unit_price_cents, line.quantity, line.message)
    if line.quantity > 1:
        name = f"{line.quantity} × {name}"
    return CheckoutItem(name, line.total_cents, 1, line.message)


def _return_url(base_url: str, number: str, *, paid: bool) -> str:
    # Without the order's secret: see docs/decisions/0009-payments.md.
    return f"{base_url}/orders/{number}?paid={int(paid)}"


def _number(order_id: int) -> str:
    with transaction() as session:
        return session.scalars(select(Order.number).where(Order.id == order_id)).one()


def _open(attempt: _Attempt, gateway: Gateway) -> str:
    """Call Stripe, then record its answer. A refusal ends the attempt and is raised on."""
    try:
        made = gateway.create_checkout(attempt.request)
    except GatewayUnavailable as error:
        log.warning("stripe_away", payment=attempt.payment_id, error=str(error))
        raise Unavailable(AWAY) from error
    except GatewayRefused as error:
        close_attempt(attempt.payment_id, PaymentState.FAILED, alert=str(error) if attempt.fresh else None)
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
