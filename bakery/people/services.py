"""Registering, signing in and out, and creating staff."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid
from bakery.infra.transaction import transaction
from bakery.people import audit, sessions
from bakery.people.models import Role, User
from bakery.people.passwords import (
    MAX_LENGTH,
    MIN_LENGTH,
    hash_password,
    needs_rehash,
    verify_password,
)


@dataclass(frozen=True)
class SignedIn:
    """A successful sign-in: whose, and the token for the cookie."""

    user_id: int
    token: str
    role: str


class WrongCredentials(Invalid):
    """No such account, a closed one, or another password: one sentence for all three."""


def find_by_email(session: Session, email: str) -> User | None:
    """A user by address, whatever its case."""
    return session.scalar(select(User).where(User.email == email.strip().lower()))


def sign_in(email: str, password: str, *, ip: str | None, user_agent: str) -> SignedIn:
    """Check the password and open a session. Raises WrongCredentials."""
    with transaction() as session:
        user = find_by_email(session, email)
        right = verify_password(user.password_hash if user else None, password)
        if user is None or not right or not user.active:
            raise WrongCredentials("That email and password do not fit together.", field="password")
        if needs_rehash(user.password_hash):
            user.password_hash = hash_password(password)
        user.last_login_at = clock.now()
        token = sessions.open_session(session, user, ip=ip, user_agent=user_agent)
        if user.is_staff:
            audit.record(session, Actor(user.id, user.email, ip), "signed in", "user", user.id)
        return SignedIn(user.id, token, user.role)


def register(name: str, email: str, password: str, *, ip: str | None, user_agent: str) -> SignedIn:
    """Open a customer's account and sign in. Refuses an address that has one, and a weak password."""
    check_password(password)
    try:
        with transaction() as session:
            user = User(
                email=email.strip().lower(),
                name=name.strip(),
                role=Role.CUSTOMER,
                password_hash=hash_password(password),
            )
            session.add(user)
            session.flush()  # its id, and the refusal of a second account
            token = sessions.open_session(session, user, ip=ip, user_agent=user_agent)
            return SignedIn(user.id, token, user.role)
    except IntegrityError:
        raise Conflict(
            "There is an account for this email already. Sign in instead.", field="email"
        ) from None


def sign_out(token: str) -> None:
    """End this sign-in. One that has ended already is fine."""
    with transaction() as session:
        sessions.close_session(session, token)


def change_password(user_id: int, current: str, new: str, *, ip: str | None, user_agent: str) -> str:
    """Set a new password, end every sign-in, and open one for this browser: its new token."""
    check_password(new)
    with transaction() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        if not verify_password(user.password_hash, current):
            raise WrongCredentials("That is not your present password.", field="current")
        user.password_hash = hash_password(new)
        sessions.close_all_sessions(session, user.id)
        if user.is_staff:
            audit.record(session, Actor(user.id, user.email, ip), "changed password", "user", user.id)
        return sessions.open_session(session, user, ip=ip, user_agent=user_agent)


def create_staff(email: str, name: str, role: Role, password: str, actor: Actor) -> int:
    """Open a staff account, or give a customer's account a role. Refuses the role of a customer."""
    if role == Role.CUSTOMER:
        raise Invalid("Staff have one of the roles owner, manager, baker or counter.", field="role")
    check_password(password)
    with transaction() as session:
        user = find_by_email(session, email)
        before = {"role": user.role} if user else None
        if user is None:
            user = User(email=email.strip().lower(), name=name or email.split("@")[0], password_hash="")
            session.add(user)
        user.role, user.password_hash, user.active = role, hash_password(password), True
        session.flush()  # its id
        sessions.close_all_sessions(session, user.id)
        audit.record(session, actor, "made staff", "user", user.id, before=before, after={"role": role.value})
        return user.id


def check_password(password: str) -> None:
    """Refuse what is too short, too long, or one of the few everybody tries (NIST SP 800-63B: length first)."""
    if len(password) < MIN_LENGTH:
        raise Invalid(
            f"Use at least {MIN_LENGTH} characters; a few words are easy to remember.", field="password"
        )
    if len(password) > MAX_LENGTH:
        raise Invalid(f"Use at most {MAX_LENGTH} characters.", field="password")
    if len(set(password.lower())) < 4 or password.lower() in _COMMON:
        raise Invalid("That password is one of the first that people try. Choose another.", field="password")


_COMMON = {
    "password12",
    "password123",
    "1234567890",
    "qwertyuiop",
    "letmeinplease",
    "iloveyou123",
    "saffron123",
}


def count_staff(session: Session) -> int:
    """How many active staff accounts there are."""
    return session.scalar(select(func.count()).where(User.role != Role.CUSTOMER, User.active)) or 0


def record_change(actor: Actor, action: str, subject_type: str, subject_id: object) -> None:
    """Enter in the audit log what staff did to the machinery (jobs, alerts), where no other service does."""
    with transaction() as session:
        audit.record(session, actor, action, subject_type, subject_id)
