"""One URL, two answers: the page, or its fragment when htmx asks for it."""

from __future__ import annotations

from typing import Any

from flask import Response, make_response, redirect, render_template, request

VARY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")


def wants_fragment() -> bool:
    """Whether htmx asked for a part of the page (not a boosted or history navigation)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def wants_json() -> bool:
    """Whether JSON is preferred over HTML by the Accept header."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json" and not wants_fragment()


def render(page: str, /, *, fragment: str, status: int = 200, **context: Any) -> Response:
    """The fragment for htmx, the page for everyone else."""
    response = make_response(render_template(fragment if wants_fragment() else page, **context), status)
    response.vary.update(VARY)
    return response


def see_other(url: str) -> Response:
    """Send the browser on after a POST: 303, or HX-Redirect when htmx posted."""
    if wants_fragment():
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(redirect(url, code=303))
