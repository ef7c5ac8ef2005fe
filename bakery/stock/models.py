"""Levels, holds and the movement ledger. Only bakery.stock.operations writes them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id, in_states


class HoldState(StrEnum):
    """A hold ends exactly once: its units are sold, or they go back."""

    HELD = "HELD"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"


class MovementKind(StrEnum):
    """Why a level moved."""

    RECEIVED = "RECEIVED"
    ADJUSTED = "ADJUSTED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    SOLD = "SOLD"


class StockLevel(Base):
    """What is there, and how much of it is promised to unpaid orders. A variant without a row is made to order."""

    __tablename__ = "stock_level"
    __table_args__ = (
        CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved_within_on_hand"),
    )

    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), primary_key=True, autoincrement=False)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)

    @property
    def available(self) -> int:
        """Units that can still be promised."""
        return self.on_hand - self.reserved


class StockHold(Base):
    """Units promised to an owner until `expires_at`."""

    __tablename__ = "stock_hold"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        in_states("state", HoldState),
        # A late payment may take again what its expired hold gave back.
        Index(
            "uq_stock_hold_owner_open",
            "owner",
            "variant_id",
            unique=True,
            postgresql_where="state <> 'RELEASED'",
        ),
        Index("ix_stock_hold_expiry", "expires_at", postgresql_where="state = 'HELD'"),
    )

    id: Mapped[Id]
    owner: Mapped[str] = mapped_column(String(64))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default=HoldState.HELD)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]


class StockMovement(Base):
    """One move of a level; append-only. The deltas of a variant sum to its level."""

    __tablename__ = "stock_movement"
    __table_args__ = (in_states("kind", MovementKind),)

    id: Mapped[Id]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    on_hand_delta: Mapped[int] = mapped_column(default=0)
    reserved_delta: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(String(64), index=True)
    reason: Mapped[str] = mapped_column(String(200), default="")
    actor_id: Mapped[int | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
