"""What Stripe's objects say, read once, in the shop's words. Nothing raises: what is missing is None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class SessionFacts:
    """A Checkout Session. `order_numbers` are all the places where it names an order."""

    session_id: str | None
    payment_status: str | None
    amount_cents: int | None
    currency: str
    payment_intent_id: str | None
    payment_id: int | None
    order_numbers: frozenset[str]


@dataclass(frozen=True)
class IntentFacts:
    """A payment intent: one charge of a card, or what stands behind a page."""

    payment_intent_id: str | None
    status: str | None
    amount_cents: int | None
    currency: str
    payment_id: int | None
    order_numbers: frozenset[str]


@dataclass(frozen=True)
class RefundFacts:
    """A refund. `part_id` is what we sent along with one of ours."""

    refund_id: str | None
    status: str | None
    amount_cents: int | None
    currency: str
    payment_intent_id: str | None
    part_id: int | None = None
    failure_reason: str = ""


@dataclass(frozen=True)
class FailureFacts:
    """A payment intent whose attempt failed, and why in Stripe's codes."""

    payment_intent_id: str | None
    payment_id: int | None
    order_numbers: frozenset[str]
    code: str
    decline_code: str
    # The card that was tried, where Stripe says.
    brand: str = ""
    last_four: str = ""


@dataclass(frozen=True)
class Movement:
    """What one balance transaction of a dispute moved: towards the shop positive, and the fee that Stripe took."""

    reference: str | None
    amount_cents: int | None
    fee_cents: int | None
    currency: str


@dataclass(frozen=True)
class DisputeFacts:
    dispute_id: str | None
    status: str | None
    reason: str
    amount_cents: int | None
    currency: str
    payment_intent_id: str | None
    opened_at: datetime | None
    due_by: datetime | None
    movements: tuple[Movement, ...]


@dataclass(frozen=True)
class WarningFacts:
    """An early fraud warning. One that is not `actionable` was refunded or disputed meanwhile."""

    warning_id: str | None
    fraud_type: str
    actionable: bool
    payment_intent_id: str | None
    warned_at: datetime | None


def subject(payload: Body) -> tuple[str | None, str | None]:
    """The id of the object an event is about, and of the payment intent it belongs to."""
    body = body_of(payload)
    own = _text(body.get("id"))
    intent = own if body.get("object") == "payment_intent" else _id(body.get("payment_intent"))
    return own, intent


def body_of(payload: Body) -> Body:
    """The object an event is about; empty when there is none."""
    data = payload.get("data")
    body = data.get("object") if isinstance(data, dict) else None
    return body if isinstance(body, dict) else {}


def session_facts(body: Body) -> SessionFacts:
    metadata = _metadata(body)
    return SessionFacts(
        session_id=_text(body.get("id")),
        payment_status=_text(body.get("payment_status")),
        amount_cents=_whole(body.get("amount_total")),
        currency=str(body.get("currency") or "").upper(),
        payment_intent_id=_id(body.get("payment_intent")),
        payment_id=_number(metadata.get("payment_id")),
        order_numbers=_numbers(metadata.get("order_number"), body.get("client_reference_id")),
    )


def intent_facts(body: Body) -> IntentFacts:
    metadata = _metadata(body)
    return IntentFacts(
        payment_intent_id=_text(body.get("id")),
        status=_text(body.get("status")),
        amount_cents=_whole(body.get("amount")),
        currency=str(body.get("currency") or "").upper(),
        payment_id=_number(metadata.get("payment_id")),
        order_numbers=_numbers(metadata.get("order_number")),
    )


def refund_facts(body: Body) -> RefundFacts:
    return RefundFacts(
        refund_id=_text(body.get("id")),
        status=_text(body.get("status")),
        amount_cents=_whole(body.get("amount")),
        currency=str(body.get("currency") or "").upper(),
        payment_intent_id=_id(body.get("payment_intent")),
        part_id=_number(_metadata(body).get("refund_part")),
        failure_reason=str(body.get("failure_reason") or ""),
    )


def failure_facts(body: Body) -> FailureFacts:
    metadata = _metadata(body)
    error = body.get("last_payment_error")
    error = error if isinstance(error, dict) else {}
    method = error.get("payment_method")
    card = method.get("card") if isinstance(method, dict) else None
    card = card if isinstance(card, dict) else {}
    return FailureFacts(
        payment_intent_id=_text(body.get("id")),
        payment_id=_number(metadata.get("payment_id")),
        order_numbers=_numbers(metadata.get("order_number")),
        code=str(error.get("code") or ""),
        decline_code=str(error.get("decline_code") or ""),
        brand=str(card.get("brand") or "")[:30],
        last_four=str(card.get("last4") or "")[:4],
    )


def dispute_facts(body: Body) -> DisputeFacts:
    details = body.get("evidence_details")
    rows = body.get("balance_transactions")
    return DisputeFacts(
        dispute_id=_text(body.get("id")),
        status=_text(body.get("status")),
        reason=str(body.get("reason") or "general"),
        amount_cents=_whole(body.get("amount")),
        currency=str(body.get("currency") or "").upper(),
        payment_intent_id=_id(body.get("payment_intent")),
        opened_at=_instant(body.get("created")),
        due_by=_instant(details.get("due_by")) if isinstance(details, dict) else None,
        movements=tuple(_movement(row) for row in rows if isinstance(row, dict))
        if isinstance(rows, list)
        else (),
    )


def _movement(row: Body) -> Movement:
    return Movement(
        reference=_text(row.get("id")),
        amount_cents=_whole(row.get("amount")),
        fee_cents=_whole(row.get("fee")),
        currency=str(row.get("currency") or "").upper(),
    )


def warning_facts(body: Body) -> WarningFacts:
    return WarningFacts(
        warning_id=_text(body.get("id")),
        fraud_type=str(body.get("fraud_type") or "misc"),
        actionable=body.get("actionable") is not False,
        payment_intent_id=_id(body.get("payment_intent")),
        warned_at=_instant(body.get("created")),
    )


def _metadata(body: Body) -> Body:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _id(value: Any) -> str | None:
    """An id, also where Stripe put the whole object in its place."""
    return _text(value.get("id")) if isinstance(value, dict) else _text(value)


def _whole(value: Any) -> int | None:
    return value if type(value) is int else None


def _instant(value: Any) -> datetime | None:
    """Stripe counts seconds; what lies outside any calendar is none."""
    seconds = _whole(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds < 10**11 else None


def _number(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _numbers(*values: Any) -> frozenset[str]:
    return frozenset(str(value) for value in values if value)
