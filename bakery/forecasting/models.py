"""Versions of the price model with their files, what became of each, and the trainings that made them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bakery.forecasting.states import RunState, VersionState
from bakery.infra.db import Base, Id, in_states

PRICING = "pricing"


class PriceModelVersion(Base):
    """One trained version. What it is never changes; only its state does."""

    __tablename__ = "price_model_version"
    __table_args__ = (
        in_states("state", VersionState),
        CheckConstraint("length(manifest_sha256) = 64", name="hash_whole"),
        CheckConstraint("NOT chosen OR state = 'SERVING'", name="chosen_serves"),
        Index("uq_price_model_version_serving", "state", unique=True, postgresql_where="state = 'SERVING'"),
    )

    id: Mapped[Id]
    # Ends in a hash of the files: the same cakes give the same name.
    name: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    # Data window, rows, hashes, metrics, library versions, settings with the seed: see models_ml/pricing/training.py.
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB)
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    # Why it is in the state it is in, for staff.
    reason: Mapped[str] = mapped_column(String(500), default="")
    # A person put it into service instead of a newer one: only a person replaces it.
    chosen: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class PriceModelFile(Base):
    """A file of a version, packed (zlib). In the database, since processes share no disk."""

    __tablename__ = "price_model_file"

    version_id: Mapped[int] = mapped_column(ForeignKey("price_model_version.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    packed: Mapped[bytes] = mapped_column(LargeBinary)


class PriceModelEvent(Base):
    """One step in a version's life: who, when, why, from, to. Append-only."""

    __tablename__ = "price_model_event"

    id: Mapped[Id]
    version_id: Mapped[int] = mapped_column(ForeignKey("price_model_version.id"), index=True)
    at: Mapped[datetime]
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class PriceRetraining(Base):
    """One training: asked for, how far it is, how it ended."""

    __tablename__ = "price_retraining"
    __table_args__ = (
        in_states("state", RunState),
        CheckConstraint("percent BETWEEN 0 AND 100", name="percent_sane"),
        CheckConstraint("(state IN ('QUEUED', 'RUNNING')) = (ended_at IS NULL)", name="ended_once"),
        # One at a time.
        Index(
            "uq_price_retraining_open",
            "model",
            unique=True,
            postgresql_where="state IN ('QUEUED', 'RUNNING')",
        ),
    )

    id: Mapped[Id]
    model: Mapped[str] = mapped_column(String(20), default=PRICING)
    state: Mapped[str] = mapped_column(String(20), default=RunState.QUEUED)
    percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    step: Mapped[str] = mapped_column(String(200), default="")
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    # When the training last said how far it is.
    heard_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(500), default="")
    version_id: Mapped[int | None] = mapped_column(ForeignKey("price_model_version.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_label: Mapped[str] = mapped_column(String(254))


class ServingsVersion(Base):
    """What was learned of servings from staff's own counts; the newest row is in force. Append-only.

    `factors` without cells means that geometry answers.
    """

    __tablename__ = "servings_version"
    __table_args__ = (
        CheckConstraint("length(fingerprint) = 64", name="fingerprint_whole"),
        CheckConstraint("0 <= corrections AND corrections <= cakes", name="counts_sane"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    # Of the cakes it was learned from: the same cakes are not written down twice.
    fingerprint: Mapped[str] = mapped_column(String(64))
    cakes: Mapped[int]
    corrections: Mapped[int]
    # The newest quote that was looked at: a training that took longer than a later one gives way to it.
    last_quote_id: Mapped[int] = mapped_column(BigInteger)
    factors: Mapped[dict[str, Any]] = mapped_column(JSONB)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB)
    actor_label: Mapped[str] = mapped_column(String(254))
