"""Reads for pages and jobs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core.errors import NotFound
from bakery.messages.models import Message, MessageStatus, StaffAlert


def of_subject(session: Session, subject_ref: str) -> Sequence[Message]:
    """Every message about one thing, oldest first."""
    return session.scalars(
        select(Message).where(Message.subject_ref == subject_ref).order_by(Message.id)
    ).all()


def get_message(session: Session, message_id: int) -> Message:
    """Refuses an unknown id (NotFound)."""
    message = session.get(Message, message_id)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def get_alert(session: Session, alert_id: int) -> StaffAlert:
    """Refuses an unknown id (NotFound)."""
    alert = session.get(StaffAlert, alert_id)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


def open_alerts(session: Session, limit: int = 100) -> Sequence[StaffAlert]:
    """What a person still has to look at, newest first."""
    return session.scalars(
        select(StaffAlert)
        .where(StaffAlert.resolved_at.is_(None))
        .order_by(StaffAlert.last_at.desc(), StaffAlert.id.desc())
        .limit(limit)
    ).all()


def count_open_alerts(session: Session) -> int:
    """For the badge in the back office."""
    return session.scalar(select(func.count()).where(StaffAlert.resolved_at.is_(None))) or 0


def recent(session: Session, status: MessageStatus | None = None, limit: int = 100) -> Sequence[Message]:
    """The latest messages, of one status if given."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    return session.scalars(query.where(Message.status == status) if status else query).all()
