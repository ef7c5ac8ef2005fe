"""The audit log: written in the transaction that makes the change."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.people.models import AuditEntry


def record(  # noqa: PLR0913 who, what, to what, from what, into what, why
    session: Session,
    actor: Actor,
    action: str,
    subject_type: str,
    subject_id: object,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Enter what a member of staff changed. Append-only: the database refuses to change it later."""
    session.add(
        AuditEntry(
            actor_id=actor.id,
            actor_label=actor.label,
            action=action,
            subject_type=subject_type,
            subject_id=str(subject_id),
            before=before,
            after=after,
            reason=reason[:300],
            ip=actor.ip,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
        )
    )
