"""Numbers and secrets that people and links carry."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

# No 0/O, 1/I/L: nobody should have to ask which one it was.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_NUMBER = re.compile(rf"^[A-Z]{{2}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{2}}$")


def new_number(prefix: str = "SC") -> str:
    """A short, unguessable number such as `SC-7K3M-Q9` (31^6, about 890 million). Unique by the database."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(6))
    return f"{prefix}-{body[:4]}-{body[4:]}"


def normalize_number(text: str, prefix: str = "SC") -> str | None:
    """What a person typed as a number, in its canonical form; None when it cannot be one."""
    body = re.sub(r"[^0-9A-Z]", "", text.upper())
    if len(body) == len(prefix) + 6:
        body = body.removeprefix(prefix)
    if len(body) != 6:
        return None
    number = f"{prefix}-{body[:4]}-{body[4:]}"
    return number if _NUMBER.match(number) else None


def new_secret() -> str:
    """256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def same_secret(given: str | None, expected: str | None) -> bool:
    """Compare in constant time, also when one is missing."""
    left = hashlib.sha256((given or "").encode()).digest()
    right = hashlib.sha256((expected or "").encode()).digest()
    return hmac.compare_digest(left, right) and bool(given) and bool(expected)


def digest(secret: str) -> str:
    """The sha256 of a secret, for storing what must be recognised but never read back."""
    return hashlib.sha256(secret.encode()).hexdigest()
