"""Cakes that somebody is still thinking about, and the pictures they have sent so far."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.infra.db import Base, Id


class CakeDraft(Base):
    """What stands on a builder's page, kept for the browser that typed it. Gone once it is sent."""

    __tablename__ = "custom_cake_draft"
    __table_args__ = (
        UniqueConstraint("token_digest", "subject"),
        CheckConstraint("length(token_digest) = 64", name="digest_whole"),
        CheckConstraint("version >= 1", name="version_positive"),
        Index("ix_custom_cake_draft_updated_at", "updated_at"),
    )

    id: Mapped[Id]
    # The browser's token itself is in its cookie alone.
    token_digest: Mapped[str] = mapped_column(String(64))
    # "new", "copy:7" (of a request that is over) or "edit:7" (of one for which changes were asked).
    subject: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    submit_key: Mapped[str] = mapped_column(String(64))
    # What is in the fields, as it was typed: also what can never be a cake.
    typed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # The last cake among them that could be built; None before the first.
    design: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=1)
    # The page (one tab, one loading) that saved last: another one that knows an older version must ask first.
    saved_by: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CakeUpload(Base):
    """A picture in the file store that no request has yet. Its row is there before the file and goes after it."""

    __tablename__ = "custom_cake_upload"
    __table_args__ = (
        CheckConstraint("width > 0 AND height > 0 AND size_bytes > 0", name="size_sane"),
        Index("ix_custom_cake_upload_draft", "draft_id"),
        Index("ix_custom_cake_upload_key", "key"),
    )

    id: Mapped[Id]
    # None: nobody's any more; the file is to be deleted unless somebody else has it.
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("custom_cake_draft.id", ondelete="SET NULL"))
    key: Mapped[str] = mapped_column(String(200))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    # Whether the file has been written.
    kept: Mapped[bool]
    created_at: Mapped[datetime]
