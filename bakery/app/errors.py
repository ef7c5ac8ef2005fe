"""Every refusal and every fault as a page, a fragment or JSON: one place."""

from __future__ import annotations

import structlog
from flask import Flask, g, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from redis.exceptions import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from bakery.core.errors import DomainError
from bakery.infra import htmx

log = structlog.get_logger(__name__)

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

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if status < 400:
            return error
        default = type(error).description
        message = error.description if error.description != default else None
        return _answer(status, message)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    def database_away(error: Exception) -> ResponseReturnValue:
        log.exception("database_away")
        return _answer(503, None)

    @app.errorhandler(RedisError)
    def redis_away(error: Exception) -> ResponseReturnValue:
        log.exception("redis_away")
        return _answer(503, None)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> ResponseReturnValue:
        log.exception("unhandled")
        return _answer(500, None)


def _answer(status: int, message: str | None, *, field: str | None = None) -> ResponseReturnValue:
    title, advice = WORDS.get(status, WORDS[400] if status < 500 else WORDS[500])
    text = message or advice
    request_id = g.get("request_id")
    if htmx.wants_json():
        return jsonify({"error": {"message": text, "field": field, "request_id": request_id}}), status
    template = "errors/_refused.html" if htmx.wants_fragment() else "errors/page.html"
    body = render_template(template, status=status, title=title, message=text, request_id=request_id)
    return body, status, {"Retry-After": "10"} if status == 503 else {}
