"""/admin/insights/reconciliation: do ledger, orders and Stripe agree, and what to do where they do not."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any

from flask import (
    Blueprint,
    flash,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue

from bakery.backoffice.books_words import sum_lines
from bakery.backoffice.csv_files import csv_file
from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.list_address import list_address
from bakery.core.errors import DomainError, Invalid
from bakery.core.states import find_state
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.payments.books import differences, mending, queries, runs
from bakery.payments.books.kinds import FIX_WORDS, MEANINGS, DifferenceKind, Fix
from bakery.payments.books.models import OPEN_BOOKS_RUN, DifferenceState

blueprint = init_frame(Blueprint("books", __name__, url_prefix="/admin/insights"))
HOME = "/admin/insights/reconciliation"
_S = DifferenceState
TABS = {_S.OPEN: "Open", _S.FIXED: "Fixed", _S.EXPLAINED: "Explained"}
HEADINGS = (
    "found_utc", "kind", "subject", "order", "stripe", "expected", "found", "currency", "words", "state",
    "times", "settled_utc", "by", "note",
)  # fmt: skip


@blueprint.get("")
def home() -> ResponseReturnValue:
    """The books are what there is to see so far."""
    return redirect(HOME, code=303)


@blueprint.get("/reconciliation")
def index() -> ResponseReturnValue:
    """The last proof, its sums side by side, and what differs."""
    return _page()


@blueprint.get("/reconciliation/progress")
def progress() -> ResponseReturnValue:
    """How far the proof is, for the page that asks every two seconds; once it is over, the page loads again."""
    if not htmx.wants_fragment():
        return redirect(HOME, code=303)
    run = queries.latest_run(db.session())
    page = render_template("backoffice/books/_run.html", run=run, **_run_words())
    response = make_response(page)
    if run is None or run.state not in OPEN_BOOKS_RUN:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.post("/reconciliation/runs")
def prove() -> ResponseReturnValue:
    """Ask for a proof, of everything or of some days. Refused while one is open (409)."""
    try:
        runs.ask(actor(), _day("from"), _day("to"))
    except DomainError as error:
        return _page(problem=error.message, status=error.status)
    flash("The books are being proved. You can leave this page.", "success")
    return htmx.see_other(HOME)


@blueprint.post("/reconciliation/differences/<int:difference_id>/fix")
def fix(difference_id: int) -> ResponseReturnValue:
    """Do what is proposed for one difference."""
    try:
        done = mending.fix(difference_id, adapters().gateway, actor())
    except DomainError as error:
        return _page(problem=error.message, status=error.status)
    flash(done, "success")
    return htmx.see_other(HOME)


@blueprint.post("/reconciliation/differences/<int:difference_id>/explanation")
def explain(difference_id: int) -> ResponseReturnValue:
    """Keep why one difference may stay."""
    reason = request.form.get("reason", "")
    try:
        differences.explain(difference_id, reason, actor())
    except Invalid as error:
        return _page(typed={difference_id: (reason[:500], error.message)}, status=error.status)
    except DomainError as error:
        return _page(problem=error.message, status=error.status)
    flash("The explanation is kept.", "success")
    return htmx.see_other(HOME)


@blueprint.get("/reconciliation.csv")
def export() -> ResponseReturnValue:
    """Every difference as a file, or those of one state, sent while it is read."""
    state = find_state(DifferenceState, request.args.get("state", ""))
    return csv_file("books.csv", HEADINGS, map(_row, queries.export_differences(db.session(), state)))


def _page(
    *, problem: str = "", status: int = 200, typed: dict[int, tuple[str, str]] | None = None
) -> ResponseReturnValue:
    """The whole page; `typed`: an explanation that was refused, by its difference, with why."""
    session = db.session()
    session.rollback()
    state = find_state(DifferenceState, request.args.get("state", "")) or DifferenceState.OPEN
    number = request.args.get("page", "")
    at = int(number) if number.isascii() and number.isdigit() and 0 < len(number) < 6 else 1
    found = queries.list_differences(session, state, max(1, at))
    proof = queries.last_proof(session)
    counts = queries.count_by_state(session)
    lines = sum_lines(proof.sums) if proof else []
    page = render_template(
        "backoffice/books/index.html",
        run=queries.latest_run(session),
        proof=proof,
        lines=lines,
        # What is younger than an hour waits for the next proof; it may be all there is.
        compared=any(line.stripe is not None for line in lines),
        runs=queries.list_runs(session),
        found=found,
        state=state,
        page=at,
        pages=max(1, ceil(found.total / queries.PAGE_SIZE)),
        address=lambda n: list_address(HOME, {"state": state.value}, {"page": n}),
        tabs=[(text, f"{HOME}?state={name}", counts[name]) for name, text in TABS.items()],
        counts=counts,
        problem=problem,
        typed=typed or {},
        days={"from": request.form.get("from", ""), "to": request.form.get("to", "")},
        **_run_words(),
    )
    return page, status


def _run_words() -> dict[str, Any]:
    return {
        "open_states": OPEN_BOOKS_RUN,
        "is_silent": runs.is_silent,
        "meaning": lambda kind: MEANINGS[DifferenceKind(kind)],
        "fix_words": lambda name: FIX_WORDS[Fix(name)],
        "EXPLAIN": Fix.EXPLAIN,
    }


def _day(name: str) -> date | None:
    text = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("Write the day as a date, such as 2026-11-28.", field=name) from None


def _row(shown: queries.Shown) -> list[object]:
    row = shown.difference
    return [
        row.found_at.isoformat(), row.kind, row.subject, shown.number or "", row.stripe_id or "",
        _amount(row.expected_cents), _amount(row.found_cents), row.currency, row.words, row.state, row.times,
        row.ended_at.isoformat() if row.ended_at else "", row.actor_label, row.note,
    ]  # fmt: skip


def _amount(cents: int | None) -> object:
    return "" if cents is None else Decimal(cents).scaleb(-2)
