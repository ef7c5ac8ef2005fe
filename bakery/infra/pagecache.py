"""Ready answers kept in front of the app, for pages that are the same for everybody.

A view marks its answer with `keep(response, topics=…, seconds=…)`. The copy is served until one of its
topics changes (infra.changes) or its time is up. A polled page of one person marks itself with
`keep(..., private=True)`: then only its 304 is answered from here, for the same cookie.
"""

from __future__ import annotations

import gzip
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response

from bakery.infra.changes import Changes

MARK = "X-Keep"
MAX_COPIES = 600
MAX_QUERY = 200

Environ = dict[str, Any]
Start = Callable[..., Any]


@dataclass(frozen=True)
class Copy:
    """One kept answer."""

    headers: list[tuple[str, str]]
    body: bytes
    zipped: bytes
    etag: str
    topics: tuple[tuple[str, int], ...]
    dies_at: float


def keep(response: Response, *, topics: tuple[str, ...], seconds: int, private: bool = False) -> Response:
    """Mark an answer as one to keep. Browsers and proxies must ask again each time (ETag, 304)."""
    response.headers[MARK] = f"{int(private)};{seconds};{','.join(topics)}"
    response.headers["Cache-Control"] = "private, no-cache" if private else "public, no-cache"
    if response.headers.get("ETag") is None:
        response.add_etag()
    return response


class PageCache:
    """WSGI middleware. Answers come from here only while the changes are being listened to."""

    def __init__(self, wsgi_app: Callable[[Environ, Start], Iterable[bytes]], changes: Changes) -> None:
        self._app = wsgi_app
        self._changes = changes
        self._copies: OrderedDict[tuple[str, ...], Copy] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        self._changes.start()
        shared, own = _keys(environ)
        copy = self._find(shared) or self._find(own)
        if copy is None:
            return self._ask(environ, start_response, shared, own)
        if not copy.body and environ.get("HTTP_IF_NONE_MATCH") != copy.etag:
            return self._ask(environ, start_response, shared, own)
        return _answer(copy, environ, start_response)

    def _find(self, key: tuple[str, ...]) -> Copy | None:
        copy = self._copies.get(key)
        if copy is None or not self._changes.live or time.monotonic() >= copy.dies_at:
            return None
        version = self._changes.version
        for topic, seen in copy.topics:
            if version(topic) != seen:
                return None
        return copy

    def _ask(
        self, environ: Environ, start_response: Start, shared: tuple[str, ...], own: tuple[str, ...]
    ) -> Iterable[bytes]:
        # Versions are read before the page: what changes while it is made outdates the copy.
        environ["bakery.versions"] = _Versions(self._changes)
        taken: list[tuple[str, list[tuple[str, str]], str]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            mark = next((value for name, value in headers if name == MARK), "")
            headers = [pair for pair in headers if pair[0] != MARK]
            taken.append((status, headers, mark))
            return start_response(status, headers, exc_info)

        chunks = self._app(environ, start)
        status, headers, mark = taken[-1] if taken else ("", [], "")
        if not mark or environ["REQUEST_METHOD"] != "GET" or len(environ.get("QUERY_STRING", "")) > MAX_QUERY:
            return chunks
        return self._keep(chunks, status, headers, mark, environ, shared, own)

    def _keep(  # noqa: PLR0913 what a WSGI answer is made of
        self,
        chunks: Iterable[bytes],
        status: str,
        headers: list[tuple[str, str]],
        mark: str,
        environ: Environ,
        shared: tuple[str, ...],
        own: tuple[str, ...],
    ) -> Iterable[bytes]:
        body = b"".join(chunks)
        if (close := getattr(chunks, "close", None)) is not None:
            close()
        private, seconds, topics = mark.split(";")
        etag = next((value for name, value in headers if name == "ETag"), "")
        cookie = any(name == "Set-Cookie" for name, _ in headers)
        if etag and not cookie and status[:3] in ("200", "304") and (private == "1" or status[:3] == "200"):
            versions: _Versions = environ["bakery.versions"]
            copy = Copy(
                headers=[h for h in headers if h[0] not in ("Content-Length", "X-Request-ID", "Date")],
                body=b"" if private == "1" else body,
                zipped=b"" if private == "1" else gzip.compress(body, 6),
                etag=etag,
                topics=tuple((topic, versions.at(topic)) for topic in topics.split(",")),
                dies_at=time.monotonic() + int(seconds),
            )
            self._store(own if private == "1" else shared, copy)
        return [body]

    def _store(self, key: tuple[str, ...], copy: Copy) -> None:
        with self._lock:
            self._copies[key] = copy
            self._copies.move_to_end(key)
            while len(self._copies) > MAX_COPIES:
                self._copies.popitem(last=False)


class _Versions:
    """The counters as they were before the page was made."""

    def __init__(self, changes: Changes) -> None:
        self._seen = {topic: changes.version(topic) for topic in TOPICS}

    def at(self, topic: str) -> int:
        return self._seen[topic]


# shop: what public pages show. kitchen: tickets and their orders. people: users and sign-ins.
TOPICS = ("shop", "kitchen", "people", "any")


def _keys(environ: Environ) -> tuple[tuple[str, ...], tuple[str, ...]]:
    shared = (
        environ.get("HTTP_HOST", ""),
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_HX_REQUEST", ""),
        environ.get("HTTP_HX_BOOSTED", ""),
        environ.get("HTTP_HX_HISTORY_RESTORE_REQUEST", ""),
    )
    return shared, (*shared, environ.get("HTTP_COOKIE", ""))


def _answer(copy: Copy, environ: Environ, start_response: Start) -> Iterable[bytes]:
    if environ.get("HTTP_IF_NONE_MATCH") == copy.etag:
        start_response("304 Not Modified", [h for h in copy.headers if h[0] != "Content-Type"])
        return [b""]
    headers, body = copy.headers, copy.body
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        headers, body = [*headers, ("Content-Encoding", "gzip")], copy.zipped
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]
