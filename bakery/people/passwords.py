"""Passwords, hashed with Argon2id at the library's recommended cost (RFC 9106, low-memory profile)."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 10
MAX_LENGTH = 200

_hasher = PasswordHasher()


@lru_cache(maxsize=1)
def _nobody() -> str:
    """Checked when there is no such account, so that both answers take the same time."""
    return _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(password)


def verify_password(stored: str | None, given: str) -> bool:
    """Whether the password fits. Takes as long for an account that does not exist (`stored` None)."""
    try:
        _hasher.verify(stored or _nobody(), given[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made at an older cost."""
    return _hasher.check_needs_rehash(stored)
