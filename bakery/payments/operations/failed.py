"""A try to pay that did not work: written down once, told in two sets of words, and followed up."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import declines
from bakery.payments.decline_advice import staff_words
from bakery.payments.facts import Body, FailureFacts, failure_facts
from bakery.payments.failure_models import PaymentFailure
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts, cards, nudges, tries
from bakery.payments.operations.results import Result, applied, ignored


def declined(session: Session, body: Body, event_id: str) -> Result:
    """One card was refused. A page stays open for another; a charge of a saved card is over."""
    facts = failure_facts(body)
    payment = attempts.of_failure(session, facts)
    if payment is None:
        return ignored("a refused card for an unknown order")
    order = orders.lock_order(session, payment.order_id)
    payment = attempts.fresh(session, payment.id)
    new = record(session, order, payment, facts, event_id)
    over = payment.state not in attempts.OPEN_STATES
    if not over:
        payment.payment_intent_id = facts.payment_intent_id
        payment.failure = declines.plain_words(facts.code, facts.decline_code)
        if payment.channel == PaymentChannel.CARD:
            attempts.end(payment, PaymentState.FAILED)
    # Also those that are told after the page was closed: whoever tries many at once is told last of most of them.
    if new:
        tries.count(session, order, payment)
    if over:
        return ignored(f"the attempt is over already ({payment.state})", order.id)
    # What polls the order page compares the order's version.
    order.version += 1
    return applied(payment.failure, order.id)


def refused(session: Session, order: Order, payment: Payment, facts: FailureFacts) -> None:
    """Stripe's answer was the bank's no to a saved card; its event will say the same."""
    if record(session, order, payment, facts, None):
        tries.count(session, order, payment)


def record(
    session: Session, order: Order, payment: Payment, facts: FailureFacts, event_id: str | None
) -> bool:
    """One row a card that was tried, and the customer's mail about it in a while. False when it is there already.

    The caller holds the order's lock. A charge of a saved card is one try: Stripe's answer and its event say the same.
    """
    there = select(PaymentFailure.id).where(PaymentFailure.payment_id == payment.id)
    if payment.channel == PaymentChannel.PAGE:
        there = there.where(PaymentFailure.event_id == event_id)
    if session.scalar(there.limit(1)) is not None:
        return False
    brand, last_four = _card(session, payment, facts)
    session.add(
        PaymentFailure(
            order_id=order.id,
            payment_id=payment.id,
            event_id=event_id,
            at=clock.now(),
            code=facts.code[:80],
            decline_code=facts.decline_code[:80],
            customer_words=declines.plain_words(facts.code, facts.decline_code),
            staff_words=staff_words(facts.code, facts.decline_code),
            brand=brand,
            last_four=last_four,
            tried_from=payment.tried_from,
        )
    )
    session.flush()
    nudges.owe(session, order, nudges.AFTER_A_FAILURE)
    return True


def _card(session: Session, payment: Payment, facts: FailureFacts) -> tuple[str, str]:
    saved = cards.named(session, payment.payment_method_id) if payment.payment_method_id else None
    if facts.last_four or saved is None:
        return facts.brand, facts.last_four
    return saved.brand, saved.last_four
