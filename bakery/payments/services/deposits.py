"""Staff turn an unpaid order into one that its deposit orders, or back into one that is paid at once."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, Unavailable
from bakery.infra import outbox, queue
from bakery.infra.formats import date_long, money
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayUnavailable
from bakery.orders import deposit_terms
from bakery.orders import operations as orders
from bakery.orders.deposit_terms import EVERYTHING, Terms
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import PaymentState
from bakery.payments.operations import attempts
from bakery.payments.queries import is_paying
from bakery.payments.services.closing import close_session
from bakery.people import audit
from bakery.pricing.deposit import Rule
from bakery.shop.models import Shop

log = structlog.get_logger(__name__)
# Who gets a link by mail needs time to find it.
HOLD = timedelta(hours=24)
_OVER = "This order is paid or over, so what it asks first cannot change any more."
_ACCEPTED = "Its customer has accepted the offer as it stands. Make a new offer instead."
_TODAY = "It is collected today, so everything is due now: no deposit can be asked."
_TOO_SMALL = "The deposit or the rest would be under 50 cents, which no card can pay."
_PAYING = "The customer is paying at this moment, so nothing was changed. Look again in a minute."
_STILL_OPEN = (
    "The customer's payment page cannot be closed just now, and it still asks for another amount. "
    "Nothing was changed: please try again in a minute."
)


def ask_deposit(order_id: int, rule: Rule, actor: Actor, gateway: Gateway) -> None:
    """Ask for a part of an unpaid order first; 100 per cent asks for all of it at once again. Its customer gets the
    link by mail, and what it holds is kept for a day.

    An open page is closed first, so that nobody pays the old amount. Refuses with Conflict an order that is paid, over
    or being paid, and an offer that was accepted; with Invalid parts that no card can pay; with Unavailable while
    Stripe cannot be told. Money that comes all the same: all of the price counts, an old deposit raises an alert.
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        _agree(session, order, rule)
        page = attempts.waiting(session, order_id)
        payment_id = page.id if page is not None else None
    if payment_id is not None:
        try:
            close_session(payment_id, gateway)
        except GatewayUnavailable as error:
            log.warning("page_not_closed", payment=payment_id, error=str(error))
            raise Unavailable(_STILL_OPEN) from error
    _write(order_id, rule, actor)


def _write(order_id: int, rule: Rule, actor: Actor) -> None:
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        terms = _agree(session, order, rule)
        _refuse_paying(session, order)
        before = {"deposit_cents": order.deposit_cents, "kept_cents": order.deposit_kept_cents}
        tiers = deposit_terms.promised(order.snapshot)
        for column, value in deposit_terms.columns(terms, order.total, order.time_zone, tiers).items():
            setattr(order, column, value)
        order.snapshot = order.snapshot | {"deposit_kept_cents": terms.kept_cents}
        if not order.is_bespoke:
            orders.extend_hold(session, order, min(clock.now() + HOLD, order.pickup_at))
        orders.add_note(session, order, _note(order), actor)
        audit.record(
            session,
            actor,
            "order.ask deposit",
            "order",
            order.number,
            before=before,
            after={"deposit_cents": terms.deposit_cents, "kept_cents": terms.kept_cents},
        )
        outbox.owe(
            session,
            "jobs.orders.send_deposit_asked",
            order.id,
            order.version,
            on=queue.DEFAULT,
            key=f"{order.ref}:deposit:{order.version}",
        )


def _agree(session: Session, order: Order, rule: Rule) -> Terms:
    """What the order will ask. Refuses what cannot be."""
    if order.status != OrderStatus.PENDING_PAYMENT or order.payment_status != PaymentStatus.UNPAID:
        raise Conflict(_OVER)
    if refusal := attempts.why_not_payable(order) if not order.awaits_acceptance else "":
        raise Conflict(refusal)
    if order.is_bespoke and not order.awaits_acceptance:
        raise Conflict(_ACCEPTED)
    if rule.percent == 100:
        return EVERYTHING
    terms = deposit_terms.by_hand(session, order.total_cents, rule, session.get_one(Shop, 1), order.pickup_at)
    if terms == EVERYTHING:
        today = deposit_terms.local_date(order.pickup_at, order.time_zone) <= clock.today(order.time_zone)
        raise Conflict(_TODAY) if today else Invalid(_TOO_SMALL, field="amount")
    return terms


def _refuse_paying(session: Session, order: Order) -> None:
    """Refuse once money is on its way, or could be paid on a page that asks for another amount."""
    page = attempts.waiting(session, order.id)
    asked = page is not None and (page.session_id is not None or page.payment_intent_id is not None)
    if is_paying(session, order.id) or asked:
        raise Conflict(_PAYING)
    if page is not None:
        # Asked of Stripe and not answered yet: its page is closed as soon as it opens.
        attempts.end(page, PaymentState.EXPIRED)
        session.flush()


def _note(order: Order) -> str:
    if not order.deposit_cents or order.balance_due_on is None:
        return "Asks for everything at once again."
    return (
        f"Asks for a deposit of {money(order.deposit)}; {money(order.rest)} is due by "
        f"{date_long(order.balance_due_on)}."
    )
