"""Tables of the machinery: what is owed (outbox) and how periodic jobs ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id


class Outbox(Base):
    """One side effect owed by a committed transaction. `next_try_at` is also the lease while a job runs it."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "next_try_at", postgresql_where="done_at IS NULL AND dead_at IS NULL"),
    )

    id: Mapped[Id]
    job: Mapped[str] = mapped_column(String(120))
    args: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    queue: Mapped[str] = mapped_column(String(20))
    unique_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    request_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_try_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class JobRun(Base):
    """The latest outcome of one periodic job."""

    __tablename__ = "job_run"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ok: Mapped[bool | None]
    detail: Mapped[str] = mapped_column(Text, default="")
