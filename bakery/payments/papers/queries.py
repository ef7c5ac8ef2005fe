"""The papers of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.payments.papers.kinds import KINDS
from bakery.payments.papers.store import Kind


@dataclass(frozen=True, slots=True)
class Listed:
    """An issued paper as a list shows it."""

    kind: Kind
    id: int
    label: str
    issued_at: datetime


def list_papers(session: Session, order_id: int) -> list[Listed]:
    """Everything that was issued for an order, oldest first."""
    found = []
    for kind in KINDS:
        for row in session.scalars(select(kind.model).where(kind.model.order_id == order_id)):
            found.append(Listed(kind, row.id, row.label, row.issued_at))
    return sorted(found, key=lambda paper: (paper.issued_at, paper.label))
