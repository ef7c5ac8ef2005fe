"""Users, their sign-ins, what they consented to, and what staff changed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, func
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id, in_states


class Role(StrEnum):
    """What a person does in the shop; rights by role are in people.rights."""

    CUSTOMER = "customer"
    OWNER = "owner"
    MANAGER = "manager"
    BAKER = "baker"
    COUNTER = "counter"


class User(Base):
    """A customer or a member of staff."""

    __tablename__ = "user_account"
    __table_args__ = (in_states("role", Role), CheckConstraint("email = lower(email)", name="email_lower"))

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20), default=Role.CUSTOMER)
    active: Mapped[bool] = mapped_column(default=True)
    email_verified_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @property
    def is_staff(self) -> bool:
        return self.role != Role.CUSTOMER

    @property
    def display_name(self) -> str:
        return self.name or self.email


class LoginSession(Base):
    """One sign-in of one browser. The cookie carries a token, this row its digest."""

    __tablename__ = "login_session"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(index=True)
    ip: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class ConsentChannel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Consent(Base):
    """Somebody said yes or no to marketing on one channel: when, and to which words. Append-only."""

    __tablename__ = "consent"
    __table_args__ = (
        in_states("channel", ConsentChannel),
        Index("ix_consent_address", "channel", "address", "at"),
    )

    id: Mapped[Id]
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    granted: Mapped[bool]
    wording: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(60))
    ip: Mapped[str | None] = mapped_column(INET)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditEntry(Base):
    """What a member of staff changed: before, after, who, when, from where. Append-only."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_type", "subject_id"),
        Index("ix_audit_entry_at", "at"),
    )

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))
    action: Mapped[str] = mapped_column(String(80))
    subject_type: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(64))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(300), default="")
    ip: Mapped[str | None] = mapped_column(INET)
    request_id: Mapped[str | None] = mapped_column(String(64))
