"""Deciding that a customer is told of a payment that is not finished. The order's lock makes two deciders one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.failure_models import PaymentNudge
from bakery.payments.operations import nudges, tries


def look_at_unpaid(order_id: int) -> bool:
    """Owe the mail about an order that is not paid, if its time has come; looks again when they are still at it.

    Never for an order that is paid, over, or about to end; the second time only after another try.
    """
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        if not nudges.is_wanted(session, order):
            return False
        quiet, told = nudges.quiet_since(session, order_id), nudges.told(session, order_id)
        if quiet is None or len(told) >= nudges.MOST or (told and quiet[0] <= told[-1].at):
            return False
        wait = _time_to_wait(session, order, quiet[1], told)
        if wait:
            nudges.owe(session, order, wait)
            return False
        _tell(session, order, len(told) + 1)
        return True


def is_still_unpaid(order_id: int) -> bool:
    """Whether a mail that was decided may still be sent: asked again under the lock, just before it is."""
    with transaction() as session:
        return nudges.is_wanted(session, orders.lock_order(session, order_id))


def _time_to_wait(
    session: Session, order: Order, quiet_until: datetime, told: list[PaymentNudge]
) -> timedelta:
    """So much longer they are left alone: they are perhaps still at it, were just written to, or may not try now."""
    ready = max(quiet_until, told[-1].at + nudges.BETWEEN) if told else quiet_until
    if tries.why_paused(session, order, ""):
        ready = max(ready, clock.now() + tries.PAUSE)
    return max(ready - clock.now(), timedelta(0))


def _tell(session: Session, order: Order, version: int) -> None:
    session.add(PaymentNudge(order_id=order.id, version=version, at=clock.now()))
    outbox.owe(
        session, nudges.SEND, order.id, version, on=queue.DEFAULT, key=f"{order.ref}:nudge-mail:{version}"
    )
