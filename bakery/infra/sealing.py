"""Secrets at rest: sealed with a key derived from SECRET_KEY, so that the database alone tells nobody."""

from __future__ import annotations

import base64
import importlib
from typing import Any

from bakery.infra.running import settings


class Unsealable(Exception):
    """It was sealed under another SECRET_KEY, or changed since."""


def seal(secret: bytes, purpose: str) -> str:
    """What may lie in the database. Opens again under the same SECRET_KEY and the same purpose only."""
    return str(_box(purpose).encrypt(secret).decode())


def unseal(sealed: str, purpose: str) -> bytes:
    """The secret. Raises Unsealable."""
    invalid = importlib.import_module("cryptography.fernet").InvalidToken
    try:
        return bytes(_box(purpose).decrypt(sealed.encode()))
    except invalid as error:
        raise Unsealable(purpose) from error


def _box(purpose: str) -> Any:
    # Loaded by who seals: most processes never do.
    fernet = importlib.import_module("cryptography.fernet")
    hashes = importlib.import_module("cryptography.hazmat.primitives.hashes")
    hkdf = importlib.import_module("cryptography.hazmat.primitives.kdf.hkdf")
    derive = hkdf.HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=f"bakery:{purpose}".encode())
    return fernet.Fernet(base64.urlsafe_b64encode(derive.derive(settings().secret_key.encode())))
