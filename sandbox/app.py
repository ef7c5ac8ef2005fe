"""The Flask app of the sandbox."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import (
    clock,
    control_api,
    control_money,
    control_pages,
    drop,
    inbox,
    pay_pages,
    stripe_money_pages,
    stripe_pages,
    twilio_api,
)
from sandbox.stripe_api import api as stripe_door
from sandbox.twilio_messages import Messages
from sandbox.world import World

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
MACHINES = ("/v1/", "/stripe/v1/", "/2010-04-01/", "/_control/")
# No script at all. Forms lead to the shop (a redirect after paying), so form-action stays open.
CSP = (
    "default-src 'none'; style-src 'self'; img-src * data:; frame-src 'self'; frame-ancestors 'self'; "
    "base-uri 'none'"
)


def create_app(world: World, messages: Messages) -> Flask:
    app = Flask("sandbox")
    app.extensions |= {"world": world, "messages": messages}
    app.config["MAX_CONTENT_LENGTH"] = 20 * 1024 * 1024
    for module in (
        stripe_door,
        pay_pages,
        twilio_api,
        inbox,
        stripe_money_pages,
        stripe_pages,
        control_api,
        control_money,
        control_pages,
    ):
        app.register_blueprint(module.blueprint)
    app.register_error_handler(drop.DropConnection, drop.hang_up)
    app.register_error_handler(HTTPException, _failed)
    app.before_request(_refuse_other_sites)
    app.after_request(_headers)
    app.add_template_filter(money)
    app.add_template_filter(clock.readable, "when")
    app.add_template_filter(clock.duration)
    app.add_url_rule("/healthz", view_func=_healthz, endpoint="healthz")
    return app


def money(amount: int, currency: str) -> str:
    """`A$42.00`: good enough for a stand-in, which must not share the shop's code."""
    marks = {"aud": "A$", "usd": "US$", "nzd": "NZ$", "gbp": "£", "eur": "€"}
    if currency in ("jpy", "krw", "vnd"):
        return f"{amount:,} {currency.upper()}"
    return f"{'-' if amount < 0 else ''}{marks.get(currency, currency.upper() + ' ')}{abs(amount) / 100:,.2f}"


def _healthz() -> Response:
    return jsonify({"status": "ok"})


def _refuse_other_sites() -> ResponseReturnValue | None:
    """A page of another site must not press the sandbox's buttons."""
    origin = request.headers.get("Origin")
    if request.method in UNSAFE and origin and urlsplit(origin).netloc != request.host:
        return jsonify({"error": "Requests from other sites are refused."}), 403
    return None


def _failed(error: HTTPException) -> ResponseReturnValue:
    if request.path.startswith(MACHINES):
        return jsonify(
            {"error": {"message": error.description, "type": "invalid_request_error"}}
        ), error.code or 500
    return render_template("error.html", error=error), error.code or 500


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response
