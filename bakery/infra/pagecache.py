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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Response
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_etags, unquote_etag

from bakery.infra.changes import Changes

MARK = "X-Keep"
# Pages are about 60 kB, zipped a fifth more: some three hundred of them, whatever addresses are made up.
MAX_COPIES = 600
MAX_BYTES = 24_000_000
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
    private: bool

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped) + 2000


def keep(response: Response, *, topics: tuple[str, ...], seconds: int, private: bool = False) -> Response:
    """Mark an answer as one to keep. Browsers and proxies must ask again each time (ETag, 304)."""
    response.headers[MARK] = f"{int(private)};{seconds};{','.join(topics)}"
    response.headers["Cache-Control"] = "private, no-cache" if private else "public, no-cache"
    if response.headers.get("ETag") is None:
        # Weak: packed or not, it says the same.
        response.add_etag(weak=True)
    return response


class PageCache:
    """WSGI middleware. Answers come from here only while the changes are being listened to."""

    def __init__(self, wsgi_app: Callable[[Environ, Start], Iterable[bytes]], changes: Changes) -> None:
        self._app = wsgi_app
        self._changes = changes
        self._copies: OrderedDict[tuple[str, ...], Copy] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        self._changes.start()
        shared, own = _keys(environ)
        copy = self._find(shared) or self._find(own)
        if copy is None:
            return self._ask(environ, start_response, shared, own)
        if copy.private and not _known(copy, environ):
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
        versions = {topic: self._changes.version(topic) for topic in TOPICS}
        taken: list[tuple[str, list[tuple[str, str]], Any]] = []

        def take(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            taken.append((status, headers, exc_info))
            return lambda _data: None

        chunks = self._app(environ, take)
        status, headers, exc_info = taken[-1]
        mark = next((value for name, value in headers if name == MARK), "")
        headers = [pair for pair in headers if pair[0] != MARK]
        if not mark or environ["REQUEST_METHOD"] != "GET" or status[:3] not in ("200", "304"):
            start_response(status, headers, exc_info)
            return chunks
        body = b"".join(chunks)
        if (close := getattr(chunks, "close", None)) is not None:
            close()
        copy = _copy(headers, body, mark, versions)
        cookie = any(name == "Set-Cookie" for name, _ in headers)
        if not cookie and len(environ.get("QUERY_STRING", "")) <= MAX_QUERY:
            self._store(own if copy.private else shared, copy)
        if copy.private or cookie:
            start_response(status, headers, exc_info)
            return [body]
        return _answer(copy, environ, start_response, [h for h in headers if h[0] == "X-Request-ID"])

    def _store(self, key: tuple[str, ...], copy: Copy) -> None:
        with self._lock:
            if (old := self._copies.pop(key, None)) is not None:
                self._bytes -= old.size
            self._copies[key] = copy
            self._bytes += copy.size
            while self._bytes > MAX_BYTES or len(self._copies) > MAX_COPIES:
                self._bytes -= self._copies.popitem(last=False)[1].size


def _copy(headers: list[tuple[str, str]], body: bytes, mark: str, versions: dict[str, int]) -> Copy:
    private, seconds, topics = mark.split(";")
    kept = [h for h in headers if h[0] not in ("Content-Length", "X-Request-ID", "Date")]
    if private == "0":
        # Whoever asks gets the same; only how it is packed differs. (Flask-Login looks at each cookie.)
        varied = [part.strip() for name, value in kept if name == "Vary" for part in value.split(",")]
        varied = [part for part in varied if part != "Cookie"] + ["Accept-Encoding"]
        kept = [h for h in kept if h[0] != "Vary"] + [("Vary", ", ".join(varied))]
    return Copy(
        headers=kept,
        body=body if private == "0" else b"",
        zipped=gzip.compress(body, 6) if private == "0" else b"",
        etag=next((value for name, value in headers if name == "ETag"), ""),
        topics=tuple((topic, versions[topic]) for topic in topics.split(",")),
        dies_at=time.monotonic() + int(seconds),
        private=private == "1",
    )


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
        "json" if _prefers_json(environ.get("HTTP_ACCEPT", "")) else "",
    )
    return shared, (*shared, environ.get("HTTP_COOKIE", ""))


@lru_cache(maxsize=256)
def _prefers_json(accept: str) -> bool:
    """Whether a machine asks, by the same rule as `htmx.wants_json`: an address may have an answer for each."""
    given = parse_accept_header(accept, MIMEAccept)
    return given.best_match(["text/html", "application/json"]) == "application/json"


def _known(copy: Copy, environ: Environ) -> bool:
    """Whether the asker has this copy already."""
    given = environ.get("HTTP_IF_NONE_MATCH")
    if not given:
        return False
    return given == copy.etag or parse_etags(given).contains_weak(unquote_etag(copy.etag)[0] or "")


def _answer(
    copy: Copy, environ: Environ, start_response: Start, more: Sequence[tuple[str, str]] = ()
) -> Iterable[bytes]:
    if _known(copy, environ):
        start_response("304 Not Modified", [h for h in copy.headers if h[0] != "Content-Type"] + [*more])
        return [b""]
    headers, body = [*copy.headers, *more], copy.body
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        headers, body = [*headers, ("Content-Encoding", "gzip")], copy.zipped
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]
