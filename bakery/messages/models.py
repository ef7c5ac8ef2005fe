"""Every email and SMS the shop owes, and every alert raised for staff."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id, in_states


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class MessageStatus(StrEnum):
    QUEUED = "QUEUED"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class Message(Base):
    """One email or SMS to one recipient about one subject row; the unique key is what stops a second one."""

    __tablename__ = "message"
    __table_args__ = (
        in_states("channel", Channel),
        in_states("status", MessageStatus),
        UniqueConstraint("channel", "recipient", "template", "subject_ref", "version"),
        Index("ix_message_subject_ref", "subject_ref"),
    )

    id: Mapped[Id]
    channel: Mapped[str] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(254))
    template: Mapped[str] = mapped_column(String(60))
    # What it is about: "order:12".
    subject_ref: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(20), default=MessageStatus.QUEUED)
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    # The Message-ID or Twilio's SID.
    provider_id: Mapped[str | None] = mapped_column(String(200), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    # Set and committed before the provider is called: tells a retry that the last try may have got out.
    attempted_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StaffAlert(Base):
    """Something a person has to look at. The unique key keeps one trouble one alert."""

    __tablename__ = "staff_alert"
    __table_args__ = (Index("ix_staff_alert_open", "created_at", postgresql_where="resolved_at IS NULL"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(60))
    unique_key: Mapped[str] = mapped_column(String(200), unique=True)
    subject_ref: Mapped[str | None] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(String(500))
    times: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_at: Mapped[datetime] = mapped_column(server_default=func.now())
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None]
