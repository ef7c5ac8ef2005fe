"""The audit log, read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bakery.people.models import AuditEntry

PAGE_SIZE = 50


def list_entries(session: Session, q: str, page: int) -> tuple[Sequence[AuditEntry], int]:
    """One page, newest first, and how many there are in all. `q` fits who, what and to what."""
    query = select(AuditEntry)
    if q:
        columns = (AuditEntry.actor_label, AuditEntry.action, AuditEntry.subject_type, AuditEntry.subject_id)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    entries = session.scalars(
        query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    return entries, total
