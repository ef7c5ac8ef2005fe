"""/admin/models: how well the price model does, its versions, and letting it learn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from bakery.backoffice import model_charts as charts
from bakery.backoffice.frame import actor, init_frame
from bakery.core import clock
from bakery.forecasting import learning_queries as queries
from bakery.forecasting import learning_report as report
from bakery.forecasting import learning_runs, swaps
from bakery.forecasting.learning_report import DecidedCake
from bakery.forecasting.states import OPEN_RUNS, VersionState
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("models_page", __name__, url_prefix="/admin/models"))
HOME = "/admin/models"
# Cakes of today, for drift; and for the figures at the head of the page.
LATELY, RECENT = timedelta(days=180), timedelta(days=90)


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Errors over time and by size, where it asks too much or too little, its range, drift, versions, trainings."""
    session = db.session()
    zone = get_profile(session).time_zone
    cakes = queries.decided_cakes(session, zone)
    versions = queries.list_versions(session)
    runs = queries.list_runs(session)
    by = "week" if request.args.get("by") == "week" else "month"
    return render_template(
        "backoffice/models/index.html",
        by=by,
        cakes=cakes,
        versions=versions,
        serving=next((each for each in versions if each.state == VersionState.SERVING), None),
        served=report.by_model(cakes),
        runs=runs,
        run=runs[0] if runs else None,
        open_states=OPEN_RUNS,
        is_silent=learning_runs.is_silent,
        **_figures(cakes, by),
        **_drift(versions, cakes),
    )


@blueprint.get("/retraining")
def retraining() -> ResponseReturnValue:
    """How far the training is, for the page that asks every two seconds; once it is over, the page loads again."""
    if not htmx.wants_fragment():
        return redirect(HOME, code=303)
    run = queries.latest_run(db.session())
    page = render_template(
        "backoffice/models/_retraining.html",
        run=run,
        open_states=OPEN_RUNS,
        is_silent=learning_runs.is_silent,
    )
    response = make_response(page)
    if run is None or run.state not in OPEN_RUNS:
        response.headers["HX-Refresh"] = "true"
    return response


@blueprint.post("/retraining")
def retrain() -> ResponseReturnValue:
    """Ask for a training. Refused while one is open (409)."""
    learning_runs.ask(actor())
    flash("The price model is being trained. You can leave this page.", "success")
    return htmx.see_other(HOME)


@blueprint.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    """The card of one version: what it was made of, how well it did, what became of it."""
    version, events = queries.find_version(db.session(), name)
    versions = queries.list_versions(db.session())
    serving = next((each for each in versions if each.state == VersionState.SERVING), None)
    return render_template(
        "backoffice/models/show.html", version=version, events=events, serving=serving, titles=report.TITLES
    )


@blueprint.post("/<name>/service")
def serve(name: str) -> ResponseReturnValue:
    """Put a version into service instead of the one the page showed: a roll-back, or a better one by hand."""
    swaps.put_into_service(name, actor(), instead_of=request.form.get("instead_of", ""))
    flash(f"Version {name} prices custom cakes from now on.", "success")
    return htmx.see_other(HOME)


def _figures(cakes: list[DecidedCake], by: str) -> dict[str, Any]:
    periods = report.by_week(cakes) if by == "week" else report.by_month(cakes)
    since = (clock.now() - RECENT).date()
    recent = [cake for cake in cakes if cake.decided_on >= since]
    over, under = report.patterns(cakes)
    return {
        "recent": report.group("", recent) if recent else None,
        "recent_coverage": report.coverage(recent),
        "coverage": report.coverage(cakes),
        "periods": list(
            zip(
                periods[-charts.COLUMNS :],
                charts.error_columns(periods, by),
                charts.coverage_columns(periods, by),
                strict=True,
            )
        ),
        "band": charts.promised_band(),
        "sizes": charts.bars(report.by_size(cakes)),
        "leanings": charts.leaning_bars([*over, *reversed(under)]),
    }


def _drift(versions: list[queries.VersionView], cakes: list[DecidedCake]) -> dict[str, Any]:
    since = (clock.now() - LATELY).date()
    lately = [cake for cake in cakes if cake.decided_on >= since]
    serving = next((each for each in versions if each.state == VersionState.SERVING), None)
    found = report.drifts(serving.manifest, lately) if serving else []
    return {
        "lately": len(lately),
        "drifts": [(each, charts.share_bars(each.drift.then), charts.share_bars(each.drift.now)) for each in found],
    }  # fmt: skip
