"""Attempts to collect, the ledger, Stripe's events, and receipts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Cents, Id, in_states
from bakery.payments.papers.models import Paper


class PaymentKind(StrEnum):
    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class PaymentState(StrEnum):
    """CREATED: committed, Stripe not yet asked or not yet heard. OPEN: a session is waiting to be paid."""

    CREATED = "CREATED"
    OPEN = "OPEN"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


class TransactionKind(StrEnum):
    """What moved. REVERSAL: a refund that did not arrive is here again. CASH and EXTERNAL_CARD: taken (or given
    back) at the counter, past Stripe. ADJUSTMENT: a correction by a person, with its reason.
    """

    CHARGE = "charge"
    REFUND = "refund"
    REVERSAL = "reversal"
    FEE = "fee"
    DISPUTE = "dispute"
    DISPUTE_FEE = "dispute_fee"
    TRANSFER = "transfer"
    ADJUSTMENT = "adjustment"
    CASH = "cash"
    EXTERNAL_CARD = "external_card"


# What a customer paid, less what went back. The database keeps their sum as the order's `held_cents` (a trigger).
# Fees are the shop's own, and what a bank takes in a dispute is no refund: neither changes what a customer paid.
OWN_MONEY = (
    TransactionKind.CHARGE,
    TransactionKind.REFUND,
    TransactionKind.REVERSAL,
    TransactionKind.ADJUSTMENT,
    TransactionKind.CASH,
    TransactionKind.EXTERNAL_CARD,
)

# What a person enters, and Stripe knows nothing of.
PAST_STRIPE = (TransactionKind.CASH, TransactionKind.EXTERNAL_CARD, TransactionKind.ADJUSTMENT)


class PaymentChannel(StrEnum):
    """PAGE: Stripe's hosted page. CARD: a card that its customer has saved."""

    PAGE = "page"
    CARD = "card"


class Payment(Base):
    """One attempt to collect an order's amount: with one Checkout Session, or one charge of a saved card."""

    __tablename__ = "payment"
    __table_args__ = (
        in_states("kind", PaymentKind),
        in_states("state", PaymentState),
        in_states("channel", PaymentChannel),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("channel <> 'card' OR payment_method_id IS NOT NULL", name="card_named"),
        CheckConstraint(
            "customer_id IS NOT NULL OR NOT (save_card OR charge_rest)", name="kept_card_has_customer"
        ),
        # At most one attempt of an order is waiting at a time.
        Index(
            "uq_payment_order_open", "order_id", unique=True, postgresql_where="state IN ('CREATED', 'OPEN')"
        ),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default=PaymentKind.FULL)
    state: Mapped[str] = mapped_column(String(20), default=PaymentState.CREATED)
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    channel: Mapped[str] = mapped_column(
        String(10), default=PaymentChannel.PAGE, server_default=PaymentChannel.PAGE
    )
    # Stripe's names for whose card and which; never the card itself.
    customer_id: Mapped[str | None] = mapped_column(String(120))
    payment_method_id: Mapped[str | None] = mapped_column(String(120))
    # What is to become of the card that pays: kept for its owner's next time, charged for the rest of this order.
    save_card: Mapped[bool] = mapped_column(default=False, server_default=false())
    charge_rest: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whose connection began it (a household's IPv6 addresses are one).
    tried_from: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # Charged while the card's owner is not there to answer their bank.
    off_session: Mapped[bool] = mapped_column(default=False, server_default=false())
    idempotency_key: Mapped[str] = mapped_column(String(80), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(120), unique=True)
    payment_intent_id: Mapped[str | None] = mapped_column(String(120), index=True)
    url: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(300), default="")
    # It bought nothing (too late, a second time, cancelled meanwhile): it goes back whole, and no price is lowered.
    surplus: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Of such a payment: how often somebody had it sent back again, and why the last try did not arrive.
    refund_try: Mapped[int] = mapped_column(default=0, server_default="0")
    refund_failure: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class Transaction(Base):
    """One ledger row: money towards the shop is positive, away from it negative. Append-only.

    A trigger refuses a currency that is not the order's, and keeps the order's `held_cents` and `credited_cents`.
    """

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        in_states("kind", TransactionKind),
        CheckConstraint(
            "CASE WHEN kind IN ('charge', 'reversal') THEN amount_cents > 0"
            " WHEN kind = 'refund' THEN amount_cents < 0 ELSE amount_cents <> 0 END",
            name="sign_fits_kind",
        ),
        # Stripe's object is entered once, however often its event comes.
        UniqueConstraint("kind", "stripe_id"),
        Index("ix_ledger_transaction_at", "at", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    amount_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    stripe_id: Mapped[str] = mapped_column(String(120))
    # The number on the paper of a card terminal, or of a till.
    slip: Mapped[str] = mapped_column(String(60), default="", server_default="")
    note: Mapped[str] = mapped_column(String(300), default="")
    # Lowers what the order costs (a refund), or takes that back (a reversal). Money that bought nothing does not.
    credits: Mapped[bool] = mapped_column(default=False)
    # Who entered it; nobody where Stripe told.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254), default="", server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class EventOutcome(StrEnum):
    """What became of an event. STORED: not yet applied, or waiting for another one that it follows.

    FLAGGED events raise an alert.
    """

    STORED = "STORED"
    APPLIED = "APPLIED"
    IGNORED = "IGNORED"
    FLAGGED = "FLAGGED"


class StripeEvent(Base):
    """Everything Stripe said, stored before it is answered."""

    __tablename__ = "stripe_event"
    __table_args__ = (in_states("outcome", EventOutcome),)

    id: Mapped[Id]
    event_id: Mapped[str] = mapped_column(String(120), unique=True)
    type: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # What it is about: the object's own id, and the payment intent it belongs to.
    object_id: Mapped[str | None] = mapped_column(String(120), index=True)
    payment_intent_id: Mapped[str | None] = mapped_column(String(120), index=True)
    # "webhook" or "reconciler".
    source: Mapped[str] = mapped_column(String(20), default="webhook")
    outcome: Mapped[str] = mapped_column(String(20), default=EventOutcome.STORED)
    note: Mapped[str] = mapped_column(String(500), default="")
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_at: Mapped[datetime | None]


class ReceiptSeries(Base):
    """The last number of a gapless series; its row lock orders the numbers. A trigger lets it grow by one alone."""

    __tablename__ = "receipt_series"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    last_number: Mapped[int] = mapped_column(default=0)


class Receipt(Paper, Base):
    """The tax invoice of an order, one an order."""

    __tablename__ = "receipt"
    __table_args__ = (UniqueConstraint("series", "number"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), unique=True)
