"""What surrounds each request: its id, its log line, and its size limit."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider

log = structlog.get_logger("request")
_SANE_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")
# Asked every few seconds by routers and supervisors: news only when something is wrong.
_PROBES = frozenset({"health.healthz", "health.readyz"})


class ShallowJSON(DefaultJSONProvider):
    """JSON as Flask has it, but what is nested beyond all measure is malformed (ValueError) and no fault."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def init_requests(app: Flask) -> None:
    """Give each request an id (a sane one from the router is kept), answer with it, and log one line."""
    app.json = ShallowJSON(app)

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _SANE_ID.match(given) else secrets.token_hex(8)
        g.started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        request_id = g.get("request_id")
        if request_id is None:
            return response
        response.headers["X-Request-ID"] = request_id
        level = log.debug if request.endpoint in _PROBES else log.info
        if response.status_code >= 500:
            level = log.warning
        level(
            "request",
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            ms=round((time.perf_counter() - g.started) * 1000, 1),
        )
        return response
