"""What the shop calls its accounts."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base


class BookAccount(Base):
    """An account's code and name, where the shop's accountant has others than `accounts.DEFAULTS`."""

    __tablename__ = "book_account"
    __table_args__ = (CheckConstraint("code <> '' AND name <> ''", name="named"),)

    # A slot of `accounts.Slot`, or `sales:<tax code>`.
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(80))
