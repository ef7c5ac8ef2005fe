"""Stripe's events: stored before they are answered, applied exactly once afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.infra.transaction import transaction
from bakery.messages.operations import raise_alert, raise_alert_of_strangers
from bakery.payments.facts import body_of, subject
from bakery.payments.models import EventOutcome, StripeEvent
from bakery.payments.operations import handlers
from bakery.payments.operations.results import Result, flagged

log = structlog.get_logger(__name__)
APPLY = "jobs.payments.apply_event"
# Events may overtake each other. One that waits for another is looked at again, and given up in the end.
LOOK_AGAIN = timedelta(minutes=5)
GIVE_UP = timedelta(hours=1)


def record_event(payload: dict[str, Any], source: str = "webhook") -> int:
    """Store a verified event and owe its application. A repeated one answers with the first one's id."""
    event_id = str(payload["id"])
    object_id, intent_id = subject(payload)
    with transaction() as session:
        row_id = session.execute(
            insert(StripeEvent)
            .values(
                event_id=event_id,
                type=str(payload["type"])[:80],
                payload=payload,
                source=source,
                object_id=object_id,
                payment_intent_id=intent_id,
                received_at=clock.now(),
            )
            .on_conflict_do_nothing(index_elements=["event_id"])
            .returning(StripeEvent.id)
        ).scalar()
        if row_id is None:
            return session.scalars(select(StripeEvent.id).where(StripeEvent.event_id == event_id)).one()
        outbox.owe(session, APPLY, row_id, on=queue.URGENT, key=f"stripe_event:{row_id}")
        return row_id


def apply_event(event_row_id: int) -> EventOutcome:
    """Do what an event says, once: its row's lock and the order's make twins wait and then find it done.

    A second event that tells the same thing, or comes out of order, changes nothing.
    """
    with transaction() as session:
        event = lock_event(session, event_row_id)
        if event.outcome != EventOutcome.STORED:
            return EventOutcome(event.outcome)
        result = handlers.handle(session, event.type, body_of(event.payload), event.event_id)
        if result.outcome == EventOutcome.STORED:
            result = _wait(session, event, result)
        event.outcome, event.note = result.outcome, result.note[:500]
        event.order_id = result.order_id
        if result.outcome != EventOutcome.STORED:
            event.applied_at = clock.now()
        if result.outcome == EventOutcome.FLAGGED:
            _alert(session, event, result)
    log.info("stripe_event_applied", row=event_row_id, outcome=result.outcome.value)
    return result.outcome


def lock_event(session: Session, event_row_id: int) -> StripeEvent:
    """The event's row, locked, as it is now."""
    return session.scalars(
        select(StripeEvent)
        .where(StripeEvent.id == event_row_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def report_bad_signature(reason: str) -> None:
    """Tell the staff that somebody sent events that are not Stripe's. One alert a day, however many come."""
    day = clock.now().date().isoformat()
    with transaction() as session:
        raise_alert_of_strangers(
            session,
            kind="webhook_refused",
            key=f"webhook:stripe:signature:{day}",
            text=f"A webhook without Stripe's fresh signature was refused ({reason[:80]}). If payments stay "
            "unconfirmed, check STRIPE_WEBHOOK_SECRET and the server's clock.",
        )


def _wait(session: Session, event: StripeEvent, result: Result) -> Result:
    now = clock.now()
    waited = now - event.received_at
    if waited > GIVE_UP:
        return flagged(result.note)
    outbox.owe(
        session,
        APPLY,
        event.id,
        on=queue.DEFAULT,
        key=f"stripe_event:{event.id}:again:{int(waited / LOOK_AGAIN)}",
        not_before=now + LOOK_AGAIN,
    )
    return result


def _alert(session: Session, event: StripeEvent, result: Result) -> None:
    raise_alert(
        session,
        kind="stripe_event",
        key=f"stripe_event:{event.event_id}",
        text=f"{result.note} ({event.type}, {event.event_id})"[:500],
        subject_ref=f"order:{result.order_id}" if result.order_id else None,
    )
