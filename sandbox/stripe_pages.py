"""The Stripe page: payments, refunds, events and their deliveries, with the buttons of a dashboard."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.stripe_api import checkout_sessions, refunds
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.stripe_api.params import Params
from sandbox.stripe_money_pages import REPORTS
from sandbox.world import World

blueprint = Blueprint("stripe_pages", __name__, url_prefix="/stripe")
SHOWN = 50


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _call(**params: Any) -> Call:
    return Call(_world(), Params({name: str(value) for name, value in params.items()}))


@blueprint.get("")
def index() -> ResponseReturnValue:
    return _index(None)


def _index(error: str | None) -> ResponseReturnValue:
    store, hooks = _world().store, _world().webhooks
    events = [event | {"deliveries": hooks.log(event["id"])} for event in store.all("event", SHOWN)]
    held = (store.row("SELECT count(*) AS n FROM deliveries WHERE state = 'held'") or {"n": 0})["n"]
    page = render_template(
        "stripe.html",
        sessions=store.all("checkout.session", SHOWN),
        charges=store.all("charge", SHOWN),
        reports=REPORTS,
        events=events,
        held=held,
        error=error,
        target=hooks.target[0],
    )
    return page, 422 if error else 200


@blueprint.get("/objects/<key>")
def stored_object(key: str) -> ResponseReturnValue:
    found = _world().store.get(key) or abort(404, "There is no such object.")
    about = _world().store.select("event", {"data.object.id": key})
    return render_template(
        "object.html",
        body=found,
        text=json.dumps(found, indent=2, ensure_ascii=False),
        events=about,
        key=key,
        deliveries=_world().webhooks.log(key),
    )


@blueprint.post("/events/<key>/resend")
def resend(key: str) -> ResponseReturnValue:
    if _world().store.get(key, "event") is None:
        abort(404, "There is no such event.")
    _world().webhooks.resend(key, 2 if request.form.get("times") == "2" else 1)
    return redirect(f"/stripe/objects/{key}", 303)


@blueprint.post("/events/release")
def release() -> ResponseReturnValue:
    _world().webhooks.release(request.form.get("order", "kept"))
    return redirect("/stripe", 303)


@blueprint.post("/sessions/<key>/expire")
def expire(key: str) -> ResponseReturnValue:
    return _do(lambda: checkout_sessions.expire(_call(), key))


@blueprint.post("/charges/<key>/refund")
def refund(key: str) -> ResponseReturnValue:
    """A refund made in Stripe's dashboard, without the shop's doing."""
    amount = request.form.get("amount", "").strip()
    given: dict[str, Any] = {"charge": key}
    if amount:
        try:
            given["amount"] = round(float(amount) * 100)
        except (ValueError, OverflowError):
            return _index(f"“{amount}” is not an amount.")
    return _do(lambda: refunds.create(_call(**given)))


def _do(work: Any) -> ResponseReturnValue:
    try:
        with _world().store.transaction():
            work()
    except StripeError as error:
        return _index(str(error))
    return redirect("/stripe", 303)
