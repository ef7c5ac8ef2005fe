"""Requests for custom cakes, their quotes, what was said, what was sent, and the capacity they may need."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.custom_cakes.states import RequestStatus
from bakery.infra.db import Base, Cents, Id, in_states


class SoftHoldState(StrEnum):
    """A soft hold ends exactly once: taken over by the order's own hold, or let go."""

    HELD = "HELD"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"


class CustomCakeRequest(Base):
    """A customer's wish. `design` is what they ask for now; what was promised is in the quotes."""

    __tablename__ = "custom_cake_request"
    __table_args__ = (
        in_states("status", RequestStatus),
        CheckConstraint("length(design_hash) = 64", name="hash_whole"),
        CheckConstraint("version >= 1 AND quote_version >= 0", name="versions_sane"),
        CheckConstraint("make_minutes >= 0", name="minutes_not_negative"),
        CheckConstraint(
            "status NOT IN ('APPROVED_AWAITING_PAYMENT', 'PAID') OR (order_id IS NOT NULL AND quote_version > 0)",
            name="approved_has_order",
        ),
        Index("ix_custom_cake_request_queue", "status", "needed_on"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(12), unique=True)
    # The guest's key to this request: compared in constant time. Kept as it is, like an order's, since every
    # later mail carries the link.
    secret: Mapped[str] = mapped_column(String(64))
    # Sent once, however often the button is pressed.
    submit_key: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    # The request that this one is a modified copy of.
    copy_of_id: Mapped[int | None] = mapped_column(ForeignKey("custom_cake_request.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), unique=True)
    status: Mapped[str] = mapped_column(String(30), default=RequestStatus.PENDING_REVIEW)
    contact_name: Mapped[str] = mapped_column(String(120))
    contact_email: Mapped[str] = mapped_column(String(254), index=True)
    contact_phone: Mapped[str] = mapped_column(String(20))
    # Text messages about this request alone; news are another consent.
    sms_agreed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When the customer stated that they may share the pictures they sent.
    rights_stated_at: Mapped[datetime | None]
    design: Mapped[dict[str, Any]] = mapped_column(JSONB)
    design_hash: Mapped[str] = mapped_column(String(64))
    needed_on: Mapped[date]
    make_minutes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    is_demo: Mapped[bool] = mapped_column(default=False)
    # The latest quote's number; 0 before the first.
    quote_version: Mapped[int] = mapped_column(default=0)
    # Counts changes: what staff decide on must be what they saw.
    version: Mapped[int] = mapped_column(default=1)

    @property
    def ref(self) -> str:
        """How lower domains name this request as a subject."""
        return f"custom-cake:{self.id}"


class Quote(Base):
    """One numbered version of a promise. Append-only: an edit makes the next version."""

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("request_id", "version"),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
        CheckConstraint("servings >= 1", name="servings_positive"),
        CheckConstraint("length(design_hash) = 64", name="hash_whole"),
        CheckConstraint("expires_at > created_at", name="expires_later"),
        CheckConstraint(
            "(low_cents IS NULL) = (high_cents IS NULL) AND (low_cents IS NULL) = (predicted_cents IS NULL) "
            "AND (predicted_cents IS NULL) = (model_version IS NULL)",
            name="prediction_whole",
        ),
        CheckConstraint(
            "low_cents IS NULL OR (0 <= low_cents AND low_cents <= predicted_cents "
            "AND predicted_cents <= high_cents)",
            name="range_sane",
        ),
        Index("ix_quote_expires_at", "expires_at"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("custom_cake_request.id"))
    version: Mapped[int]
    design: Mapped[dict[str, Any]] = mapped_column(JSONB)
    design_hash: Mapped[str] = mapped_column(String(64))
    currency: Mapped[str] = mapped_column(String(3))
    # What a person decided.
    price_cents: Mapped[Cents]
    servings: Mapped[int]
    # What the models suggested, with which model and from what: both numbers are kept.
    predicted_cents: Mapped[int | None]
    low_cents: Mapped[int | None]
    high_cents: Mapped[int | None]
    predicted_servings: Mapped[int | None]
    model_version: Mapped[str | None] = mapped_column(String(80))
    features: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    override_reason: Mapped[str] = mapped_column(String(500), default="")
    # For the customer, and for the kitchen.
    message: Mapped[str] = mapped_column(Text, default="")
    instructions: Mapped[str] = mapped_column(Text, default="")
    # What the cake is, in words for staff alone: drafted from the design, and theirs to correct.
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    pickup_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    terms_version: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class QuoteAcceptance(Base):
    """The customer's yes to one version of a promise, and to the terms that were shown beside it. Append-only."""

    __tablename__ = "quote_acceptance"
    __table_args__ = (CheckConstraint("length(design_hash) = 64", name="hash_whole"),)

    id: Mapped[Id]
    # Said once: later pages of the same version find it said.
    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id"), unique=True)
    # The terms in force when they were accepted; the quote names those of the day it was written.
    terms_version: Mapped[str] = mapped_column(String(20))
    design_hash: Mapped[str] = mapped_column(String(64))
    accepted_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))
    ip: Mapped[str | None] = mapped_column(String(45))


class RequestEvent(Base):
    """One step in a request's life: who, when, why, from, to. Append-only."""

    __tablename__ = "custom_cake_event"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("custom_cake_request.id"), index=True)
    at: Mapped[datetime]
    # "status", "design" (the customer changed the wish) or "quote" (a new version of the promise).
    kind: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(30))
    to_state: Mapped[str | None] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    # What staff would make instead, when they refuse or ask for changes.
    suggestion: Mapped[str] = mapped_column(String(1000), default="")
    # The wish as it became with this step, where it changed.
    design: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class RequestMessage(Base):
    """What customer and staff wrote to each other about a request. Append-only."""

    __tablename__ = "custom_cake_message"
    __table_args__ = (CheckConstraint("length(text) BETWEEN 1 AND 2000", name="text_sane"),)

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("custom_cake_request.id"), index=True)
    at: Mapped[datetime]
    from_staff: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class RequestPicture(Base):
    """A picture that the customer sent, by its key in the file store; shown through signed links only."""

    __tablename__ = "custom_cake_picture"
    __table_args__ = (
        UniqueConstraint("request_id", "position"),
        # A modified copy of a request has the same pictures, not the same files once more.
        UniqueConstraint("request_id", "key"),
        Index("ix_custom_cake_picture_key", "key"),
        CheckConstraint("position BETWEEN 1 AND 6", name="at_most_six"),
        CheckConstraint("width > 0 AND height > 0 AND size_bytes > 0", name="size_sane"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("custom_cake_request.id"))
    position: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]


class SoftHold(Base):
    """Work that a request may bring on its day: shown to staff, and in nobody's way."""

    __tablename__ = "custom_cake_hold"
    __table_args__ = (
        in_states("state", SoftHoldState),
        CheckConstraint("make_minutes >= 0", name="minutes_not_negative"),
        Index("uq_custom_cake_hold_open", "request_id", unique=True, postgresql_where="state = 'HELD'"),
        Index("ix_custom_cake_hold_day", "on_date", postgresql_where="state = 'HELD'"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("custom_cake_request.id"))
    on_date: Mapped[date]
    make_minutes: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=SoftHoldState.HELD)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
