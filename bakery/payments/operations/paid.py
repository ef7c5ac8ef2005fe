"""Money has arrived: compare it, enter it, and give the order what it paid for, or the money back."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM
from bakery.core.money import Money
from bakery.infra import outbox, queue
from bakery.messages.operations import raise_alert
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import AGREED, OrderStatus, PaymentStatus
from bakery.payments.facts import IntentFacts, SessionFacts
from bakery.payments.models import (
    EventOutcome,
    Payment,
    PaymentChannel,
    PaymentKind,
    PaymentState,
    StripeEvent,
    TransactionKind,
)
from bakery.payments.operations import attempts, kept, ledger
from bakery.payments.operations.results import Result, applied, ignored
from bakery.payments.operations.surplus import JOB

_FOLLOWERS = ("refund.", "charge.dispute.", "radar.early_fraud_warning.")


def mismatch(order: Order, payment: Payment, facts: SessionFacts) -> str:
    """What does not fit between the order, the attempt, and what Stripe reports; empty when all does."""
    wrong = []
    if facts.session_id is None or payment.session_id not in (None, facts.session_id):
        wrong.append(f"session {facts.session_id} instead of {payment.session_id}")
    wrong += _other_subject(order, payment, facts)
    if not facts.payment_intent_id:
        wrong.append("no payment intent")
    return "; ".join(wrong)


def mismatch_of_card(order: Order, payment: Payment, facts: IntentFacts) -> str:
    """The same for a charge of a saved card, which has no page."""
    wrong = []
    if facts.payment_intent_id is None or payment.payment_intent_id not in (None, facts.payment_intent_id):
        wrong.append(f"intent {facts.payment_intent_id} instead of {payment.payment_intent_id}")
    if payment.channel != PaymentChannel.CARD:
        wrong.append("a charge without its page")
    return "; ".join(wrong + _other_subject(order, payment, facts))


def _other_subject(order: Order, payment: Payment, facts: SessionFacts | IntentFacts) -> list[str]:
    wrong = []
    if facts.payment_id != payment.id:
        wrong.append(f"payment {facts.payment_id} instead of {payment.id}")
    if facts.order_numbers != {order.number}:
        named = ", ".join(sorted(facts.order_numbers)) or "none"
        wrong.append(f"order {named} instead of {order.number}")
    if facts.amount_cents != payment.amount_cents:
        wrong.append(f"amount {facts.amount_cents} instead of {payment.amount_cents}")
    # What is due changes with every payment: one that is too much by now is taken, and goes back by itself. A page of
    # the deposit may be paid on the day from which on everything is asked, and one for everything in place of it.
    whole = {PaymentKind.DEPOSIT: order.deposit_cents, PaymentKind.FULL: order.total_cents}
    if payment.kind in whole and payment.amount_cents != whole[PaymentKind(payment.kind)]:
        wrong.append(
            f"{payment.kind} of {payment.amount_cents} where the order's is {whole[PaymentKind(payment.kind)]}"
        )
    if facts.currency != payment.currency.upper() or payment.currency != order.currency:
        wrong.append(f"currency {facts.currency} instead of {order.currency}")
    return wrong


def take(
    session: Session, order: Order, payment: Payment, intent_id: str, session_id: str | None = None
) -> Result:
    """Enter a payment that fits, once, and let the order have it. The caller holds the order's lock."""
    if payment.state == PaymentState.SUCCEEDED:
        return ignored("this payment is known already", order.id)
    payment.session_id, payment.payment_intent_id = session_id, intent_id
    attempts.end(payment, PaymentState.SUCCEEDED)
    payment.failure, payment.url = "", None
    session.flush()
    amount = Money(payment.amount_cents, payment.currency)
    ledger.enter(
        session, ledger.Entry(order.id, TransactionKind.CHARGE, amount, intent_id, payment_id=payment.id)
    )
    note = _give(session, order, payment)
    kept.follow(session, order, payment)
    attempts.owe_closing_others(session, order.id, but=payment.id)
    _wake_followers(session, intent_id)
    return applied(note, order.id)


