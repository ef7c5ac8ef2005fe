"""Twilio's Messages API over HTTP: create, read, list."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.drop import DropConnection
from sandbox.faults import Fault
from sandbox.twilio_messages import Messages
from sandbox.twilio_rules import TwilioError
from sandbox.world import World

blueprint = Blueprint("twilio_api", __name__)
ROOT = "/2010-04-01/Accounts/<account>"
MOST, DEFAULT = 1000, 50


def _messages() -> Messages:
    messages: Messages = current_app.extensions["messages"]
    return messages


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


@blueprint.errorhandler(TwilioError)
def refused(error: TwilioError) -> tuple[Response, int]:
    return jsonify(error.body()), error.status


def _check(account: str) -> None:
    """Refuses requests without account and token, with a wrong token, or for another account."""
    given = request.authorization
    wanted = _world().settings.twilio_token
    if given is None or not given.username or not given.password or (wanted and given.password != wanted):
        raise TwilioError(20003, "Authenticate", 401)
    if given.username.startswith("AC") and given.username != account:
        raise TwilioError(20404, f"The requested resource {request.path} was not found", 404)
    if given.username.startswith("AC") and _world().store.note("twilio_token") != given.password:
        _world().store.set_note("twilio_token", given.password)
        _world().store.set_note("twilio_account", account)


def _fault(subject: str) -> Fault | None:
    """What a fault does instead of, or before, the work."""
    fault = _world().faults.hit("twilio", subject)
    if fault is None:
        return None
    if fault.mode == "error":
        raise TwilioError(20500, "Internal Server Error (made on demand by the sandbox)", fault.status)
    if fault.mode == "rate_limit":
        raise TwilioError(20429, "Too Many Requests", 429)
    if fault.mode in ("slow", "timeout"):
        time.sleep(fault.seconds)
    if fault.mode == "timeout":
        raise DropConnection
    return fault


@blueprint.post(f"{ROOT}/Messages.json")
def create(account: str) -> tuple[Response, int]:
    _check(account)
    fault = _fault(f"POST {request.form.get('To', '')}")
    message = _messages().create(account, request.form.to_dict(), fault)
    if fault and fault.mode == "lost_answer":
        raise DropConnection
    return jsonify(message), 201


@blueprint.get(f"{ROOT}/Messages/<sid>.json")
def retrieve(account: str, sid: str) -> Response:
    _check(account)
    _fault(f"GET {sid}")
    message = _world().store.get(sid, "sms")
    if message is None:
        raise TwilioError(20404, f"The requested resource {request.path} was not found", 404)
    return jsonify(message)


@blueprint.get(f"{ROOT}.json")
def account(account: str) -> Response:
    """The account itself: what a settings check asks for."""
    _check(account)
    return jsonify({"sid": account, "friendly_name": "Sandbox", "status": "active", "type": "Trial"})


def _moment(text: str) -> datetime:
    """A day (midnight UTC) or a moment in ISO 8601."""
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise TwilioError(20001, f"Invalid date: {text}") from error
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _within(message: dict[str, Any], name: str, text: str) -> bool:
    if not message["date_sent"]:
        return False
    sent, bound = parsedate_to_datetime(message["date_sent"]), _moment(text)
    whole_day = len(text) == len("2026-11-21")
    if name == "DateSent>":
        return sent >= bound
    if name == "DateSent<":
        return sent < bound + timedelta(days=1) if whole_day else sent <= bound
    return sent.date() == bound.date()


def _matches(message: dict[str, Any]) -> bool:
    args = request.args
    for name, field in (("To", "to"), ("From", "from")):
        if args.get(name) and message[field] != args[name]:
            return False
    return all(
        _within(message, name, args[name])
        for name in ("DateSent", "DateSent>", "DateSent<")
        if args.get(name)
    )


@blueprint.get(f"{ROOT}/Messages.json")
def listed(account: str) -> Response:
    """Newest first, with Twilio's page links."""
    _check(account)
    _fault("GET Messages")
    size = min(MOST, max(1, request.args.get("PageSize", DEFAULT, type=int)))
    number = max(0, request.args.get("Page", 0, type=int))
    found = [each for each in _world().store.all("sms") if each["account_sid"] == account and _matches(each)]
    path = request.path
    rest = [
        (name, value) for name, value in request.args.items() if name not in ("Page", "PageSize", "PageToken")
    ]

    def link(to: int) -> str:
        query = [*rest, ("PageSize", str(size)), ("Page", str(to))]
        return f"{path}?{urlencode(query)}"

    more = len(found) > (number + 1) * size
    return jsonify(
        {
            "messages": found[number * size : (number + 1) * size],
            "page": number,
            "page_size": size,
            "uri": link(number),
            "first_page_uri": link(0),
            "next_page_uri": link(number + 1) if more else None,
            "previous_page_uri": link(number - 1) if number else None,
            "start": number * size,
            "end": min(len(found), (number + 1) * size) - 1,
        }
    )
