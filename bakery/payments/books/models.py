"""Stripe's movements as it booked them, the runs that prove the books, and what they found to differ."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core.states import Machine
from bakery.infra.db import Base, Cents, Id, in_states
from bakery.payments.books.kinds import DifferenceKind, Fix

# The one account that money comes to.
STRIPE = "stripe"


class BalanceEntry(Base):
    """One of Stripe's balance transactions, as it was when it was first read. Append-only.

    Whose it is follows from its payment intent, or from the order that its charge names; one that names neither (a
    payout, another product on the same account) is kept all the same.
    """

    __tablename__ = "balance_entry"
    __table_args__ = (CheckConstraint("net_cents = amount_cents - fee_cents", name="net_adds_up"),)

    id: Mapped[Id]
    stripe_id: Mapped[str] = mapped_column(String(120), unique=True)
    type: Mapped[str] = mapped_column(String(60))
    # Stripe's reporting category: "charge", "refund", "refund_failure", "dispute", "dispute_reversal", "payout", …
    category: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str | None] = mapped_column(String(120), index=True)
    payment_intent_id: Mapped[str | None] = mapped_column(String(120), index=True)
    order_number: Mapped[str | None] = mapped_column(String(40))
    # In positive, out negative; the fee positive, and what is left of both.
    amount_cents: Mapped[Cents]
    fee_cents: Mapped[Cents]
    net_cents: Mapped[Cents]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(index=True)
    available_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class BalanceCursor(Base):
    """How far Stripe's balance transactions have been read: everything booked before is here."""

    __tablename__ = "balance_cursor"

    account: Mapped[str] = mapped_column(String(20), primary_key=True, default=STRIPE)
    read_until: Mapped[datetime]


class BooksRunState(StrEnum):
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


OPEN_BOOKS_RUN = (BooksRunState.QUEUED, BooksRunState.RUNNING)
_S = BooksRunState
BOOKS_RUN = Machine(
    "proof of the books",
    {
        _S.QUEUED: frozenset({_S.RUNNING, _S.FAILED}),
        # A worker that was killed: the next one begins anew.
        _S.RUNNING: frozenset({_S.RUNNING, _S.DONE, _S.FAILED}),
        _S.DONE: frozenset(),
        _S.FAILED: frozenset(),
    },
)


class BooksRun(Base):
    """One proof of the books: of a period, or of everything; how far it is, what it counted, how it ended."""

    __tablename__ = "books_run"
    __table_args__ = (
        in_states("state", BooksRunState),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_sane"),
        CheckConstraint("from_on IS NULL OR from_on <= to_on", name="period_sane"),
        CheckConstraint("(state IN ('QUEUED', 'RUNNING')) = (ended_at IS NULL)", name="ended_once"),
        CheckConstraint("(state = 'DONE') = (ok IS NOT NULL)", name="ok_when_done"),
        # One at a time.
        Index("uq_books_run_open", "account", unique=True, postgresql_where="state IN ('QUEUED', 'RUNNING')"),
    )

    id: Mapped[Id]
    account: Mapped[str] = mapped_column(String(20), default=STRIPE)
    # The shop's days, both included; without the first it begins with the books themselves.
    from_on: Mapped[date | None]
    to_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default=BooksRunState.QUEUED)
    percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    step: Mapped[str] = mapped_column(String(200), default="")
    # Nothing is open after it.
    ok: Mapped[bool | None]
    # How much was looked at: {"orders": …, "ledger": …, "stripe": …}.
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    # Side by side, ledger, orders and Stripe: see bakery.payments.books.sums.
    sums: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    days: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    found: Mapped[int] = mapped_column(default=0)
    opened: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    # When it last said how far it is.
    heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    took_ms: Mapped[int | None]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class DifferenceState(StrEnum):
    OPEN = "OPEN"
    FIXED = "FIXED"
    EXPLAINED = "EXPLAINED"


class BooksDifference(Base):
    """One thing that does not agree, until it does or a person says why not. One open row a kind and subject."""

    __tablename__ = "books_difference"
    __table_args__ = (
        in_states("kind", DifferenceKind),
        in_states("fix", Fix),
        in_states("state", DifferenceState),
        CheckConstraint("(state = 'OPEN') = (ended_at IS NULL)", name="ended_once"),
        CheckConstraint("state <> 'EXPLAINED' OR note <> ''", name="explained_with_words"),
        Index("uq_books_difference_open", "kind", "subject", unique=True, postgresql_where="state = 'OPEN'"),
        Index("ix_books_difference_subject", "kind", "subject"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    # What it is about: Stripe's id, or "order:12", "payment:7".
    subject: Mapped[str] = mapped_column(String(120))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("shop_order.id"), index=True)
    # Stripe's movement that a fix asks Stripe about.
    stripe_id: Mapped[str | None] = mapped_column(String(120))
    expected_cents: Mapped[int | None]
    found_cents: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    words: Mapped[str] = mapped_column(String(500))
    fix: Mapped[str] = mapped_column(String(20))
    # When what it is about happened; None: it is about how an order stands.
    about_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default=DifferenceState.OPEN)
    times: Mapped[int] = mapped_column(default=1)
    first_run_id: Mapped[int] = mapped_column(ForeignKey("books_run.id"))
    last_run_id: Mapped[int] = mapped_column(ForeignKey("books_run.id"), index=True)
    found_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254), default="")
