"""Every refusal and every fault as a page, a fragment or JSON: one place."""

from __future__ import annotations

import structlog
from flask import Flask, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, TooManyRequests

from bakery.core.errors import DomainError
from bakery.infra import htmx
from bakery.integrations.files.port import FilesUnavailable

log = structlog.get_logger(__name__)

# Where staff work: from an error there the way leads back to it.
STAFF = ("/admin", "/kitchen")
# status: (title, what to do about it)
WORDS = {
    400: ("That request made no sense", "Something in it was malformed. Go back and try again."),
    401: ("Please sign in", "This needs you to be signed in."),
    403: ("Not yours to open", "Your account does not have the right to do this."),
    404: ("We looked on every shelf", "There is nothing at this address, or it is not yours to see."),
    405: ("That does not work here", "This address does not answer to that kind of request."),
    409: ("Things have changed", "Somebody was quicker. Look again and decide anew."),
    413: ("That is too large", "What you sent is larger than we can take. Please send something smaller."),
    422: ("That cannot be taken as it is", "Please check what you entered."),
    429: ("One moment, please", "That was very often in a short time. Try again in a minute."),
    500: ("Something burnt in our kitchen", "It is our fault, and it has been noted. Please try again."),
    503: (
        "We will be right back",
        "Part of the shop is not answering. Nothing you did is lost; try again in a moment.",
    ),
}


def init_errors(app: Flask) -> None:
    """Register the handlers. Rendering an error makes no query."""

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> ResponseReturnValue:
        return _answer(error.status, error.message, field=error.field)

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> ResponseReturnValue:
        return _answer(400, "This page was open for a long time. Reload it and send the form again.")

    app.register_error_handler(HTTPException, _http)
    _init_faults(app)


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, TooManyRequests):
        # The limiter's own words ("20 per 1 minute") are for us.
        return _answer(status, None, headers={"Retry-After": "60"})
    allowed = error.valid_methods if isinstance(error, MethodNotAllowed) else None
    message = error.description if error.description != type(error).description else None
    return _answer(status, message, headers={"Allow": ", ".join(sorted(allowed))} if allowed else None)


def _init_faults(app: Flask) -> None:
    @app.errorhandler(DataError)
    def not_storable(error: Exception) -> ResponseReturnValue:
        # A number beyond all bounds, a NUL byte in a text: no such thing can be in the database.
        log.warning("not_storable", error=type(error).__name__)
        return _answer(400, None)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeout)
    def database_away(error: Exception) -> ResponseReturnValue:
        log.exception("database_away")
        return _answer(503, None)

    @app.errorhandler(RedisError)
    def redis_away(error: Exception) -> ResponseReturnValue:
        log.exception("redis_away")
        return _answer(503, None)

    @app.errorhandler(FilesUnavailable)
    def files_away(error: Exception) -> ResponseReturnValue:
        log.exception("files_away")
        return _answer(503, None)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        log.exception("unhandled")
        return _answer(500, None)


def _answer(
    status: int, message: str | None, *, field: str | None = None, headers: dict[str, str] | None = None
) -> ResponseReturnValue:
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if status == 503:
        headers["Retry-After"] = "10"
    if status >= 500 and not hasattr(g, "_login_user"):
        # The database may be what is missing: nobody is looked up while an error is drawn.
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    title, advice = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    text = message or advice
    request_id = g.get("request_id")
    if htmx.wants_json():
        error = {"message": text, "field": field, "request_id": request_id}
        return jsonify({"error": error}), status, headers
    template = "errors/_refused.html" if htmx.wants_fragment() else "errors/page.html"
    body = render_template(
        template,
        status=status,
        title=title,
        message=text,
        request_id=request_id,
        staff_page=request.path.startswith(STAFF),
    )
    return body, status, headers
