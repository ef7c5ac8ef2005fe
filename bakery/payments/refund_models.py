"""Giving money back: what was asked and decided, what of which line, by which way, and the credit note."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bakery.core.money import Money
from bakery.infra.db import Base, Cents, Id, in_states
from bakery.payments.papers.models import Paper
from bakery.payments.refund_states import PartState, RefundKind, RefundSource, RefundState, Tender


class RefundRequest(Base):
    """One wish to give money of one order back. Its amounts are fixed by the (first) approval."""

    __tablename__ = "refund_request"
    __table_args__ = (
        in_states("state", RefundState),
        in_states("source", RefundSource),
        in_states("kind", RefundKind),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("tax_cents BETWEEN 0 AND amount_cents", name="tax_sane"),
        # Nobody is both.
        CheckConstraint("second_by_id IS NULL OR second_by_id <> first_by_id", name="two_people"),
        CheckConstraint("second_by_id IS NULL OR first_by_id IS NOT NULL", name="first_before_second"),
        Index("ix_refund_request_state", "state", "asked_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=RefundState.REQUESTED)
    source: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500))
    amount_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    # What comes back goes on the shelf again.
    restock: Mapped[bool] = mapped_column(default=False, server_default=false())
    # One page is sent once, however often its button is pressed.
    ask_key: Mapped[str] = mapped_column(String(80), unique=True)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    asked_by: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # Who approved it, and who did so as the second where one was needed.
    first_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    first_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    second_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    second_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    decided_at: Mapped[datetime | None]
    # Why it was declined, as the customer reads it.
    answer: Mapped[str] = mapped_column(String(500), default="", server_default="")
    ended_at: Mapped[datetime | None]

    lines: Mapped[list[RefundLine]] = relationship(order_by="RefundLine.id", lazy="raise_on_sql")
    parts: Mapped[list[RefundPart]] = relationship(order_by="RefundPart.id", lazy="raise_on_sql")

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)

    @property
    def awaits_second(self) -> bool:
        """Approved by one, and above what one may approve."""
        return self.state == RefundState.REQUESTED and bool(self.first_by)

    @property
    def ref(self) -> str:
        """How messages and alerts name it."""
        return f"refund:{self.id}"


class RefundLine(Base):
    """What goes back of one line. `quantity` 0: an amount, and no units."""

    __tablename__ = "refund_line"
    __table_args__ = (
        UniqueConstraint("request_id", "order_line_id"),
        CheckConstraint("quantity >= 0 AND amount_cents >= 0", name="amounts_sane"),
        CheckConstraint("tax_cents BETWEEN 0 AND amount_cents", name="tax_sane"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("refund_request.id"))
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[int]
    amount_cents: Mapped[Cents]
    tax_cents: Mapped[Cents]
    discount_cents: Mapped[Cents] = mapped_column(default=0)


class RefundPart(Base):
    """The part of a refund that goes one way: back to one card payment, or by hand."""

    __tablename__ = "refund_part"
    __table_args__ = (
        in_states("tender", Tender),
        in_states("state", PartState),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("tender <> 'stripe' OR payment_id IS NOT NULL", name="payment_named"),
    )

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("refund_request.id"), index=True)
    tender: Mapped[str] = mapped_column(String(20))
    # The payment whose money it is; also where a person gives it another way. None: counter money.
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    amount_cents: Mapped[Cents]
    state: Mapped[str] = mapped_column(String(20), default=PartState.WAITING)
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    stripe_refund_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    # Stripe's own word for how it stands: "pending", "requires_action", …
    stripe_status: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # Why it did not go, in plain words.
    failure: Mapped[str] = mapped_column(String(300), default="", server_default="")
    # Who gave it, where a person did.
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    given_by: Mapped[str] = mapped_column(String(254), default="", server_default="")
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class RefundEvent(Base):
    """One step of a refund: who, when, why, from, to. Append-only."""

    __tablename__ = "refund_event"

    id: Mapped[Id]
    request_id: Mapped[int] = mapped_column(ForeignKey("refund_request.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class CreditNote(Paper, Base):
    """What a refund lowered of an order's tax invoice. What it says never changes."""

    __tablename__ = "credit_note"
    __table_args__ = (UniqueConstraint("series", "number"),)

    request_id: Mapped[int] = mapped_column(ForeignKey("refund_request.id"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
