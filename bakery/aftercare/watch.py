"""What the clock brings about disputes: deadlines that come near, and warnings that were refunded meanwhile."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select

from bakery.aftercare.models import AnswerState, DisputeAnswer
from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.payments.dispute_models import Dispute, DisputeState, FraudWarning
from bakery.payments.models import Payment
from bakery.payments.operations import dispute_news, disputes, fraud_warnings

# The staff hear of a deadline so many days before it; each once.
REMIND_BEFORE = (1, 3)


def remind() -> int:
    """Remind the staff of what nobody has answered. Answers how many reminders that were."""
    now = clock.now()
    decided = exists().where(
        DisputeAnswer.dispute_id == Dispute.id,
        DisputeAnswer.to_inquiry == Dispute.is_inquiry,
        DisputeAnswer.state != AnswerState.DRAFT,
    )
    with transaction() as session:
        due = session.scalars(
            select(Dispute.id)
            .where(
                Dispute.state == DisputeState.NEEDS_RESPONSE,
                Dispute.due_by.between(now, now + timedelta(days=max(REMIND_BEFORE))),
                ~decided,
            )
            .order_by(Dispute.due_by)
        ).all()
    return sum(_remind(dispute_id) for dispute_id in due)


def settle_refunded_warnings() -> int:
    """Settle fraud warnings whose payment has gone back, by whatever way. Answers how many were looked at."""
    with transaction() as session:
        waiting = session.execute(
            select(FraudWarning.order_id, FraudWarning.payment_id)
            .where(FraudWarning.settled_at.is_(None))
            .distinct()
        ).all()
    for order_id, payment_id in waiting:
        with transaction() as session:
            orders.lock_order(session, order_id)
            fraud_warnings.settle_refunded(session, session.get_one(Payment, payment_id))
    return len(waiting)


def _remind(dispute_id: int) -> bool:
    with transaction() as session:
        order, dispute = disputes.lock_dispute(session, dispute_id)
        if dispute.state != DisputeState.NEEDS_RESPONSE or dispute.due_by is None:
            return False
        left = dispute.due_by - clock.now()
        days = next((days for days in REMIND_BEFORE if left <= timedelta(days=days)), None)
        return days is not None and dispute_news.remind(session, order, dispute, days)
