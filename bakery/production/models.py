"""Tickets: what the kitchen screen shows for an order line, or for one step of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core.states import Machine
from bakery.infra.db import Base, Id, in_states
from bakery.scheduling.types import Station


class TicketState(StrEnum):
    TO_DO = "TO_DO"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    VOID = "VOID"


_T = TicketState

# Back steps are the undo of a mis-tap.
TICKET = Machine(
    "ticket",
    {
        _T.TO_DO: frozenset({_T.IN_PROGRESS, _T.DONE, _T.VOID}),
        _T.IN_PROGRESS: frozenset({_T.DONE, _T.TO_DO, _T.VOID}),
        _T.DONE: frozenset({_T.IN_PROGRESS, _T.TO_DO, _T.VOID}),
        _T.VOID: frozenset(),
    },
)


STATION_NAMES = {Station.BAKE: "Bake", Station.FILL: "Fill", Station.DECORATE: "Decorate"}


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        in_states("state", TicketState),
        in_states("station", Station),
        UniqueConstraint("order_line_id", "step"),
        CheckConstraint(
            "step BETWEEN 0 AND steps AND (step = 0) = (steps = 0) AND (step = 0) = (station IS NULL)",
            name="step_whole",
        ),
        Index("ix_ticket_due", "due_at", "state"),
    )

    id: Mapped[Id]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    # What is made in one go has no steps and no station: 0 of 0.
    step: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    steps: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    station: Mapped[str | None] = mapped_column(String(20))
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=TicketState.TO_DO)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state_at: Mapped[datetime] = mapped_column(server_default=func.now())
    printed_at: Mapped[datetime | None]

    @property
    def step_name(self) -> str:
        """`Decorate`; empty for what is made in one go."""
        return STATION_NAMES[Station(self.station)] if self.station else ""


class TicketEvent(Base):
    """One move of a ticket: who, when, from, to. Append-only."""

    __tablename__ = "ticket_event"

    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))
