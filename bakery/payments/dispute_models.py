"""Disputes: a cardholder asks their bank for the money back. An object of its own, beside the order's states."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Cents, Id, in_states


class DisputeState(StrEnum):
    """An inquiry that ends without a chargeback is WON: nothing was taken."""

    NEEDS_RESPONSE = "NEEDS_RESPONSE"
    UNDER_REVIEW = "UNDER_REVIEW"
    WON = "WON"
    LOST = "LOST"


OPEN_DISPUTE = (DisputeState.NEEDS_RESPONSE, DisputeState.UNDER_REVIEW)


class Dispute(Base):
    """One dispute as Stripe tells it. It never moves an order's status, its payment status or its stock."""

    __tablename__ = "dispute"
    __table_args__ = (
        in_states("state", DisputeState),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
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
