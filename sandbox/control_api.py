"""The control API: everything a test or a script may ask of the sandbox, as JSON."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from sandbox.checkout import Form, Refused, answer_bank, pay
from sandbox.clock import Backwards
from sandbox.faults import MODES, BadFault
from sandbox.inbox import mail_summary, mails, sms_list
from sandbox.stripe_api import checkout_sessions, session_life
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.twilio_messages import Messages
from sandbox.world import World

blueprint = Blueprint("control_api", __name__, url_prefix="/_control")


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def given() -> dict[str, Any]:
    found = request.get_json(silent=True) or {}
    return found if isinstance(found, dict) else {}


def _refuse(words: str) -> Response:
    response = jsonify({"error": words})
    response.status_code = 422
    return response


@blueprint.errorhandler(BadFault)
def bad_fault(error: BadFault) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 422


@blueprint.errorhandler(Backwards)
def backwards(error: Backwards) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 422


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> tuple[Response, int]:
    return jsonify({"error": error.message, "code": error.code, "field": error.field}), 402


@blueprint.errorhandler(StripeError)
def stripe_refused(error: StripeError) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), error.status


@blueprint.get("/state")
def state() -> Response:
    world = _world()
    counts = {
        row["state"]: row["n"]
        for row in world.store.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY state")
    }
    return jsonify(
        {
            "base_url": world.base_url,
            "smtp_port": world.settings.smtp_port,
            "webhook_url": world.webhooks.target[0],
            "clock_offset": world.clock.offset,
            "faults": [dataclasses.asdict(each) for each in world.faults.active()],
            "modes": MODES,
            "deliveries": counts,
            "unsubscribed": world.store.note("unsubscribed", []),
        }
    )


@blueprint.post("/faults")
def add_fault() -> tuple[Response, int]:
    asked = given()
    fault = _world().faults.add(str(asked.pop("service", "")), str(asked.pop("mode", "")), **asked)
    return jsonify(dataclasses.asdict(fault)), 201


@blueprint.delete("/faults")
def clear_faults() -> Response:
    number = request.args.get("id", type=int)
    _world().faults.clear(request.args.get("service"), number)
    return jsonify({"faults": [dataclasses.asdict(each) for each in _world().faults.active()]})


@blueprint.post("/webhooks/target")
def set_target() -> Response:
    """Where events go from now on, and the secret that signs them."""
    asked, store = given(), _world().store
    for name in ("webhook_url", "webhook_secret", "sms_inbound_url"):
        if name in asked:
            store.set_note(name, asked[name])
    return jsonify({"webhook_url": _world().webhooks.target[0]})


@blueprint.post("/webhooks/release")
def release() -> Response:
    asked = given()
    return jsonify(
        {"released": _world().webhooks.release(asked.get("order", "kept"), asked.get("match", ""))}
    )


@blueprint.post("/events/<key>/resend")
def resend(key: str) -> tuple[Response, int]:
    if _world().store.get(key, "event") is None:
        return jsonify({"error": f"No such event: {key}"}), 404
    _world().webhooks.resend(key, int(given().get("times", 1)))
    return jsonify({"resent": key}), 202


@blueprint.get("/events")
def events() -> Response:
    """Events, oldest first, each with its deliveries; `type` and `object` narrow them down."""
    wanted = {"data.object.id": request.args.get("object"), "type": request.args.get("type")}
    found = _world().store.select(
        "event", {path: value for path, value in wanted.items() if value}, order="ASC"
    )
    logs = _world().webhooks.logs([event["id"] for event in found])
    return jsonify({"data": [event | {"deliveries": logs.get(event["id"], [])} for event in found]})


@blueprint.post("/sessions/<key>/pay")
def pay_session(key: str) -> Response:
    """Pay as a person on the hosted page would; `authenticate` answers the bank's question too."""
    asked, world = given(), _world()
    form = Form(
        email=asked.get("email", "customer@saffron.test"),
        name=asked.get("name", ""),
        number=asked.get("card", "4242424242424242"),
        saved=asked.get("saved", ""),
        save=bool(asked.get("save")),
    )
    outcome = pay(world, key, form)
    if outcome.state == "authenticate" and asked.get("authenticate") is not None:
        answer_bank(world, outcome.url.rsplit("/", 1)[1], bool(asked["authenticate"]))
    session = world.store.get(key)
    return jsonify({"session": session, "url": outcome.url})


@blueprint.post("/sessions/<key>/expire")
def expire_session(key: str) -> Response:
    with _world().store.transaction():
        session = checkout_sessions.find(Call.inside(_world()), key)
        if session["status"] == "open":
            session = session_life.close_expired(Call.inside(_world()), session)
    return jsonify(session)


@blueprint.get("/objects/<key>")
def stored_object(key: str) -> tuple[Response, int]:
    found = _world().store.get(key)
    return (jsonify(found), 200) if found else (jsonify({"error": f"No such object: {key}"}), 404)


@blueprint.get("/objects")
def objects() -> Response:
    """All of a kind, newest first; any other parameter names a field and the value it must have."""
    wanted = request.args.to_dict()
    try:
        found = _world().store.select(wanted.pop("kind", "checkout.session"), wanted)
    except ValueError as error:
        return _refuse(str(error))
    return jsonify({"data": found})


@blueprint.post("/sms/inbound")
def inbound_sms() -> tuple[Response, int]:
    asked, messages = given(), current_app.extensions["messages"]
    assert isinstance(messages, Messages)
    account = _world().store.note("twilio_account", "AC" + "0" * 32)
    sms = messages.inbound(account, asked.get("from", ""), asked.get("to", ""), asked.get("body", ""))
    return jsonify(sms), 201


@blueprint.get("/sms")
def sms() -> Response:
    return jsonify({"data": sms_list()})


@blueprint.get("/mails")
def all_mails() -> Response:
    return jsonify({"data": [mail_summary(each) for each in mails()]})


@blueprint.post("/clock")
def move_clock() -> Response:
    """Go ahead: `offset` seconds of the true time, `by` seconds of now, or `at` an instant. Never back."""
    world, asked = _world(), given()
    try:
        if "at" in asked:
            offset = float(asked["at"]) - time.time()
        else:
            offset = (
                world.clock.offset + float(asked["by"]) if "by" in asked else float(asked.get("offset", 0))
            )
    except (TypeError, ValueError) as error:
        raise Backwards("A time is a number of seconds.") from error
    world.move_clock(offset)
    return jsonify({"now": world.clock.time()})


@blueprint.post("/settle")
def settle() -> tuple[Response, int]:
    asked = given()
    done = _world().settle(float(asked.get("seconds", 10)), float(asked.get("within", 1.5)))
    return jsonify({"settled": done}), 200 if done else 504


@blueprint.post("/reset")
def reset() -> Response:
    _world().reset()
    return jsonify({"reset": True})
