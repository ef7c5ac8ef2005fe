"""Early fraud warnings: refund now, or risk a dispute with its fee."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.messages.models import StaffAlert
from bakery.messages.operations import raise_alert, resolve_alert
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute, FraudWarning, Settled
from bakery.payments.dispute_words import fraud_words
from bakery.payments.facts import WarningFacts
from bakery.payments.models import Payment, PaymentState
from bakery.payments.operations import attempts, ledger
from bakery.payments.operations.results import Result, applied, flagged, ignored, waiting

KIND = "fraud_warning"


def take_warning(session: Session, facts: WarningFacts) -> Result:
    """Note what a card's issuer warns of, once, and tell the staff while there is something to be done about it."""
    if facts.warning_id is None or facts.payment_intent_id is None:
        return flagged(f"early fraud warning {facts.warning_id} names no payment: look at it in Stripe")
    found = attempts.of_intent(session, facts.payment_intent_id)
    if found is None or found.state != PaymentState.SUCCEEDED:
        return waiting(f"fraud warning {facts.warning_id} of a payment that is not known (yet)")
    order = orders.lock_order(session, found.order_id)
    payment = attempts.fresh(session, found.id)
    made = session.execute(
        insert(FraudWarning)
        .values(
            stripe_id=facts.warning_id,
            order_id=order.id,
            payment_id=payment.id,
            fraud_type=facts.fraud_type[:60],
            warned_at=facts.warned_at or clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["stripe_id"])
        .returning(FraudWarning.id)
    ).scalar()
    over = _over(session, payment) or (None if facts.actionable else Settled.CLOSED)
    if over:
        settle(session, payment.id, over)
    elif made is not None:
        _alert(session, order, payment, facts)
    if made is None and not over:
        return ignored("this warning is known already", order.id)
    return applied("settled" if over else "warned of fraud", order.id)


def settle(session: Session, payment_id: int, by: Settled) -> None:
    """The warnings of a payment need nobody any more. The caller holds its order's lock."""
    open_ones = session.scalars(
        select(FraudWarning)
        .where(FraudWarning.payment_id == payment_id, FraudWarning.settled_at.is_(None))
        .order_by(FraudWarning.id)
    ).all()
    for warning in open_ones:
        warning.settled_at, warning.settled_by = clock.now(), by
        alert = session.scalar(select(StaffAlert).where(StaffAlert.unique_key == _key(warning.stripe_id)))
        if alert is not None:
            resolve_alert(session, alert, None)


def settle_refunded(session: Session, payment: Payment) -> None:
    """Settle the warnings of a payment that has gone back whole. The caller holds its order's lock."""
    if ledger.held_for_payment(session, payment.id) <= 0:
        settle(session, payment.id, Settled.REFUNDED)


def _over(session: Session, payment: Payment) -> Settled | None:
    """Why nothing can be done about a warning (any more)."""
    if session.scalar(select(Dispute.id).where(Dispute.payment_id == payment.id).limit(1)) is not None:
        return Settled.DISPUTED
    return Settled.REFUNDED if ledger.held_for_payment(session, payment.id) <= 0 else None


def _alert(session: Session, order: Order, payment: Payment, facts: WarningFacts) -> None:
    amount = money(Money(payment.amount_cents, payment.currency))
    raise_alert(
        session,
        kind=KIND,
        key=_key(str(facts.warning_id)),
        text=f"The bank warns of {fraud_words(facts.fraud_type)}: {amount} for order {order.number}. Refund it now, "
        "or risk a dispute, which costs a fee on top. Do not hand it over before you have looked at it.",
        subject_ref=order.ref,
    )


def _key(stripe_id: str) -> str:
    return f"fraud_warning:{stripe_id}"
