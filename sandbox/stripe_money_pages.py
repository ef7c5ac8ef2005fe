"""Stripe's other pages: refunds, disputes, balance, saved cards, links and files, with what banks and people do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.stripe_api import (
    balance_transactions,
    dispute_states,
    files,
    fraud_warnings,
    payment_links,
    payment_methods,
    refund_states,
)
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError
from sandbox.stripe_api.params import Params
from sandbox.world import World

blueprint = Blueprint("stripe_money", __name__, url_prefix="/stripe")
SHOWN = 50
REPORTS = (
    "fraudulent",
    "product_not_received",
    "product_unacceptable",
    "duplicate",
    "inquiry",
    "fraud_warning",
)


def call(**params: Any) -> Call:
    world: World = current_app.extensions["world"]
    return Call(world, Params({name: str(value) for name, value in params.items()}))


def done(page: Callable[[str | None], ResponseReturnValue], work: Callable[[], Any]) -> ResponseReturnValue:
    """Do what a button says and show the page again; a refusal stands on it."""
    try:
        with call().store.transaction():
            work()
    except StripeError as error:
        return page(str(error))
    return redirect(f"/stripe/{page.__name__}", 303)


def shown(template: str, error: str | None, **values: Any) -> ResponseReturnValue:
    return render_template(template, error=error, **values), 422 if error else 200


@blueprint.get("/refunds")
def refunds(error: str | None = None) -> ResponseReturnValue:
    store = call().store
    return shown(
        "stripe_refunds.html",
        error,
        refunds=store.all("refund", SHOWN),
        follows=refund_states.FOLLOWS,
        reasons=refund_states.FAILURES,
        begin=store.note(refund_states.BEGIN_NOTE),
    )


@blueprint.post("/refunds/begin")
def refunds_begin() -> ResponseReturnValue:
    status = request.form.get("status") or None
    if status in (None, "pending", "requires_action", "succeeded"):
        call().store.set_note(refund_states.BEGIN_NOTE, status)
    return redirect("/stripe/refunds", 303)


@blueprint.post("/refunds/<key>")
def move_refund(key: str) -> ResponseReturnValue:
    status = request.form.get("status", "")
    reason = request.form.get("reason") or None if status == "failed" else None
    return done(refunds, lambda: refund_states.move(call(), key, status, reason))


@blueprint.get("/disputes")
def disputes(error: str | None = None) -> ResponseReturnValue:
    store = call().store
    found = store.all("dispute", SHOWN)
    return shown(
        "stripe_disputes.html",
        error,
        disputes=[each for each in found if not each["status"].startswith("warning")],
        inquiries=[each for each in found if each["status"].startswith("warning")],
        warnings=store.all(fraud_warnings.KIND, SHOWN),
        files=store.all("file", SHOWN),
        open=dispute_states.DISPUTE,
        asking=dispute_states.INQUIRY,
        fee_returned=store.note(dispute_states.FEE_NOTE, False),
    )


@blueprint.post("/disputes/fee")
def dispute_fee() -> ResponseReturnValue:
    call().store.set_note(dispute_states.FEE_NOTE, request.form.get("returned") == "yes")
    return redirect("/stripe/disputes", 303)


@blueprint.post("/disputes/<key>")
def decide(key: str) -> ResponseReturnValue:
    """The bank closes a dispute or an inquiry, or makes a dispute of an inquiry."""
    outcome = request.form.get("outcome", "")

    def work() -> None:
        dispute = call().get("dispute", key)
        if outcome == "escalated":
            dispute_states.escalate(call(), dispute)
        else:
            dispute_states.close_as(call(), dispute, outcome)

    return done(disputes, work)


@blueprint.post("/charges/<key>/report")
def report(key: str) -> ResponseReturnValue:
    """The cardholder goes to the bank: a dispute for a reason, an inquiry, or an early warning."""
    what = request.form.get("what", "fraudulent")

    def work() -> None:
        charge = call().get("charge", key)
        if what == "fraud_warning":
            fraud_warnings.warn(call(), charge)
        else:
            reason = "general" if what == "inquiry" else what
            dispute_states.open_for(call(), charge, reason, None, what == "inquiry")

    return done(disputes, work)


@blueprint.get("/balance")
def balance() -> ResponseReturnValue:
    store = call().store
    sums = store.rows(
        "SELECT json_extract(body, '$.currency') AS currency, count(*) AS n, "
        "sum(json_extract(body, '$.amount')) AS amount, sum(json_extract(body, '$.fee')) AS fee, "
        "sum(json_extract(body, '$.net')) AS net FROM objects WHERE kind = 'balance_transaction' GROUP BY 1"
    )
    return shown(
        "stripe_balance.html",
        None,
        balance=balance_transactions.balance(call()),
        sums=sums,
        transactions=store.all("balance_transaction", SHOWN),
    )


@blueprint.get("/cards")
def cards(error: str | None = None) -> ResponseReturnValue:
    store = call().store
    customers = {each["id"]: each for each in store.all("customer")}
    kept = [each for each in store.all("payment_method") if each["customer"]][:SHOWN]
    return shown(
        "stripe_cards.html",
        error,
        cards=[each | {"set_up": store.private(each["id"]).get("set_up")} for each in kept],
        customers=customers,
        setups=store.all("setup_intent", SHOWN),
    )


@blueprint.post("/cards/<key>/detach")
def detach(key: str) -> ResponseReturnValue:
    return done(cards, lambda: payment_methods.detach(call(), key))


@blueprint.get("/links")
def links(error: str | None = None) -> ResponseReturnValue:
    store = call().store
    found = [
        each | {"lines": store.private(each["id"])["line_items"]} for each in store.all("payment_link", SHOWN)
    ]
    return shown("stripe_links.html", error, links=found)


@blueprint.post("/links/<key>")
def change_link(key: str) -> ResponseReturnValue:
    active = request.form.get("active") == "true"
    return done(links, lambda: payment_links.update(call(active=str(active).lower()), key))


@blueprint.get("/files/<key>")
def file(key: str) -> ResponseReturnValue:
    """What was uploaded. Shown as a download: the sandbox's pages frame nothing that others made."""
    try:
        content, media_type = files.content(call(), key)
    except StripeError:
        abort(404, "There is no such file.")
    response = Response(content, content_type=media_type)
    name = call().get("file", key)["filename"]
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
