"""Money has gone back, or did not arrive there: the ledger follows, whoever asked for it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.orders.models import Order
from bakery.payments.facts import RefundFacts
from bakery.payments.models import Payment, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.operations.results import Result, applied, flagged, ignored

ON_ITS_WAY = ("pending", "requires_action")
FAILED = ("failed", "canceled")


def take_refund(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> Result:
    """Enter what Stripe says of one refund of a payment that is in the ledger. Under the order's lock."""
    if facts.refund_id is None or facts.amount_cents is None or facts.currency != payment.currency:
        return flagged(f"refund {facts.refund_id} of {facts.amount_cents} {facts.currency}", order.id)
    if facts.status in ON_ITS_WAY:
        return applied(f"refund {facts.refund_id} is on its way", order.id)
    if facts.status in FAILED:
        return _came_back(session, order, payment, facts)
    if ledger.entered(session, TransactionKind.REFUND, facts.refund_id):
        return ignored("this refund is known already", order.id)
    if facts.amount_cents > ledger.held_for_payment(session, payment.id):
        return flagged(f"refund {facts.refund_id} is larger than what the payment holds", order.id)
    amount = Money(-facts.amount_cents, payment.currency)
    ledger.enter(session, payment, TransactionKind.REFUND, amount, facts.refund_id)
    ledger.settle_refunds(session, order, f"Stripe refund {facts.refund_id}")
    return applied("refunded", order.id)


def _came_back(session: Session, order: Order, payment: Payment, facts: RefundFacts) -> Result:
    """A refund that the bank sent back: the shop has the money again, and the customer does not."""
    assert facts.refund_id is not None and facts.amount_cents is not None
    if ledger.entered(session, TransactionKind.REFUND, facts.refund_id):
        amount = Money(facts.amount_cents, payment.currency)
        ledger.enter(
            session, payment, TransactionKind.REVERSAL, amount, facts.refund_id, "the refund did not arrive"
        )
    return flagged(
        f"Refund {facts.refund_id} of order {order.number} did not arrive; pay the customer another way",
        order.id,
    )