def _give(session: Session, order: Order, payment: Payment) -> str:
    """What the order does with the money."""
    if order.status in AGREED and (
        payment.kind == PaymentKind.BALANCE or order.held_cents == payment.amount_cents
    ):
        return _settle(session, order, payment)
    if order.payment_status != PaymentStatus.UNPAID:
        cancelled = order.status == OrderStatus.CANCELLED
        why = "was paid although it is cancelled" if cancelled else "was paid a second time"
        return _give_back(session, order, payment, why)
    reason = f"Stripe payment {payment.payment_intent_id}"
    got = PaymentStatus.DEPOSIT_PAID if payment.kind == PaymentKind.DEPOSIT else PaymentStatus.PAID
    if order.status == OrderStatus.PENDING_PAYMENT:
        orders.change_payment_status(session, order, got, SYSTEM, reason)
        orders.confirm(session, order)
        return "deposit paid" if got == PaymentStatus.DEPOSIT_PAID else "paid"
    if order.status == OrderStatus.EXPIRED and orders.retake_or_none(session, order):
        orders.change_payment_status(session, order, got, SYSTEM, f"{reason}, late")
        orders.confirm(session, order)
        return "paid late; stock and slot were still there"
    orders.change_payment_status(session, order, got, SYSTEM, f"{reason}, too late")
    late = order.status == OrderStatus.EXPIRED
    return _give_back(
        session,
        order,
        payment,
        "was paid after its time ran out, and what it held is gone"
        if late
        else f"was paid although it is {order.status.lower()}",
    )


def _settle(session: Session, order: Order, payment: Payment) -> str:
    """Money towards what is due of a confirmed order. What is more than that goes back whole: nobody asked for it."""
    # What goes back anyway pays for nothing.
    held = order.held_cents - ledger.surplus_of(session, order.id)
    if held > order.total_cents - order.credited_cents:
        return _give_back(session, order, payment, "was paid although nothing was due any more")
    reason = f"Stripe payment {payment.payment_intent_id}"
    whole = held == order.total_cents - order.credited_cents
    if not whole and order.payment_status == PaymentStatus.UNPAID and payment.kind == PaymentKind.DEPOSIT:
        orders.change_payment_status(session, order, PaymentStatus.DEPOSIT_PAID, SYSTEM, reason)
    # What was given back in part stays so, also when the rest is paid.
    if whole and order.payment_status in (PaymentStatus.UNPAID, PaymentStatus.DEPOSIT_PAID):
        orders.change_payment_status(session, order, PaymentStatus.PAID, SYSTEM, reason)
    # What polls the order compares its version.
    order.version += 1
    row = ledger.find(session, TransactionKind.CHARGE, str(payment.payment_intent_id))
    if row is not None:
        ledger.owe_thanks(session, row.id, f"payment:{payment.id}:received")
    return "what was due is paid" if whole else "a part of what was due is paid"


def _give_back(session: Session, order: Order, payment: Payment, why: str) -> str:
    """Owe an automatic refund, and tell the staff. The customer is told once the money is on its way."""
    payment.surplus = True
    outbox.owe(
        session,
        JOB,
        payment.id,
        on=queue.DEFAULT,
        key=f"payment:{payment.id}:refund",
    )
    raise_alert(
        session,
        kind="automatic_refund",
        key=f"payment:{payment.id}:refund",
        text=f"Order {order.number} {why}. The money is being sent back automatically.",
        subject_ref=order.ref,
    )
    return f"{why}; refund owed"


def _wake_followers(session: Session, intent_id: str) -> None:
    """Events that came before this one and follow from it (a refund made at once, a dispute) can be applied now."""
    followers = session.scalars(
        select(StripeEvent.id).where(
            StripeEvent.payment_intent_id == intent_id,
            StripeEvent.outcome == EventOutcome.STORED,
            or_(*(StripeEvent.type.startswith(kind) for kind in _FOLLOWERS)),
        )
    )
    for event_id in followers:
        outbox.owe(
            session,
            "jobs.payments.apply_event",
            event_id,
            on=queue.URGENT,
            key=f"stripe_event:{event_id}:after-payment",
        )
