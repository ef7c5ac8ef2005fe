"""The floor: the same server answering a constant of a given size, and nothing else. `/30000` is 30,000 bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=64)
def _body(size: int) -> bytes:
    return b"x" * size


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer `/<size>` with so many bytes; `/304` with an empty 304, as an unchanged poll is."""
    path = environ["PATH_INFO"].lstrip("/")
    if path == "304":
        start_response("304 Not Modified", [("ETag", '"x"')])
        return [b""]
    body = _body(int(path or 0))
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
