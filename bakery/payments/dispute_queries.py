"""What others ask of disputes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.payments.dispute_models import OPEN_DISPUTE, Dispute


def is_disputed(session: Session, order_id: int) -> bool:
    """Whether a dispute (or an inquiry) of this order is open: then nothing is refunded, or it would be paid twice."""
    query = select(Dispute.id).where(Dispute.order_id == order_id, Dispute.state.in_(OPEN_DISPUTE))
    return session.scalar(query.limit(1)) is not None
