"""An account whose owner wants to be forgotten: nothing of a person stays in its row."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.people import sessions
from bakery.people.consents import enter, has_consented
from bakery.people.models import Consent, ConsentChannel, User

# No mail can be sent there (RFC 2606), and nobody can register it.
NOWHERE = "account.invalid"
SOURCE = "account deleted"
_WORDS = "I delete my account."


def anonymise(session: Session, user: User, *, ip: str | None) -> None:
    """Empty an account's row, end its sign-ins and say no to all marketing it had agreed to. The caller has its lock.

    The row stays, since orders and documents point to it. Whoever had its email may open another account.
    """
    agreed = select(Consent.channel, Consent.address).where(
        (Consent.user_id == user.id) | (func.lower(Consent.address) == user.email)
    )
    for name, address in sorted(tuple(row) for row in session.execute(agreed.distinct())):
        channel = ConsentChannel(name)
        if has_consented(session, channel, address):
            enter(session, channel, address, False, wording=_WORDS, source=SOURCE, user_id=user.id, ip=ip)
    sessions.close_all_sessions(session, user.id)
    user.email = f"deleted-{user.id}@{NOWHERE}"
    user.name = user.phone = user.password_hash = ""
    user.active = False
    user.email_verified_at = None
