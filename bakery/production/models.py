"""Tickets: what the kitchen screen shows for an order line."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.core.states import Machine
from bakery.infra.db import Base, Id, in_states


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


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (in_states("state", TicketState), Index("ix_ticket_due", "due_at", "state"))

    id: Mapped[Id]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), unique=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default=TicketState.TO_DO)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    state_at: Mapped[datetime] = mapped_column(server_default=func.now())
    printed_at: Mapped[datetime | None]


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
