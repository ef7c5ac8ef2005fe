"""What each kind of Stripe event means for an order."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from bakery.orders import operations as orders
from bakery.payments import declines
from bakery.payments.facts import (
    Body,
    SessionFacts,
    dispute_facts,
    intent_facts,
    refund_facts,
    session_facts,
    warning_facts,
)
from bakery.payments.models import EventOutcome, Payment, PaymentChannel, PaymentState
from bakery.payments.operations import (
    attempts,
    card_news,
    disputes,
    failed,
    fraud_warnings,
    given_back,
    paid,
)
from bakery.payments.operations.results import Result, applied, flagged, ignored, waiting

Handler = Callable[[Session, Body], Result]


def handle(session: Session, kind: str, body: Body, event_id: str) -> Result:
    """Apply an event of this kind about this object. Takes the order's lock where it knows the order."""
    if kind == "payment_intent.payment_failed":
        # Several cards on one page are told by events that differ in nothing else.
        return failed.declined(session, body, event_id)
    handler = _HANDLERS.get(kind)
    return handler(session, body) if handler else ignored("the shop takes no notice of this kind")


def _completed(session: Session, body: Body) -> Result:
    if card_news.is_setup(body):
        return card_news.set_up(session, body)
    facts = session_facts(body)
    payment = attempts.of_session(session, facts)
    if payment is None:
        return flagged(f"Money for an unknown order: {_named(facts)}")
    order = orders.lock_order(session, payment.order_id)
    payment = attempts.fresh(session, payment.id)
    if wrong := paid.mismatch(order, payment, facts):
        return flagged(f"Nothing was marked paid for order {order.number}: {wrong}", order.id)
    if facts.payment_status != "paid":
        return applied("the bank takes its time; another event will tell", order.id)
    return paid.take(session, order, payment, str(facts.payment_intent_id), facts.session_id)


def _charged(session: Session, body: Body) -> Result:
    """A saved card was charged. What stands behind a page is told by the page's own event."""
    facts = intent_facts(body)
    payment = attempts.of_charge(session, facts)
    if payment is None or payment.channel != PaymentChannel.CARD:
        return ignored("the page's own event tells of it" if payment else "a charge for an unknown order")
    order = orders.lock_order(session, payment.order_id)
    payment = attempts.fresh(session, payment.id)
    if wrong := paid.mismatch_of_card(order, payment, facts):
        return flagged(f"Nothing was marked paid for order {order.number}: {wrong}", order.id)
    if facts.status != "succeeded":
        return ignored(f"the charge is {facts.status}", order.id)
    return paid.take(session, order, payment, str(facts.payment_intent_id))


def _async_failed(session: Session, body: Body) -> Result:
    return _close(session, body, PaymentState.FAILED, declines.DELAYED)


def _expired(session: Session, body: Body) -> Result:
    """The page is closed. The order keeps what it holds until its own time runs out: one may try again."""
    if card_news.is_setup(body):
        return card_news.setup_expired(session, body)
    return _close(session, body, PaymentState.EXPIRED)


def _close(session: Session, body: Body, state: PaymentState, failure: str = "") -> Result:
    facts = session_facts(body)
    payment = attempts.of_session(session, facts)
    if payment is None:
        return ignored(f"a page that closed for an unknown order: {_named(facts)}")
    order = orders.lock_order(session, payment.order_id)
    payment = attempts.fresh(session, payment.id)
    if payment.session_id not in (None, facts.session_id) or order.number not in facts.order_numbers:
        return ignored("not this attempt's page", order.id)
    if payment.state not in attempts.OPEN_STATES:
        return ignored(f"the attempt is over already ({payment.state})", order.id)
    attempts.end(payment, state, failure)
    return applied("the page closed unpaid", order.id)


def _refund(session: Session, body: Body) -> Result:
    facts = refund_facts(body)
    found = attempts.of_intent(session, facts.payment_intent_id)
    if found is None or found.state != PaymentState.SUCCEEDED:
        return waiting("a refund of a payment that is not known (yet)")
    order = orders.lock_order(session, found.order_id)
    return given_back.take_refund(session, order, attempts.fresh(session, found.id), facts)


def _charge_refunded(session: Session, body: Body) -> Result:
    """Stripe tells each refund by itself as well (`refund.*`), with the id that the ledger needs."""
    payment = _payment_of(session, body)
    return ignored("refund.* says it with the refund's id", payment.order_id if payment else None)


def _dispute(session: Session, body: Body) -> Result:
    return disputes.take_dispute(session, dispute_facts(body))


def _dispute_money(session: Session, body: Body) -> Result:
    """The bank took the money, or gave it back: the ledger needs to know by which movement."""
    result = _dispute(session, body)
    silent = not dispute_facts(body).movements
    if silent and result.outcome in (EventOutcome.APPLIED, EventOutcome.IGNORED):
        text = f"Stripe says that dispute {body.get('id')} moved money, and not which movement it was"
        return flagged(text, result.order_id)
    return result


def _warning(session: Session, body: Body) -> Result:
    return fraud_warnings.take_warning(session, warning_facts(body))


def _payment_of(session: Session, body: Body) -> Payment | None:
    return attempts.of_intent(session, refund_facts(body).payment_intent_id)


def _named(facts: SessionFacts) -> str:
    return ", ".join(sorted(facts.order_numbers)) or f"session {facts.session_id}"


_HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _completed,
    "checkout.session.async_payment_failed": _async_failed,
    "checkout.session.expired": _expired,
    "payment_intent.succeeded": _charged,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refunded": _charge_refunded,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute_money,
    "charge.dispute.funds_reinstated": _dispute_money,
    "radar.early_fraud_warning.created": _warning,
    "radar.early_fraud_warning.updated": _warning,
    **card_news.HANDLERS,
}
