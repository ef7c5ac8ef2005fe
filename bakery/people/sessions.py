"""Sign-ins: a random token in the browser's signed cookie, its digest in a row that can be ended at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.ids import digest, new_secret
from bakery.people.models import LoginSession, User

LIFETIME = timedelta(days=30)
# Staff hold money and other people's data: they sign in every day.
STAFF_LIFETIME = timedelta(hours=14)


def open_session(session: Session, user: User, *, ip: str | None, user_agent: str) -> str:
    """A new sign-in inside an open transaction; answers the token for the cookie. Old tokens stay as they are."""
    token = new_secret()
    lifetime = STAFF_LIFETIME if user.is_staff else LIFETIME
    session.add(
        LoginSession(
            user_id=user.id,
            token_digest=digest(token),
            expires_at=clock.now() + lifetime,
            ip=ip,
            user_agent=user_agent[:200],
        )
    )
    return token


def find_user(session: Session, token: str) -> User | None:
    """The active user whose sign-in this token is; None when it ended, ran out, or the account is closed."""
    return session.scalar(
        select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.token_digest == digest(token),
            LoginSession.expires_at > clock.now(),
            User.active,
        )
    )


def close_session(session: Session, token: str) -> None:
    """End one sign-in inside an open transaction."""
    session.execute(delete(LoginSession).where(LoginSession.token_digest == digest(token)))


def close_all_sessions(session: Session, user_id: int) -> None:
    """End every sign-in of a user: a new password, a closed account, a changed role."""
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def delete_expired(session: Session) -> int:
    """Forget sign-ins that have run out. Answers how many."""
    gone = delete(LoginSession).where(LoginSession.expires_at <= clock.now()).returning(LoginSession.id)
    return len(session.scalars(gone).all())
