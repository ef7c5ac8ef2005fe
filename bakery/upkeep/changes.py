"""What changed, and whether somebody else was faster."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.errors import Conflict
from bakery.infra import outbox, queue
from bakery.people.models import AuditEntry


class Overtaken(Conflict):
    """Somebody else changed it since the page was shown: `by` whom."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(
            f"{by} changed this while you were at it, so nothing was saved. Look at what stands now; "
            "save again to put yours over it."
        )


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both cut to what differs, for the audit log."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def refuse_stale(session: Session, kind: str, subject: str, now: int | str, seen: int | str) -> None:
    """Refuse (Overtaken) a change of what is no longer as it was seen. The row must be locked."""
    if now == seen:
        return
    by = session.scalar(
        select(AuditEntry.actor_label)
        .where(AuditEntry.subject_type == kind, AuditEntry.subject_id == subject)
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )
    raise Overtaken(by or "Somebody else")


def owe_picture(session: Session, product_id: int, because: str) -> None:
    """Have a cake drawn that may have no picture yet; the job looks. `because` tells one reason from the next."""
    outbox.owe(
        session,
        "jobs.catalog.draw_picture",
        product_id,
        on=queue.LOW,
        key=f"draw-picture:{product_id}:{because}",
    )
