"""The same controls as buttons: the front page, faults, and what a customer or a bank might do."""

from __future__ import annotations

import contextlib

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.clock import Backwards
from sandbox.faults import MODES, BadFault
from sandbox.twilio_messages import Messages
from sandbox.world import World

blueprint = Blueprint("control_pages", __name__)
OPTIONS = ("times", "last", "seconds", "status", "copies", "match", "share", "seed")
HOUR, DAY = 60 * 60, 24 * 60 * 60


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


@blueprint.app_context_processor
def for_every_page() -> dict[str, object]:
    clock = _world().clock
    return {"active_faults": _world().faults.active(), "now": clock.time(), "clock_ahead": clock.offset}


@blueprint.get("/")
def index() -> ResponseReturnValue:
    store = _world().store
    counts = {
        name: (store.row(sql) or {"n": 0})["n"]
        for name, sql in (
            ("mails", "SELECT count(*) AS n FROM mails"),
            ("sms", "SELECT count(*) AS n FROM objects WHERE kind = 'sms'"),
            ("sessions", "SELECT count(*) AS n FROM objects WHERE kind = 'checkout.session'"),
            ("events", "SELECT count(*) AS n FROM objects WHERE kind = 'event'"),
            ("waiting", "SELECT count(*) AS n FROM deliveries WHERE state IN ('pending', 'held')"),
            ("failed", "SELECT count(*) AS n FROM deliveries WHERE state = 'failed'"),
        )
    }
    return render_template("index.html", counts=counts, world=_world(), target=_world().webhooks.target[0])


@blueprint.get("/faults")
def faults() -> ResponseReturnValue:
    return render_template("faults.html", modes=MODES, form={}, error=None)


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    service, _, mode = request.form.get("fault", "").partition("/")
    given = {name: request.form[name].strip() for name in OPTIONS if request.form.get(name, "").strip()}
    try:
        _world().faults.add(service, mode, **given)
    except BadFault as error:
        return render_template("faults.html", modes=MODES, form=request.form, error=str(error)), 422
    return redirect("/faults", 303)


@blueprint.post("/faults/clear")
def clear_faults() -> ResponseReturnValue:
    _world().faults.clear(None, request.form.get("id", type=int))
    return redirect("/faults", 303)


@blueprint.post("/sms/reply")
def reply() -> ResponseReturnValue:
    """The person at the other end of an SMS answers it."""
    messages: Messages = current_app.extensions["messages"]
    account = _world().store.note("twilio_account", "AC" + "0" * 32)
    text = request.form.get("text", "").strip()
    if text:
        messages.inbound(account, request.form.get("from", ""), request.form.get("to", ""), text[:1600])
    return redirect("/inbox", 303)


@blueprint.post("/clock")
def clock() -> ResponseReturnValue:
    """Let an hour, a day or a week pass."""
    by = request.form.get("by", type=int)
    if by in (HOUR, DAY, 7 * DAY):
        with contextlib.suppress(Backwards):
            _world().move_clock(_world().clock.offset + by)
    return redirect("/", 303)


@blueprint.post("/reset")
def reset() -> ResponseReturnValue:
    _world().reset()
    return redirect("/", 303)
