"""The address of a filtered list: what is chosen stands in it, so that it can be linked and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode


def list_address(base: str, raw: Mapping[str, str], changes: Mapping[str, str | int]) -> str:
    """The list at `base` with some parameters changed; empty ones and the first page are left out."""
    values = {**raw, **{key: str(value) for key, value in changes.items()}}
    pairs = {key: value for key, value in values.items() if value and (key, value) != ("page", "1")}
    return f"{base}?{urlencode(pairs)}" if pairs else base
