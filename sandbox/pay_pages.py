"""The hosted checkout page, and the bank's question that some cards lead to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.checkout import (
    Form,
    Refused,
    answer_bank,
    find_intent,
    pay,
    remove_saved,
    saved_cards,
    success_url,
)
from sandbox.stripe_api import cards, payment_links
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.world import World

blueprint = Blueprint("pay", __name__)
OWN_CARD = "own"


def _world() -> World:
    world: World = current_app.extensions["world"]
    return world


def _ended(session: dict[str, Any]) -> ResponseReturnValue | None:
    """The page of a session that cannot be paid any more."""
    if session["status"] == "complete":
        back = success_url(session) if session["success_url"] else None
        link = _world().store.get(session["payment_link"] or "")
        words = link and (link["after_completion"].get("hosted_confirmation") or {}).get("custom_message")
        return render_template("pay_ended.html", session=session, paid=True, back=back, words=words)
    if session["status"] == "expired" or session["expires_at"] <= _world().clock.time():
        return render_template("pay_ended.html", session=session, paid=False, back=session["cancel_url"]), 410
    return None


def _page(
    session: dict[str, Any], form: Form, choice: str, error: Refused | None = None
) -> ResponseReturnValue:
    kept = _world().store.private(session["id"])
    page = render_template(
        "pay.html",
        session=session,
        lines=kept.get("line_items", []),
        keeps=session["mode"] == "setup" or kept.get("payment_intent_data", {}).get("setup_future_usage"),
        saved=saved_cards(Call.inside(_world()), session),
        offered=cards.OFFERED,
        form=form,
        choice=choice,
        error=error,
        own=OWN_CARD,
    )
    return page, 402 if error else 200


@blueprint.get("/link/<end>")
def link(end: str) -> ResponseReturnValue:
    """A payment link leads to a checkout of its own."""
    call = Call.inside(_world())
    with call.store.transaction():
        found = payment_links.by_address(call, end)
        if found is None:
            return render_template("pay_ended.html", session=None, paid=False, back=None), 404
        try:
            return redirect(f"/pay/{payment_links.visit(call, found)['id']}", 303)
        except StripeError as error:
            return render_template("pay_closed.html", words=str(error)), 410


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
    saved = saved_cards(Call.inside(_world()), session)
    choice = saved[0]["id"] if saved else cards.OFFERED[0].number
    return _ended(session) or _page(session, form, choice, _authentication_error(session))


def _authentication_error(session: dict[str, Any]) -> Refused | None:
    """Coming back from the bank's page: say what went wrong there."""
    intent = find_intent(Call.inside(_world()), session["payment_intent"] or session["setup_intent"] or "")
    error = _error_of(intent)
    if error and request.args.get("authentication") == "failed":
        return Refused(error["message"], "card", error["code"])
    return None


def _error_of(intent: dict[str, Any] | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = intent and (
        intent.get("last_payment_error") or intent.get("last_setup_error")
    )
    return found


@blueprint.post("/pay/<key>")
def submit(key: str) -> ResponseReturnValue:
    session = _world().store.get(key, "checkout.session")
    if session is None or session["status"] != "open":
        return redirect(f"/pay/{key}", 303)
    choice = request.form.get("card", cards.OFFERED[0].number)
    form = Form(
        email=request.form.get("email", session["customer_email"] or "").strip(),
        name=request.form.get("name", "").strip()[:200],
        save=request.form.get("save") == "yes",
    )
    if choice == OWN_CARD:
        form.number, form.expiry = request.form.get("number", ""), request.form.get("expiry", "")
        form.code = request.form.get("code", "")
    elif choice.startswith("pm_"):
        form.saved = choice
    else:
        form.number = choice
    try:
        return redirect(pay(_world(), key, form).url, 303)
    except Refused as refused:
        now = _world().store.get(key, "checkout.session") or session
        return _ended(now) or _page(now, form, choice, refused)


@blueprint.post("/pay/<key>/cards/<method>/remove")
def remove(key: str, method: str) -> ResponseReturnValue:
    if _world().store.get(key, "checkout.session"):
        remove_saved(_world(), key, method)
    return redirect(f"/pay/{key}", 303)


@blueprint.get("/pay/authenticate/<key>")
def question(key: str) -> ResponseReturnValue:
    intent = find_intent(Call.inside(_world()), key)
    if intent is None:
        return render_template("pay_ended.html", session=None, paid=False, back=None), 404
    if intent["status"] != "requires_action":
        return redirect(_after(key), 303)
    return render_template("pay_authenticate.html", intent=intent)


@blueprint.post("/pay/authenticate/<key>")
def answered(key: str) -> ResponseReturnValue:
    answer_bank(_world(), key, request.form.get("answer") == "complete")
    return redirect(_after(key), 303)


def _after(key: str) -> str:
    """Back to the shop when paid, else to the checkout page, else to the return address of the intent."""
    store = _world().store
    intent, private = find_intent(Call.inside(_world()), key), store.private(key)
    session = store.get(private.get("session") or "", "checkout.session")
    if session and session["status"] == "complete":
        return success_url(session)
    if session:
        return f"/pay/{session['id']}" + ("?authentication=failed" if _error_of(intent) else "")
    return private.get("return_url") or f"/stripe/objects/{key}"
