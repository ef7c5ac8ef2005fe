"""The door of the Stripe API: key, fault in force, idempotency, the work, the answer."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from sandbox.drop import DropConnection
from sandbox.faults import Fault
from sandbox.ids import letters
from sandbox.stripe_api import files, idempotency
from sandbox.stripe_api.call import AnswerThenRaise, Call
from sandbox.stripe_api.errors import StripeError
from sandbox.stripe_api.lists import expand
from sandbox.stripe_api.params import Params, decode
from sandbox.stripe_api.resources import HIDDEN, ROUTES
from sandbox.world import API_VERSION, World

blueprint = Blueprint("stripe_api", __name__)
METHODS = ["GET", "POST", "DELETE"]


@blueprint.route("/v1/<path:path>", methods=METHODS)
@blueprint.route("/stripe/v1/<path:path>", methods=METHODS)
def answer(path: str) -> Response:
    world: World = current_app.extensions["world"]
    request_id = "req_" + letters(14)
    key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
    extra: dict[str, str] = {}
    try:
        _check_key(world)
        fault = world.faults.hit("stripe", f"{request.method} /v1/{path}")
        stored = _with_idempotency(world, f"/v1/{path}", key, request_id, fault)
        if stored.request != request_id:
            extra = {"Idempotent-Replayed": "true", "Original-Request": stored.request}
        status, body = stored.status, stored.body
    except StripeError as error:
        status, body = error.status, _error_body(world, error, request_id)
    response = jsonify(body)
    response.status_code = status
    headers = {"Request-Id": request_id, "Stripe-Version": request.headers.get("Stripe-Version", API_VERSION)}
    response.headers.update(headers | extra | ({"Idempotency-Key": key} if key else {}))
    return response


@blueprint.get("/v1/files/<key>/contents")
@blueprint.get("/stripe/v1/files/<key>/contents")
def file_contents(key: str) -> Response:
    world: World = current_app.extensions["world"]
    request_id = "req_" + letters(14)
    try:
        _check_key(world)
        data, media_type = files.content(Call.inside(world), key)
    except StripeError as error:
        return jsonify(_error_body(world, error, request_id)), error.status  # type: ignore[return-value]
    return Response(data, content_type=media_type)


def _error_body(world: World, error: StripeError, request_id: str) -> dict[str, Any]:
    return {"error": {"request_log_url": f"{world.base_url}/stripe?request={request_id}"} | error.body}


def _check_key(world: World) -> None:
    """Refuses a missing key, a live key (this is no place for one) and any other than the one set."""
    given = request.authorization
    key = (given.token or "") if given and given.type == "bearer" else (given.username or "") if given else ""
    if not key:
        raise StripeError(
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
            status=401,
        )
    wanted = world.settings.stripe_key
    if (wanted and key != wanted) or not key.startswith(("sk_test_", "rk_test_")):
        raise StripeError(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}", status=401)


def _apply_before(fault: Fault | None) -> None:
    """What a fault does instead of, or before, the work."""
    if fault is None:
        return
    if fault.mode == "error":
        raise StripeError(
            "An unknown error occurred (made on demand by the sandbox).",
            status=fault.status,
            type="api_error",
        )
    if fault.mode == "rate_limit":
        raise StripeError("Too many requests hit the API too quickly.", code="rate_limit", status=429)
    if fault.mode in ("slow", "timeout"):
        time.sleep(fault.seconds)
    if fault.mode == "timeout":
        raise DropConnection


def _pairs() -> list[tuple[str, str]]:
    given = list(request.args.items(multi=True))
    if request.method == "POST":
        given += list(request.form.items(multi=True))
    return given


def _files() -> dict[str, tuple[str, bytes]]:
    """What a multipart request carries; a file must not be sent as a field and the other way round."""
    return {name: (each.filename or "", each.read()) for name, each in request.files.items()}


def _with_idempotency(
    world: World, path: str, key: str | None, request_id: str, fault: Fault | None
) -> idempotency.Stored:
    call = Call(world, Params({}), request_id, key, _files())
    if key is None:
        _apply_before(fault)
        return _after(_work(world, path, call, None), fault)
    prints = [(name, hashlib.sha256(content).hexdigest()) for name, (_, content) in call.files.items()]
    keys, endpoint, print_ = (
        idempotency.Keys(world),
        f"{request.method} {path}",
        idempotency.fingerprint(_pairs() + prints),
    )
    stored = keys.claim(key, endpoint, print_)
    if stored:
        _apply_before(fault)
        return _after(stored, fault)
    try:
        _apply_before(fault)
        return _after(_work(world, path, call, (keys, key, endpoint, print_)), fault)
    finally:
        keys.let_go(key)


def _after(made: idempotency.Stored, fault: Fault | None) -> idempotency.Stored:
    if fault and fault.mode == "lost_answer":
        raise DropConnection
    return made


def _work(
    world: World, path: str, call: Call, keeping: tuple[idempotency.Keys, str, str, str] | None
) -> idempotency.Stored:
    """One transaction: the objects, their events, the answer under its key. A refusal leaves nothing."""
    handler, values = _route(path)
    tree = decode(_pairs())
    with world.store.transaction():
        wanted = Params(tree).texts("expand")
        tree.pop("expand", None)
        call.params = Params(tree)
        try:
            made = idempotency.Stored(200, handler(call, **values), call.request_id or "")
            made.body = expand(world.store, HIDDEN, made.body, wanted)
        except AnswerThenRaise as declined:
            # The failed charge stays, and so does the answer: the same key meets the same decline.
            made = idempotency.Stored(
                declined.status, _error_body(world, declined, call.request_id or ""), call.request_id or ""
            )
        if keeping:
            keys, key, endpoint, print_ = keeping
            keys.keep(key, endpoint, print_, made)
    return made


def _route(path: str) -> tuple[Any, dict[str, Any]]:
    try:
        endpoint, values = ROUTES.bind("").match(path, method=request.method)
    except (NotFound, MethodNotAllowed, RequestRedirect) as error:
        raise StripeError(
            f"Unrecognized request URL ({request.method}: {path}). If you are trying to list objects, remove "
            "the trailing slash. If you are trying to retrieve an object, make sure you passed a valid "
            "(non-empty) identifier in your code. Please see https://stripe.com/docs.",
            status=404,
        ) from error
    return endpoint, dict(values)
