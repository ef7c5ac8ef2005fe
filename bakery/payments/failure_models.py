"""Tries to pay that did not work, and what the customer was told of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id


class PaymentFailure(Base):
    """One card that did not pay, and why: one page may see several. Append-only.

    `event_id` is Stripe's event that told of it, or none where Stripe's answer itself did.
    """

    __tablename__ = "payment_failure"
    __table_args__ = (Index("ix_payment_failure_tried_from", "tried_from", "at"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    event_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    at: Mapped[datetime]
    # Stripe's own words.
    code: Mapped[str] = mapped_column(String(80))
    decline_code: Mapped[str] = mapped_column(String(80))
    # What the customer reads, and what staff do: a bank's suspicion stands only in the second.
    customer_words: Mapped[str] = mapped_column(String(300))
    staff_words: Mapped[str] = mapped_column(String(500))
    brand: Mapped[str] = mapped_column(String(30))
    last_four: Mapped[str] = mapped_column(String(4))
    # Whose connection began the attempt (a household's IPv6 addresses are one).
    tried_from: Mapped[str] = mapped_column(String(64))


class PaymentNudge(Base):
    """The customer was told that their payment is not finished. Append-only; twice an order at most."""

    __tablename__ = "payment_nudge"
    __table_args__ = (
        UniqueConstraint("order_id", "version"),
        CheckConstraint("version IN (1, 2)", name="twice_at_most"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    version: Mapped[int]
    at: Mapped[datetime]
