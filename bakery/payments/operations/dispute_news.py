"""What the staff are told of a dispute, and when that is settled again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra.formats import datetime_shop, money
from bakery.messages.models import StaffAlert
from bakery.messages.operations import raise_alert, resolve_alert
from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute, DisputeState
from bakery.payments.dispute_words import reason_words

KIND = "dispute"
_D = DisputeState


def tell(
    session: Session, order: Order, dispute: Dispute, *, opened: bool = False, escalated: bool = False
) -> None:
    """Alert the staff to where a dispute is now; what asked them to do something else is settled by it."""
    settle(session, dispute)
    state = DisputeState(dispute.state)
    if state == _D.UNDER_REVIEW and not opened:
        # They have answered it; there is nothing to do but wait.
        return
    amount = money(Money(dispute.amount_cents, dispute.currency))
    if state == _D.NEEDS_RESPONSE:
        text = _asks(order, dispute, amount, escalated=escalated)
    elif state == _D.UNDER_REVIEW:
        text = (
            f"A payment of {amount} for order {order.number} is disputed; it was answered in Stripe already."
        )
    elif state == _D.LOST:
        text = f"The dispute about order {order.number} is lost: the bank keeps {amount}."
    elif dispute.is_inquiry:
        text = f"The bank's inquiry about order {order.number} is closed. No money was taken."
    else:
        text = f"The dispute about order {order.number} is won: {amount} comes back."
    asks = "chargeback" if not dispute.is_inquiry else "inquiry"
    _raise(session, dispute, f"{asks}:{state.lower()}", text)


def remind(session: Session, order: Order, dispute: Dispute, days: int) -> bool:
    """The deadline comes near, and nobody has answered. Once for each number of days; False when that is done."""
    about = f"due:{days}:{_stamp(dispute.due_by)}"
    if session.scalar(select(StaffAlert.id).where(StaffAlert.unique_key == _key(dispute, about))) is not None:
        return False
    left = "within a day" if days == 1 else f"within {days} days"
    text = f"The answer to the dispute about order {order.number} is due {left},{_by(dispute, order)}."
    _raise(session, dispute, about, text)
    return True


def settle(session: Session, dispute: Dispute) -> None:
    """What the staff were asked to do about a dispute is done, or overtaken."""
    query = select(StaffAlert).where(
        StaffAlert.kind == KIND, StaffAlert.subject_ref == dispute.ref, StaffAlert.resolved_at.is_(None)
    )
    for alert in session.scalars(query.order_by(StaffAlert.id).with_for_update()):
        resolve_alert(session, alert, None)


def _raise(session: Session, dispute: Dispute, about: str, text: str) -> None:
    raise_alert(session, kind=KIND, key=_key(dispute, about), text=text, subject_ref=dispute.ref)


def _key(dispute: Dispute, about: str) -> str:
    return f"dispute:{dispute.stripe_id}:{about}"


def _asks(order: Order, dispute: Dispute, amount: str, *, escalated: bool) -> str:
    claim = reason_words(dispute.reason).claim
    if dispute.is_inquiry:
        what = f"A bank asks about a payment of {amount} for order {order.number}; no money has been taken."
    elif escalated:
        what = f"The bank's inquiry about order {order.number} became a dispute over {amount}."
    else:
        what = (
            f"A payment of {amount} for order {order.number} is disputed, and the bank takes it back for now."
        )
    return f"{what} {claim} Answer{_by(dispute, order)}; until it is decided, nothing can be refunded."


def _by(dispute: Dispute, order: Order) -> str:
    return f" by {datetime_shop(dispute.due_by, order.time_zone)}" if dispute.due_by else ""


def _stamp(at: datetime | None) -> str:
    return at.date().isoformat() if at else "open"
