"""What the shop did about the rest of an order, step by step."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id, in_states


class BalanceStep(StrEnum):
    """REMIND_*: a mail. CHARGE_*: an agreed card, its announcement, its two tries and how they ended. OVERDUE: the
    last mail, with what follows. TOLD: staff were, instead of a cancellation.
    """

    REMIND_BEFORE = "remind_before"
    REMIND_ON_DAY = "remind_on_day"
    ANNOUNCE_CHARGE = "announce_charge"
    CHARGE = "charge"
    CHARGE_REFUSED = "charge_refused"
    BANK_ASKS = "bank_asks"
    CHARGE_AGAIN = "charge_again"
    CHARGE_AGAIN_REFUSED = "charge_again_refused"
    OVERDUE = "overdue"
    TOLD = "told"
    CANCELLED = "cancelled"


class BalanceEvent(Base):
    """One step towards the rest of an order that is due on a date: once for that date. Append-only."""

    __tablename__ = "balance_event"
    __table_args__ = (
        in_states("step", BalanceStep),
        UniqueConstraint("order_id", "due_on", "step"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    due_on: Mapped[date]
    step: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    # OVERDUE: when what was announced happens.
    until: Mapped[datetime | None]
    # Why a charge was refused, in plain words.
    note: Mapped[str] = mapped_column(String(300), default="", server_default="")
