"""Disputes: a cardholder asks their bank for the money back. An object of its own, beside the order's states."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core.states import Machine
from bakery.infra.db import Base, Cents, Id, in_states


class DisputeState(StrEnum):
    """An inquiry that ends without a chargeback is WON: nothing was taken."""

    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    WON = "WON"
    LOST = "LOST"


OPEN_DISPUTE = (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW)
_D = DisputeState

# One that nobody answered in time is LOST without a review; one that the cardholder took back is WON.
DISPUTE = Machine(
    "dispute",
    {
        _D.NEEDS_RESPONSE: frozenset({_D.UNDER_REVIEW, _D.WON, _D.LOST}),
        _D.UNDER_REVIEW: frozenset({_D.WON, _D.LOST}),
        _D.WON: frozenset(),
        _D.LOST: frozenset(),
    },
)
# An inquiry becomes a chargeback: the same object begins again, and where it is then may have come to us first.
ESCALATION = Machine(
    "dispute", {state: frozenset(_D) for state in (_D.NEEDS_RESPONSE, _D.UNDER_REVIEW, _D.WON)}
)


class Dispute(Base):
    """One dispute as Stripe tells it. It never moves an order's status, its payment status or its stock."""

    __tablename__ = "dispute"
    __table_args__ = (
        in_states("state", DisputeState),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(
            "(closed_at IS NULL) = (state IN ('NEEDS_RESPONSE', 'UNDER_REVIEW'))", name="closed_whole"
        ),
        CheckConstraint("NOT (is_inquiry AND state = 'LOST')", name="inquiry_takes_nothing"),
        Index("ix_dispute_due", "due_by", postgresql_where="state = 'NEEDS_RESPONSE'"),
    )

    id: Mapped[Id]
    stripe_id: Mapped[str] = mapped_column(String(120), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    # The bank only asks; no money has moved (yet).
    is_inquiry: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Stripe's word for why: "fraudulent", "product_not_received", …
    reason: Mapped[str] = mapped_column(String(60))
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    due_by: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    # What the bank has of the shop's money now, and what Stripe has kept for its trouble: as the ledger has it.
    taken_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    fee_cents: Mapped[Cents] = mapped_column(default=0, server_default="0")
    # What does not fit between it and the payment, for a person to look at.
    trouble: Mapped[str] = mapped_column(String(300), default="", server_default="")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_DISPUTE

    @property
    def ref(self) -> str:
        """How alerts name this dispute as a subject."""
        return f"dispute:{self.id}"


class DisputeEvent(Base):
    """One step in a dispute's life: who, when, why, from, to. Append-only."""

    __tablename__ = "dispute_event"

    id: Mapped[Id]
    dispute_id: Mapped[int] = mapped_column(ForeignKey("dispute.id"), index=True)
    at: Mapped[datetime]
    # "state", "escalated", "money", or "answer" (what staff did about it).
    kind: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class Settled(StrEnum):
    """Why an early fraud warning needs nobody any more."""

    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CLOSED = "closed"


class FraudWarning(Base):
    """A card's issuer believes that a payment was fraud; often a dispute follows unless it is refunded first."""

    __tablename__ = "fraud_warning"
    __table_args__ = (
        in_states("settled_by", Settled),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_whole"),
    )

    id: Mapped[Id]
    stripe_id: Mapped[str] = mapped_column(String(120), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    # Stripe's word for what kind of fraud: "made_with_stolen_card", …
    fraud_type: Mapped[str] = mapped_column(String(60))
    warned_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(20))
