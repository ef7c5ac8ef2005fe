"""Versions of the price model in the database: stored whole, read and checked, put into service one at a time."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.forecasting.models import PriceModelEvent, PriceModelFile, PriceModelVersion
from bakery.forecasting.states import VERSION, VersionState
from models_ml.pricing.artifact import MANIFEST, BrokenArtifact, digest_of, verified

MAX_REASON = 500
# Packed 100 kB, unpacked half a megabyte: whatever says it is more than this is damaged.
MAX_FILE_BYTES = 64_000_000
CAME_ALONG = "It came with the shop."


@dataclass(frozen=True, slots=True)
class Mark:
    """What names one version beyond doubt: two with the same mark have the same content."""

    name: str
    manifest_sha256: str


def lock_swaps(session: Session) -> None:
    """Whoever puts a version into service takes turns with everybody else, until their transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("price_model_version", 0))))


def serving_row(session: Session) -> PriceModelVersion | None:
    """The version in service; None while it is the one that comes with the shop."""
    return session.scalar(
        select(PriceModelVersion).where(PriceModelVersion.state == VersionState.SERVING)
    )  # fmt: skip


def serving_mark(session: Session) -> Mark | None:
    """The mark of the version in service: one row by its index."""
    found = session.execute(
        select(PriceModelVersion.name, PriceModelVersion.manifest_sha256).where(
            PriceModelVersion.state == VersionState.SERVING
        )
    ).first()
    return Mark(found[0], found[1]) if found else None


def read(session: Session, name: str) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Files and manifest of a version. Refuses (`BrokenArtifact`) what is missing or not what was trained."""
    row = session.execute(
        select(PriceModelVersion.id, PriceModelVersion.manifest, PriceModelVersion.manifest_sha256).where(
            PriceModelVersion.name == name
        )
    ).first()
    if row is None:
        raise BrokenArtifact(f"there is no version {name}")
    if digest_of(row.manifest) != row.manifest_sha256:
        raise BrokenArtifact(f"{MANIFEST} is damaged")
    packed = session.execute(
        select(PriceModelFile.name, PriceModelFile.packed).where(PriceModelFile.version_id == row.id)
    )
    return verified({file: _unpacked(file, content) for file, content in packed}, row.manifest)


def store(
    session: Session, files: Mapping[str, bytes], manifest: dict[str, Any], state: VersionState, reason: str
) -> PriceModelVersion:
    """A new version with its files, in the open transaction: all of it or nothing.

    Refused by the database when there is a version of that name. SERVING is taken through `serve`.
    """
    row = PriceModelVersion(
        name=manifest["version"],
        state=state,
        manifest=manifest,
        manifest_sha256=digest_of(manifest),
        reason=reason[:MAX_REASON],
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    session.add_all(
        PriceModelFile(version_id=row.id, name=name, packed=zlib.compress(content, 9))
        for name, content in files.items()
    )
    _enter(session, row, None, SYSTEM)
    return row


def serve(
    session: Session, row: PriceModelVersion, actor: Actor, reason: str, *, chosen: bool = False
) -> PriceModelVersion | None:
    """Put a version into service in place of the one that is. Answers that one.

    The caller holds `lock_swaps`. Refuses (InvalidTransition) one that is in service already, or was rejected.
    """
    before = serving_row(session)
    VERSION.check(VersionState(row.state), VersionState.SERVING)
    if before is not None:
        before.chosen = False
        # The database allows one that serves: the old one goes first.
        _move(session, before, VersionState.RETIRED, actor, f"Replaced by {row.name}.")
    _move(session, row, VersionState.SERVING, actor, reason)
    row.chosen = chosen
    session.flush()
    return before


def enter_start(
    session: Session, files: Mapping[str, bytes], manifest: dict[str, Any]
) -> PriceModelVersion | None:
    """Note the version that came with the shop as the one in service, unless one is. Answers what was added."""
    if serving_row(session) is not None:
        return None
    row = store(session, files, manifest, VersionState.CANDIDATE, CAME_ALONG)
    serve(session, row, SYSTEM, CAME_ALONG)
    return row


def _move(
    session: Session, row: PriceModelVersion, to: VersionState, actor: Actor, reason: str
) -> None:  # fmt: skip
    VERSION.check(VersionState(row.state), to)
    before, row.state, row.reason = row.state, to, reason[:MAX_REASON]
    _enter(session, row, before, actor)


def _enter(session: Session, row: PriceModelVersion, before: str | None, actor: Actor) -> None:
    session.add(
        PriceModelEvent(
            version_id=row.id,
            at=clock.now(),
            from_state=before,
            to_state=row.state,
            reason=row.reason,
            actor_id=actor.id,
            actor_label=actor.label,
        )
    )
    session.flush()


def _unpacked(name: str, packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, MAX_FILE_BYTES)
    except zlib.error:
        raise BrokenArtifact(f"{name} is damaged") from None
    if not unpacking.eof:
        raise BrokenArtifact(f"{name} is damaged")
    return content
