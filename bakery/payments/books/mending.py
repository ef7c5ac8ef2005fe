"""The fixes that are safe to click: what Stripe did is taken in as if its event had come, a fee or a receipt entered.

Each of them changes nothing the second time. A difference counts as fixed only when what was missing is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Unavailable
from bakery.infra import outbox, queue
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.gateway.balance_port import BalanceTransaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.orders.operations import lock_order
from bakery.payments import receipts
from bakery.payments.books import differences, fees
from bakery.payments.books.kinds import Fix
from bakery.payments.books.models import BalanceEntry, DifferenceState
from bakery.payments.models import Payment, StripeEvent, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.operations.surplus import JOB
from bakery.payments.services.events import apply_event, record_event
from bakery.payments.services.reconciliation import SOURCE

AWAY = "Stripe does not answer. Nothing was changed; please try again in a minute."
NOT_A_CLICK = "This difference needs a person: look at it, correct what is wrong, and say why."
_EVENTS = {
    "refund": "refund.updated",
    "refund_failure": "refund.failed",
    "dispute": "charge.dispute.funds_withdrawn",
    "dispute_reversal": "charge.dispute.funds_reinstated",
}


@dataclass(frozen=True)
class _Task:
    difference_id: int
    fix: str
    subject: str
    stripe_id: str
    order_id: int | None
    times: int


def fix(difference_id: int, gateway: Gateway, actor: Actor) -> str:
    """Do what is proposed for an open difference; says what was done.

    Refuses one that is settled, or that only a person can settle; says so (Conflict) when it is as it was
    afterwards, and when Stripe does not answer (Unavailable).
    """
    end_read()
    task = _read(difference_id)
    mend = _FIXES.get(Fix(task.fix))
    if mend is None:
        raise Conflict(NOT_A_CLICK)
    try:
        done = mend(task, gateway)
    except GatewayUnavailable as error:
        raise Unavailable(AWAY) from error
    except GatewayRefused as error:
        raise Conflict(f"Stripe refused: {error}") from error
    with transaction() as session:
        difference = differences.lock(session, difference_id)
        differences.close(session, difference, DifferenceState.FIXED, done, actor)
        differences.tell_staff(session)
    return done


def _read(difference_id: int) -> _Task:
    with transaction() as session:
        row = differences.lock(session, difference_id)
        return _Task(row.id, row.fix, row.subject, row.stripe_id or "", row.order_id, row.times)


def _take_in(task: _Task, gateway: Gateway) -> str:
    """Ask Stripe for the object behind its movement, and apply it as its event would have been."""
    movement = gateway.get_balance_transaction(task.stripe_id)
    kind, body = _event_of(movement, gateway)
    payload = {
        "id": f"books:{task.difference_id}:{task.times}:{movement.id}"[:120],
        "object": "event",
        "type": kind,
        "data": {"object": body},
    }
    row_id = record_event(payload, source=SOURCE)
    apply_event(row_id)
    with transaction() as session:
        note = session.scalars(select(StripeEvent.note).where(StripeEvent.id == row_id)).one()
        if not _is_in_ledger(session, movement):
            raise Conflict(f"Stripe was asked, and the ledger is as it was: {note or 'nothing to apply'}.")
        entry_id = session.scalar(select(BalanceEntry.id).where(BalanceEntry.stripe_id == movement.id))
    fees.enter_fees([entry_id] if entry_id else [])
    return f"Taken in from Stripe: {note or kind}."


def _event_of(movement: BalanceTransaction, gateway: Gateway) -> tuple[str, dict[str, Any]]:
    if movement.reporting_category in _EVENTS:
        return _EVENTS[movement.reporting_category], movement.source
    intent_id = movement.payment_intent_id
    if movement.reporting_category != "charge" or intent_id is None:
        raise Conflict(NOT_A_CLICK)
    checkout = gateway.find_checkout(intent_id)
    if checkout is not None:
        return "checkout.session.completed", checkout.raw
    return "payment_intent.succeeded", gateway.get_charge(intent_id).raw


def _is_in_ledger(session: Session, movement: BalanceTransaction) -> bool:
    found = text(
        "SELECT 1 FROM balance_movement m JOIN ledger_transaction l ON l.kind = m.kind AND l.stripe_id = m.reference "
        "WHERE m.stripe_id = :stripe_id"
    )
    return session.scalar(found, {"stripe_id": movement.id}) is not None


def _enter_fee(task: _Task, gateway: Gateway) -> str:
    with transaction() as session:
        entry_id = session.scalar(select(BalanceEntry.id).where(BalanceEntry.stripe_id == task.stripe_id))
    fees.enter_fees([entry_id] if entry_id else [])
    with transaction() as session:
        if not ledger.entered(session, TransactionKind.FEE, task.stripe_id):
            raise Conflict("Whose fee it is cannot be told: no payment of the shop's has this number.")
    return "The fee is in the ledger."


def _issue_receipt(task: _Task, gateway: Gateway) -> str:
    assert task.order_id is not None
    with transaction() as session:
        lock_order(session, task.order_id)
        label = receipts.issue(session, task.order_id).label
    return f"Receipt {label} is issued."


def _send_back(task: _Task, gateway: Gateway) -> str:
    """The job that sends surplus money back asks Stripe with the key of the payment's last try: it goes back once."""
    payment_id = int(task.subject.removeprefix("payment:"))
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        outbox.owe(
            session,
            JOB,
            payment_id,
            payment.refund_try,
            on=queue.DEFAULT,
            key=f"payment:{payment_id}:refund:again:{task.difference_id}:{task.times}",
        )
    return "It is being sent back; the next proof tells whether it went."


_FIXES: dict[Fix, Callable[[_Task, Gateway], str]] = {
    Fix.APPLY_EVENT: _take_in,
    Fix.ENTER_FEE: _enter_fee,
    Fix.ISSUE_RECEIPT: _issue_receipt,
    Fix.SEND_BACK: _send_back,
}
