"""Asking inside a transaction whether somebody may do what they are about to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import Forbidden
from bakery.people.models import User
from bakery.people.rights import Right, has_right


def may(session: Session, actor: Actor, right: Right) -> bool:
    """Whether a person's account, as it is now, includes a right. The system and guests have none."""
    user = session.get(User, actor.id) if actor.id is not None else None
    return user is not None and user.active and has_right(user.role, right)


def require(session: Session, actor: Actor, right: Right) -> None:
    """Refuse (Forbidden) who does not have the right."""
    if not may(session, actor, right):
        raise Forbidden(f"Your account may not {right.value}.")
