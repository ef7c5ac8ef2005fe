"""The hosted checkout page, and the bank's question that some cards lead to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.checkout import Form, Refused, answer_bank, pay, success_url
from sandbox.stripe_api import cards
from sandbox.world import World

blueprint = Blueprint("pay", __name__)
OWN_CARD = "own"


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _ended(session: dict[str, Any]) -> ResponseReturnValue | None:
    """The page of a session that cannot be paid any more."""
    if session["status"] == "complete":
        return render_template("pay_ended.html", session=session, paid=True, back=success_url(session))
    if session["status"] == "expired" or session["expires_at"] <= _world().clock.time():
        return render_template("pay_ended.html", session=session, paid=False, back=session["cancel_url"]), 410
    return None


def _page(
    session: dict[str, Any], form: Form, choice: str, error: Refused | None = None
) -> ResponseReturnValue:
    lines = _world().store.private(session["id"]).get("line_items", [])
    page = render_template(
        "pay.html",
        session=session,
        lines=lines,
        offered=cards.OFFERED,
        form=form,
        choice=choice,
        error=error,
        own=OWN_CARD,
    )
    return page, 402 if error else 200


@blueprint.get("/pay/<key>")
def show(key: str) -> ResponseReturnValue:
    session = _world().store.get(key, "checkout.session")
    if session is None:
        return render_template("pay_ended.html", session=None, paid=False, back=None), 404
    typed = _world().store.private(key)
    email = (
        session["customer_email"] or typed.get("email") or (session["customer_details"] or {}).get("email")
    )
    form = Form(email=email or "", name=typed.get("name") or "")
    return _ended(session) or _page(session, form, cards.OFFERED[0].number, _authentication_error(session))


def _authentication_error(session: dict[str, Any]) -> Refused | None:
    """Coming back from the bank's page: say what went wrong there."""
    intent = _world().store.get(session["payment_intent"] or "")
    error = intent and intent["last_payment_error"]
    if error and request.args.get("authentication") == "failed":
        return Refused(error["message"], "card", error["code"])
    return None


@blueprint.post("/pay/<key>")
def submit(key: str) -> ResponseReturnValue:
    session = _world().store.get(key, "checkout.session")
    if session is None or session["status"] != "open":
        return redirect(f"/pay/{key}", 303)
    choice = request.form.get("card", cards.OFFERED[0].number)
    form = Form(
        email=request.form.get("email", session["customer_email"] or "").strip(),
        name=request.form.get("name", "").strip()[:200],
    )
    if choice == OWN_CARD:
        form.number, form.expiry = request.form.get("number", ""), request.form.get("expiry", "")
        form.code = request.form.get("code", "")
    else:
        form.number = choice
    try:
        return redirect(pay(_world(), key, form).url, 303)
    except Refused as refused:
        now = _world().store.get(key, "checkout.session") or session
        return _ended(now) or _page(now, form, choice, refused)


@blueprint.get("/pay/authenticate/<key>")
def question(key: str) -> ResponseReturnValue:
    intent = _world().store.get(key, "payment_intent")
    if intent is None:
        return render_template("pay_ended.html", session=None, paid=False, back=None), 404
    if intent["status"] != "requires_action":
        return redirect(_after(key), 303)
    return render_template("pay_authenticate.html", intent=intent)


@blueprint.post("/pay/authenticate/<key>")
def answered(key: str) -> ResponseReturnValue:
    if _world().store.get(key, "payment_intent"):
        answer_bank(_world(), key, request.form.get("answer") == "complete")
    return redirect(_after(key), 303)


def _after(key: str) -> str:
    """Back to the shop when paid, else to the checkout page, else to the return address of the intent."""
    store = _world().store
    intent, private = store.get(key, "payment_intent"), store.private(key)
    session = store.get(private.get("session") or "", "checkout.session")
    if session and session["status"] == "complete":
        return success_url(session)
    if session:
        failed = bool(intent and intent["last_payment_error"])
        return f"/pay/{session['id']}" + ("?authentication=failed" if failed else "")
    return private.get("return_url") or f"/stripe/objects/{key}"
