"""An order's refunds as its customer may know them: what was asked, what is on its way, what has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bakery.core.money import Money
from bakery.infra.formats import money
from bakery.orders.models import Order
from bakery.orders.states import AGREED, OrderStatus
from bakery.payments import refund_queries
from bakery.payments.dispute_queries import AtBank, at_bank
from bakery.payments.refund_models import CreditNote, RefundRequest
from bakery.payments.refund_standing import Standing
from bakery.payments.refund_states import PartState, RefundKind, RefundSource, RefundState, Tender
from bakery.payments.refund_words import WAYS
from bakery.payments.services.refund_requests import ASKED_ALREADY

_UNDER_WAY = (RefundState.APPROVED, RefundState.PROCESSING)
_MAY_ASK = (*AGREED, OrderStatus.CANCELLED)
NOT_NOW = (
    "Your bank is looking into this payment, so nothing can go back until it has decided. Please ring us."
)
_BANK_HAS_IT = "Your bank has the money at the moment. What comes back is decided once the bank has decided."
_BANK_ASKS = "Your bank is looking into the payment. Nothing goes back before it has decided."


@dataclass(frozen=True, slots=True)
class RefundNews:
    """One refund in words. `state` is asked, way, failed, done or declined; `ways` say how much went (or goes) how."""

    state: str
    title: str
    text: str
    amount: Money
    at: datetime
    ways: tuple[tuple[str, Money], ...] = ()
    note: str = ""
    by_card: bool = False


def read_news(session: Session, order: Order) -> list[RefundNews]:
    """An order's refunds, the latest first. What staff ask of each other is not told before it is decided."""
    found = refund_queries.of_order(session, order.id)
    if not found:
        return []
    notes, bank = refund_queries.credit_notes_of(session, order.id), at_bank(session, order.id)
    return [news for refund in found if (news := _news(refund, notes.get(refund.id), bank))]


def is_waiting(news: Sequence[RefundNews]) -> bool:
    """Whether a person looks at what the customer has asked for."""
    return any(each.state == "asked" for each in news)


def is_under_way(news: Sequence[RefundNews]) -> bool:
    """Whether something is asked for or on its way."""
    return any(each.state in ("asked", "way", "failed") for each in news)


def why_not_asked(order: Order, standing: Standing, news: Sequence[RefundNews], bank: AtBank) -> str:
    """Why its customer can ask nothing back of an order, in a sentence; empty when they can."""
    if is_waiting(news):
        return ASKED_ALREADY
    if standing.disputed:
        return NOT_NOW
    if order.status in _MAY_ASK and standing.available_cents:
        return ""
    if bank.gave_cents:
        gave = money(Money(bank.gave_cents, order.currency))
        return (
            f"Your bank has given you {gave} back, and nothing is left that can be asked back of this order."
        )
    return "Nothing can be asked back of this order: what was paid has gone back or is on its way."


def _news(refund: RefundRequest, note: CreditNote | None, bank: AtBank) -> RefundNews | None:
    theirs = refund.source == RefundSource.CUSTOMER or refund.kind == RefundKind.CANCELLATION
    cancelled = refund.kind == RefundKind.CANCELLATION
    if refund.state == RefundState.REQUESTED:
        if not theirs:
            return None
        title = "is to come back to you" if cancelled else "asked back"
        text = "A person looks at it, and we write to you."
        if bank.is_open or bank.away_cents:
            title = "was promised by the terms of your order" if cancelled else title
            text = _BANK_HAS_IT if bank.away_cents else _BANK_ASKS
        return RefundNews("asked", title, text, refund.amount, refund.asked_at)
    if refund.state == RefundState.REJECTED:
        title = "does not come from us" if cancelled and bank.gave_cents else "does not come back"
        return RefundNews("declined", title, refund.answer, refund.amount, _end(refund)) if theirs else None
    if refund.state in _UNDER_WAY:
        return RefundNews(
            "way", "is on its way back", _on_its_way(refund), refund.amount, _end(refund), _ways(refund)
        )
    if refund.state == RefundState.FAILED:
        return _failed(refund, note)
    card = any(part.tender == Tender.STRIPE for part in refund.parts if part.state == PartState.SUCCEEDED)
    text = "Banks take up to ten days to show it on the card’s statement." if card else ""
    label = note.label if note else ""
    return RefundNews(
        "done", "has gone back to you", text, refund.amount, _end(refund), _ways(refund), label, card
    )


def _failed(refund: RefundRequest, note: CreditNote | None) -> RefundNews:
    """What did not arrive; the other parts of it may have."""
    cents = sum(part.amount_cents for part in refund.parts if part.state == PartState.FAILED)
    text = "We are finding another way and will write to you."
    label = note.label if note else ""
    amount = Money(cents or refund.amount_cents, refund.currency)
    return RefundNews("failed", "did not arrive", text, amount, _end(refund), note=label)


def _on_its_way(refund: RefundRequest) -> str:
    by_hand = [part for part in refund.parts if part.state == PartState.TO_GIVE]
    if any(part.tender in (Tender.CASH, Tender.EXTERNAL_CARD) for part in by_hand):
        return "A part of it waits for you at our counter: come by with your order number."
    return "We write to you once it has gone."


def _ways(refund: RefundRequest) -> tuple[tuple[str, Money], ...]:
    return tuple((WAYS[tender], amount) for tender, amount in refund_queries.sums_by_way(refund))


def _end(refund: RefundRequest) -> datetime:
    return refund.ended_at or refund.decided_at or refund.asked_at
