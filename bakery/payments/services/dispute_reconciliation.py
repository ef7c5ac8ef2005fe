"""Asking Stripe for disputes and fraud warnings whose events did not come."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.port import Gateway, GatewayRefused
from bakery.payments.dispute_models import OPEN_DISPUTE, Dispute, DisputeState, FraudWarning
from bakery.payments.facts import dispute_facts, warning_facts
from bakery.payments.models import EventOutcome, StripeEvent
from bakery.payments.operations import disputes
from bakery.payments.services.events import apply_event, record_event

SOURCE = "reconciler"
# The money of one that was won comes back within days; whoever looks for it longer asks for nothing.
COMES_BACK = timedelta(days=60)
Body = dict[str, Any]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Found:
    """How much was told late, and how much of that needs a person."""

    told: int
    flagged: int


def find_disputes(gateway: Gateway, since: datetime, tell: Tell) -> Found:
    """Apply what Stripe knows of disputes and fraud warnings and never told.

    Those opened `since` are listed; those that we know to be unsettled are looked up, whatever their age.
    """
    found = {each.id: each.raw for each in gateway.list_disputes(since)}
    for stripe_id in _unsettled() - set(found):
        try:
            found[stripe_id] = gateway.get_dispute(stripe_id).raw
        except GatewayRefused:
            # Another account's, or of a sandbox that has forgotten it: what we know of it stays as it is.
            continue
    outcomes = [
        _apply("charge.dispute.updated", raw, f"dispute {raw.get('id')}, {raw.get('status')}", tell)
        for raw in found.values()
        if _is_news(raw)
    ]
    for raw in _unknown_warnings([each.raw for each in gateway.list_fraud_warnings(since)]):
        outcomes.append(
            _apply("radar.early_fraud_warning.created", raw, f"fraud warning {raw.get('id')}", tell)
        )
    return Found(len(outcomes), outcomes.count(EventOutcome.FLAGGED))


def _unsettled() -> set[str]:
    """Disputes that may still change: open ones, and won ones whose money is not back yet."""
    coming = (Dispute.state == DisputeState.WON) & (Dispute.taken_cents > 0)
    with transaction() as session:
        query = select(Dispute.stripe_id).where(
            or_(Dispute.state.in_(OPEN_DISPUTE), coming & (Dispute.closed_at > clock.now() - COMES_BACK))
        )
        return set(session.scalars(query))


def _is_news(raw: Body) -> bool:
    with transaction() as session:
        return disputes.is_news(session, dispute_facts(raw)) and not _was_told(session, _event_id(raw))


def _was_told(session: Session, event_id: str) -> bool:
    return session.scalar(select(StripeEvent.id).where(StripeEvent.event_id == event_id)) is not None


def _unknown_warnings(found: Iterable[Body]) -> list[Body]:
    by_id = {warning_facts(raw).warning_id: raw for raw in found}
    with transaction() as session:
        known = set(session.scalars(select(FraudWarning.stripe_id).where(FraudWarning.stripe_id.in_(by_id))))
        return [
            raw for each, raw in by_id.items() if each not in known and not _was_told(session, _event_id(raw))
        ]


def _event_id(raw: Body) -> str:
    """One name for one state of one object: found again, it is the same event."""
    digest = hashlib.sha256(json.dumps(raw, sort_keys=True, default=str).encode()).hexdigest()
    return f"reconciled:{raw.get('id')}:{digest[:16]}"


def _apply(kind: str, raw: Body, what: str, tell: Tell) -> EventOutcome:
    payload = {"id": _event_id(raw), "object": "event", "type": kind, "data": {"object": raw}}
    outcome = apply_event(record_event(payload, source=SOURCE))
    tell(f"{what}: its event never came; {outcome.lower()}")
    return outcome
