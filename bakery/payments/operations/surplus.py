"""Money that bought nothing (`Payment.surplus`) on its way back: sent again, told when it does not go, and settled once
it is gone. The caller holds the order's lock.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra import outbox, queue
from bakery.infra.formats import money
from bakery.messages.models import StaffAlert
from bakery.messages.operations import raise_alert, resolve_alert
from bakery.orders.models import Order
from bakery.payments.models import Payment, Transaction, TransactionKind
from bakery.payments.operations import ledger

JOB = "jobs.payments.refund_late_payment"
_FAILED, _SLOW = "refund_failed", "refund_slow"


def owe_again(session: Session, payment: Payment) -> None:
    """Owe the next try. Its number goes with the job: Stripe's key follows from it, and an older job does nothing."""
    payment.refund_try += 1
    payment.refund_failure = ""
    number = payment.refund_try
    key = f"payment:{payment.id}:refund:{number}"
    outbox.owe(session, JOB, payment.id, number, on=queue.DEFAULT, key=key)


def fail(session: Session, order: Order, payment: Payment, why: str) -> None:
    """It did not go, or came back: a task on the order's page. Nothing, where the money has gone another way."""
    held = ledger.held_for_payment(session, payment.id)
    if held <= 0:
        return
    payment.refund_failure = f"{why[:299].rstrip('. ')}."
    order.version += 1
    amount = money(Money(held, payment.currency))
    raise_alert(
        session,
        kind=_FAILED,
        key=_key(payment, _FAILED),
        text=f"{amount} of order {order.number} bought nothing and did not go back. {payment.refund_failure} "
        "Try again, or give it another way, on the order's page.",
        subject_ref=order.ref,
    )


def tell_slow(session: Session, order: Order, payment: Payment) -> None:
    """Stripe takes long over it; its event enters it, whenever it comes. Nothing, where it has come."""
    if ledger.held_for_payment(session, payment.id) <= 0:
        return
    raise_alert(
        session,
        kind=_SLOW,
        key=_key(payment, _SLOW),
        text=f"The automatic refund of order {order.number} is still on its way at Stripe. Nothing is to be done, "
        "unless the customer asks: then the order's page looks it up there.",
        subject_ref=order.ref,
    )


def conclude(session: Session, payment: Payment, user_id: int | None = None) -> bool:
    """Tell the customer, and settle what staff were told, once nothing of it is held any more. Whether that is so."""
    if ledger.held_for_payment(session, payment.id) > 0:
        return False
    payment.refund_failure = ""
    _owe_news(session, payment)
    settle(session, payment, user_id)
    return True


def settle(session: Session, payment: Payment, user_id: int | None = None) -> None:
    """Somebody has seen to what staff were told; the same trouble later is told anew."""
    keys = [_key(payment, _FAILED), _key(payment, _SLOW)]
    for alert in session.scalars(select(StaffAlert).where(StaffAlert.unique_key.in_(keys)).with_for_update()):
        resolve_alert(session, alert, user_id)


def _owe_news(session: Session, payment: Payment) -> None:
    """The customer is told once; and once more when what they were told of came back, and has gone again."""
    times = session.scalar(
        select(func.count()).where(
            Transaction.payment_id == payment.id, Transaction.kind == TransactionKind.REVERSAL
        )
    )
    again = f":{times}" if times else ""
    outbox.owe(
        session,
        "jobs.orders.send_late_refund",
        payment.order_id,
        on=queue.DEFAULT,
        key=f"payment:{payment.id}:refund-told{again}",
    )


def _key(payment: Payment, kind: str) -> str:
    return f"payment:{payment.id}:{kind.replace('_', '-')}"
