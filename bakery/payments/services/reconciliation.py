"""Asking Stripe what it never told us: sessions paid or closed, refunds and disputes, whose event did not come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.card_port import ChargeResult
from bakery.integrations.gateway.port import CheckoutSession, Gateway, GatewayRefused
from bakery.messages.operations import raise_alert
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.facts import intent_facts, refund_facts
from bakery.payments.models import (
    EventOutcome,
    Payment,
    PaymentChannel,
    PaymentState,
    StripeEvent,
    Transaction,
    TransactionKind,
)
from bakery.payments.operations import attempts
from bakery.payments.services.closing import abandon_attempt, cancel_card_attempt
from bakery.payments.services.dispute_reconciliation import find_disputes
from bakery.payments.services.events import apply_event, record_event

SOURCE = "reconciler"
# A page past its time whose end nobody told: Stripe is given a moment to do so.
OVERDUE = timedelta(minutes=3)
# Stripe repeats an event for days. When none came in this time, our address or secret is wrong.
SILENCE = timedelta(hours=1)
LOOK_BACK = timedelta(days=1)
Tell = Callable[[str], None]
_OVER = (OrderStatus.EXPIRED, OrderStatus.CANCELLED)


@dataclass(frozen=True)
class Report:
    """What a run found. `flagged` events need a person."""

    sessions: int = 0
    paid: int = 0
    closed: int = 0
    refunds: int = 0
    disputes: int = 0
    flagged: int = 0
    silent: int = 0

    def __str__(self) -> str:
        return (
            f"{self.sessions} sessions looked at, {self.paid} payments, {self.refunds} refunds and "
            f"{self.disputes} disputes or warnings found, {self.closed} attempts closed, {self.flagged} flagged, "
            f"{self.silent} still without their event"
        )


def reconcile(gateway: Gateway, since: datetime, tell: Tell = lambda _: None) -> Report:
    """Apply what Stripe knows and never told, through the same path as its events, and once.

    `since`: sessions opened and refunds made from then on; attempts that are overdue are looked up whatever
    their age. Raises GatewayUnavailable when Stripe is away; what was done until then stays done.
    """
    _close_pages_of_orders_that_are_over()
    report = _paid_sessions(gateway, since, tell)
    report = _charged_cards(gateway, since, report, tell)
    report = _overdue_attempts(gateway, report, tell)
    report = _refunds(gateway, since, report, tell)
    report = replace(report, silent=_check_silence())
    found = find_disputes(gateway, since, tell)
    return replace(report, disputes=found.told, flagged=report.flagged + found.flagged)


def _close_pages_of_orders_that_are_over() -> None:
    with transaction() as session:
        query = (
            select(Payment.order_id)
            .join(Order, Order.id == Payment.order_id)
            .where(Payment.state.in_(attempts.OPEN_STATES), Order.status.in_(_OVER))
        )
        for order_id in session.scalars(query).all():
            attempts.owe_closing_others(session, order_id)


def _paid_sessions(gateway: Gateway, since: datetime, tell: Tell) -> Report:
    found = [
        each
        for each in gateway.list_completed_checkouts(since)
        # Sessions that name no order at all belong to something else on the same Stripe account.
        if each.payment_status == "paid" and each.client_reference_id
    ]
    report = Report(sessions=len(found))
    settled = _settled([each.id for each in found])
    for checkout in found:
        if checkout.id not in settled:
            report = _apply_session(checkout, report, tell)
    return report


def _settled(session_ids: list[str]) -> set[str]:
    """Sessions whose payment is known, or whose event has come (and is being applied, or was flagged)."""
    with transaction() as session:
        paid = select(Payment.session_id).where(
            Payment.session_id.in_(session_ids), Payment.state == PaymentState.SUCCEEDED
        )
        told = select(StripeEvent.object_id).where(
            StripeEvent.object_id.in_(session_ids), StripeEvent.type == "checkout.session.completed"
        )
        return {str(each) for query in (paid, told) for each in session.scalars(query)}


def _apply_session(checkout: CheckoutSession, report: Report, tell: Tell) -> Report:
    outcome = _apply(f"reconciled:{checkout.id}", "checkout.session.completed", checkout.raw)
    tell(f"{checkout.client_reference_id or checkout.id}: paid, its event never came; {outcome.lower()}")
    flagged = outcome == EventOutcome.FLAGGED
    return replace(report, paid=report.paid + 1, flagged=report.flagged + flagged)


def _overdue_attempts(gateway: Gateway, report: Report, tell: Tell) -> Report:
    """Attempts that should be over by now: ask Stripe how they ended."""
    with transaction() as session:
        query = (
            select(Payment.id, Payment.session_id, Payment.payment_intent_id, Payment.channel)
            .where(Payment.state.in_(attempts.OPEN_STATES), Payment.expires_at < clock.now() - OVERDUE)
            .order_by(Payment.expires_at)
        )
        overdue = session.execute(query).all()
    for row in overdue:
        if row.channel == PaymentChannel.CARD:
            report = _look_up_charge(gateway, row.id, row.payment_intent_id, report, tell)
        else:
            report = _look_up(gateway, row.id, row.session_id, report, tell)
    return report


def _charged_cards(gateway: Gateway, since: datetime, report: Report, tell: Tell) -> Report:
    """Charges of saved cards that went through, though their attempt may never have heard of its own charge."""
    with transaction() as session:
        begun = select(Payment.id).where(
            Payment.channel == PaymentChannel.CARD,
            Payment.state != PaymentState.SUCCEEDED,
            Payment.created_at >= since,
        )
        undecided = set(session.scalars(begun))
    if not undecided:
        return report
    for charge in gateway.list_charges(since):
        if intent_facts(charge.raw).payment_id in undecided:
            report = _apply_charge(charge, report, tell)
    return report


def _apply_charge(charge: ChargeResult, report: Report, tell: Tell) -> Report:
    outcome = _apply(f"reconciled:{charge.intent_id}", "payment_intent.succeeded", charge.raw)
    tell(f"charge {charge.intent_id}: made, its event never came; {outcome.lower()}")
    flagged = outcome == EventOutcome.FLAGGED
    return replace(report, paid=report.paid + 1, flagged=report.flagged + flagged)


def _look_up_charge(
    gateway: Gateway, payment_id: int, intent_id: str | None, report: Report, tell: Tell
) -> Report:
    """A charge of a saved card whose end nobody told."""
    try:
        charge = gateway.get_charge(intent_id) if intent_id else None
    except GatewayRefused:
        charge = None
    if charge is not None and charge.status == "processing":
        return report
    if charge is not None and charge.status == "succeeded":
        return _apply_charge(charge, report, tell)
    if charge is None:
        abandon_attempt(payment_id)
    else:
        cancel_card_attempt(payment_id, gateway)
    tell(f"attempt {payment_id}: closed unpaid")
    return replace(report, closed=report.closed + 1)


def _look_up(gateway: Gateway, payment_id: int, session_id: str | None, report: Report, tell: Tell) -> Report:
    try:
        checkout = gateway.get_checkout(session_id) if session_id else None
    except GatewayRefused:
        checkout = None
    if checkout is None:
        # Stripe was never reached, or does not know the page: nobody can have paid there.
        abandon_attempt(payment_id)
    elif checkout.status == "expired":
        _apply(f"reconciled:{checkout.id}:expired", "checkout.session.expired", checkout.raw)
    elif checkout.payment_status == "paid" and not _settled([checkout.id]):
        return _apply_session(checkout, report, tell)
    else:
        return report
    tell(f"attempt {payment_id}: closed unpaid")
    return replace(report, closed=report.closed + 1)


def _refunds(gateway: Gateway, since: datetime, report: Report, tell: Tell) -> Report:
    """Refunds that are not in the ledger: made in Stripe's dashboard, and their event never came."""
    done = {each.id: each for each in gateway.list_refunds(since) if each.status == "succeeded"}
    intents = {refund_facts(each.raw).payment_intent_id for each in done.values()}
    with transaction() as session:
        ours = set(
            session.scalars(
                select(Payment.payment_intent_id).where(
                    Payment.payment_intent_id.in_(intents), Payment.state == PaymentState.SUCCEEDED
                )
            )
        )
        known = set(
            session.scalars(
                select(Transaction.stripe_id).where(
                    Transaction.kind == TransactionKind.REFUND, Transaction.stripe_id.in_(done)
                )
            )
        )
        told = set(
            session.scalars(
                select(StripeEvent.object_id).where(
                    StripeEvent.object_id.in_(done), StripeEvent.outcome != EventOutcome.APPLIED
                )
            )
        )
    for refund_id in done.keys() - known - told:
        if refund_facts(done[refund_id].raw).payment_intent_id not in ours:
            continue
        outcome = _apply(f"reconciled:{refund_id}", "refund.updated", done[refund_id].raw)
        tell(f"refund {refund_id}: its event never came; {outcome.lower()}")
        report = replace(report, refunds=report.refunds + 1)
    return report


def _apply(event_id: str, kind: str, body: dict[str, Any]) -> EventOutcome:
    payload = {"id": event_id, "object": "event", "type": kind, "data": {"object": body}}
    return apply_event(record_event(payload, source=SOURCE))


def _check_silence() -> int:
    """Alert when paid sessions that we found by asking still have no event of Stripe's own."""
    now = clock.now()
    with transaction() as session:
        silent = _silent(session, now)
        if silent:
            raise_alert(
                session,
                kind="webhooks_silent",
                key=f"webhooks_silent:{now.date().isoformat()}",
                text=f"Stripe sent no event for {silent} paid sessions in over an hour; they were found by "
                "asking. Check the webhook's address, its secret and its log in Stripe's dashboard.",
                subject_ref=None,
            )
    return silent


def _silent(session: Session, now: datetime) -> int:
    heard = aliased(StripeEvent)
    query = select(func.count()).where(
        StripeEvent.source == SOURCE,
        StripeEvent.type == "checkout.session.completed",
        StripeEvent.received_at.between(now - LOOK_BACK, now - SILENCE),
        ~exists().where(heard.object_id == StripeEvent.object_id, heard.source != SOURCE),
    )
    return int(session.scalars(query).one())
