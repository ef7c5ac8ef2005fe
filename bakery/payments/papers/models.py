"""What every paper shares, and the keys that papers are signed with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id


class Paper:
    """A numbered paper: the facts it was printed from, and the file that came of them.

    A trigger lets nobody change what a paper says or which file is its own, nor delete it before `keep_until` is over.
    """

    id: Mapped[Id]
    series: Mapped[str] = mapped_column(ForeignKey("receipt_series.code"))
    number: Mapped[int]
    issued_at: Mapped[datetime] = mapped_column(index=True)
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # The file, once it is printed: where it lies, its hash, and who signed it (nobody before there were signatures).
    file_key: Mapped[str | None] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    signing_key_id: Mapped[int | None] = mapped_column(ForeignKey("signing_key.id"))
    keep_until: Mapped[date] = mapped_column(server_default=text("(now() + interval '5 years')::date"))

    @property
    def label(self) -> str:
        """The number as printed: `R-000123`."""
        return f"{self.series}-{self.number:06d}"


class PaymentReceipt(Paper, Base):
    """A later payment towards an order whose tax invoice is out already: what was paid, and what is still due."""

    __tablename__ = "payment_receipt"
    __table_args__ = (UniqueConstraint("series", "number"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"), index=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transaction.id"), unique=True)


class SigningKey(Base):
    """A key of the shop's own. One is in use; those before it are kept, for what they signed.

    The private half is sealed with SECRET_KEY (infra.sealing): a copy of the database alone signs nothing.
    """

    __tablename__ = "signing_key"
    __table_args__ = (
        CheckConstraint("in_use = (retired_at IS NULL)", name="retired_sane"),
        Index("uq_signing_key_in_use", "in_use", unique=True, postgresql_where="in_use"),
    )

    id: Mapped[Id]
    # PEM; its sha256 names it.
    certificate: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_key: Mapped[str] = mapped_column(Text)
    in_use: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
