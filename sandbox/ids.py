"""Identifiers that look like the originals."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits


def letters(length: int) -> str:
    return "".join([ALPHABET[each % len(ALPHABET)] for each in secrets.token_bytes(length)])


def stripe_id(prefix: str, length: int = 24) -> str:
    """`pi_3QdZ…`: a prefix and letters; the objects of test mode carry no other mark."""
    return f"{prefix}_{letters(length)}"


def twilio_sid(prefix: str) -> str:
    """`SM` or `MM` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
