"""The evidence of a sale, kept from its day on, and what staff answer to a dispute."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core.states import Machine
from bakery.infra.db import Base, Id, in_states


class EvidenceKind(StrEnum):
    """When it was written down: with the sale, with the handover, or because a dispute asked for it."""

    SALE = "sale"
    HANDOVER = "handover"
    DISPUTE = "dispute"


class EvidenceRecord(Base):
    """What was known of an order at one moment. Append-only; a change shows, since each record has its hash, and
    that of the record before it.
    """

    __tablename__ = "evidence_record"
    __table_args__ = (
        in_states("kind", EvidenceKind),
        # Written once for each occasion, and in one line: nothing is slipped in between.
        UniqueConstraint("order_id", "occasion"),
        UniqueConstraint("order_id", "previous_sha256"),
        CheckConstraint("length(sha256) = 64 AND length(previous_sha256) IN (0, 64)", name="hashes_whole"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    kind: Mapped[str] = mapped_column(String(20))
    # "sale", "handover:7" (the order's version), "dispute:3:1".
    occasion: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # Empty for an order's first.
    previous_sha256: Mapped[str] = mapped_column(String(64), default="")
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class AnswerState(StrEnum):
    """DRAFT: staff work on it. SENDING and ACCEPTING: a person has decided, and Stripe is being told."""

    DRAFT = "DRAFT"
    SENDING = "SENDING"
    SENT = "SENT"
    ACCEPTING = "ACCEPTING"
    ACCEPTED = "ACCEPTED"


_A = AnswerState
# Back steps: Stripe refused, so nothing has gone out, and staff decide anew.
ANSWER = Machine(
    "answer",
    {
        _A.DRAFT: frozenset({_A.SENDING, _A.ACCEPTING}),
        _A.SENDING: frozenset({_A.SENT, _A.DRAFT}),
        _A.ACCEPTING: frozenset({_A.ACCEPTED, _A.DRAFT}),
        _A.SENT: frozenset(),
        _A.ACCEPTED: frozenset(),
    },
)


class DisputeAnswer(Base):
    """What the shop says to one dispute; an inquiry that becomes a dispute is answered a second time."""

    __tablename__ = "dispute_answer"
    __table_args__ = (
        in_states("state", AnswerState),
        UniqueConstraint("dispute_id", "to_inquiry"),
        CheckConstraint("version >= 1", name="version_positive"),
        # Nothing goes out without a person.
        CheckConstraint(
            "state = 'DRAFT' OR (approved_at IS NOT NULL AND approved_label <> '' AND key IS NOT NULL)",
            name="approved",
        ),
        Index("ix_dispute_answer_going", "state", postgresql_where="state IN ('SENDING', 'ACCEPTING')"),
    )

    id: Mapped[Id]
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"))
    to_inquiry: Mapped[bool]
    state: Mapped[str] = mapped_column(String(20), default=AnswerState.DRAFT)
    # Stripe's fields of text, by name, as staff have left them.
    texts: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    # The facts that the file was approved with, and the file that was made of them.
    pack: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    file_key: Mapped[str | None] = mapped_column(String(200))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    # Stripe's name for the file once it is there.
    upload_id: Mapped[str | None] = mapped_column(String(120))
    # What goes back where an inquiry is accepted.
    refund_cents: Mapped[int | None]
    # New for each decision: Stripe does once what it is asked twice.
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    approved_label: Mapped[str] = mapped_column(String(254), default="")
    approved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # Why Stripe refused it last, in a sentence for staff.
    error: Mapped[str] = mapped_column(String(500), default="")
    # Counts changes: what staff approve must be what they saw.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
