"""Money has gone back, or did not arrive there: the ledger follows, whoever asked for it, and the request after it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments import refund_words
from bakery.payments.facts import RefundFacts
from bakery.payments.models import EventOutcome, Payment, TransactionKind
from bakery.payments.operations import fraud_warnings, ledger, refund_parts, surplus
from bakery.payments.operations.results import Result, applied, flagged, ignored

ON_ITS_WAY = ("pending", "requires_action")
FAILED = ("failed", "canceled")


def take_refund(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> Result:
    """Take what Stripe says of one refund of a payment that is in the ledger. Under the order's lock.

    A refund that failed stays failed, so what is told of it comes to the same in any order.
    """
    if facts.refund_id is None or facts.amount_cents is None or facts.currency != payment.currency:
        return flagged(f"refund {facts.refund_id} of {facts.amount_cents} {facts.currency}", order.id)
    result = _enter(session, order, payment, facts)
    told = refund_parts.follow(session, order, payment, facts)
    # Staff have it with the request, and with it what to do.
    return applied(result.note, order.id) if told and result.outcome == EventOutcome.FLAGGED else result


def _enter(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> Result:
    assert facts.refund_id is not None and facts.amount_cents is not None
    if ledger.entered(session, TransactionKind.REVERSAL, facts.refund_id):
        return ignored("this refund is known to have failed", order.id)
    if facts.status in ON_ITS_WAY:
        return applied(f"refund {facts.refund_id} is on its way", order.id)
    known = ledger.find(session, TransactionKind.REFUND, facts.refund_id)
    if known is not None and facts.status not in FAILED:
        return ignored("this refund is known already", order.id)
    if known is None:
        # One that failed took nothing in the end: another refund may have sent the money meanwhile.
        failed = facts.status in FAILED
        most = payment.amount_cents if failed else ledger.held_for_payment(session, payment.id)
        if facts.amount_cents > most:
            return flagged(f"refund {facts.refund_id} is larger than what the payment holds", order.id)
    entry = ledger.Entry(
        order.id,
        TransactionKind.REFUND,
        Money(-facts.amount_cents, payment.currency),
        facts.refund_id,
        payment_id=payment.id,
        credits=known.credits if known else facts.status not in FAILED and not payment.surplus,
    )
    if facts.status in FAILED:
        return _came_back(session, order, payment, entry, facts)
    ledger.enter(session, entry)
    ledger.settle_refunds(session, order, f"Stripe refund {facts.refund_id}")
    fraud_warnings.settle_refunded(session, payment)
    if payment.surplus:
        surplus.conclude(session, payment)
    return applied("refunded", order.id)


def _came_back(
    session: Session, order: Order, payment: Payment, entry: ledger.Entry, facts: RefundFacts
) -> Result:
    """A refund that the bank sent back: the shop has the money again, and the customer does not.

    Its two rows say so together, also when nobody had told that the money was sent; then what came back is
    written first, since more may have gone meanwhile than would be left in between.
    """
    told = ledger.entered(session, TransactionKind.REFUND, entry.reference)
    back = Money(-entry.amount.cents, entry.amount.currency)
    ledger.enter(
        session,
        replace(entry, kind=TransactionKind.REVERSAL, amount=back, note="the refund did not arrive"),
    )
    ledger.enter(session, entry)
    if told:
        ledger.settle_refunds(session, order, f"Stripe refund {entry.reference} did not arrive")
    if payment.surplus:
        # Staff have it with the payment, and with it what to do.
        surplus.fail(session, order, payment, refund_words.failed(facts.failure_reason, facts.status or ""))
        return applied(f"refund {entry.reference} did not arrive", order.id)
    return flagged(
        f"Refund {entry.reference} of order {order.number} did not arrive; pay the customer another way",
        order.id,
    )
