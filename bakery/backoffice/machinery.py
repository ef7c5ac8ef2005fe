"""/admin/jobs, /admin/alerts, /admin/audit: is everything running, and who changed what."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, abort, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.job_words import job_subject, job_words
from bakery.backoffice.styleguide import samples
from bakery.custom_cakes.queue_queries import find_requests
from bakery.infra import htmx, job_queries, outbox
from bakery.infra.db import db
from bakery.messages import queries as messages
from bakery.messages.services import settle_alert
from bakery.orders.staff_queries import find_orders, numbers_by_ref
from bakery.payments.dispute_queries import orders_of_disputes
from bakery.people.audit_queries import PAGE_SIZE, list_entries
from bakery.people.rights import Right, has_right
from bakery.people.services import record_change
from bakery.upkeep.product_list import find_products

blueprint = init_frame(Blueprint("machinery", __name__, url_prefix="/admin"))


@blueprint.get("/jobs")
def jobs() -> ResponseReturnValue:
    """Queues, periodic jobs, failures and what is owed."""
    session = db.session()
    return htmx.render(
        "backoffice/jobs/index.html",
        fragment="backoffice/jobs/_state.html",
        queues=job_queries.queue_states(),
        failed=job_queries.failed_jobs(),
        counts=outbox.counts(session),
        troubled=job_queries.list_troubled(session),
        runs=job_queries.list_runs(session),
        words=job_words,
        subject=job_subject,
    )


@blueprint.post("/jobs/<job_id>/retry")
def retry_job(job_id: str) -> ResponseReturnValue:
    """Put one failed job back on its queue."""
    if not job_queries.retry_failed(job_id):
        abort(404)
    record_change(actor(), "retried a job", "job", job_id)
    flash("The job is back on its queue.", "success")
    return htmx.see_other("/admin/jobs")


@blueprint.post("/outbox/<int:row_id>/retry")
def retry_owed(row_id: int) -> ResponseReturnValue:
    """Give a given-up effect a fresh set of attempts."""
    if not outbox.revive(row_id):
        abort(404)
    record_change(actor(), "retried an owed effect", "outbox", row_id)
    flash("It is being tried again.", "success")
    return htmx.see_other("/admin/jobs")


@blueprint.get("/alerts")
def alerts() -> ResponseReturnValue:
    """What a person has to look at."""
    alerts = messages.open_alerts(db.session())
    refs = [alert.subject_ref for alert in alerts if alert.subject_ref]
    numbers = numbers_by_ref(db.session(), refs)
    answers_them = has_right(current_user.role, Right.MANAGE_DISPUTES)
    disputes = orders_of_disputes(db.session(), refs) if answers_them else {}
    return render_template("backoffice/alerts/index.html", alerts=alerts, numbers=numbers, disputes=disputes)


@blueprint.post("/alerts/<int:alert_id>/resolution")
def resolve(alert_id: int) -> ResponseReturnValue:
    """Settle an alert."""
    settle_alert(alert_id, current_user.id)
    record_change(actor(), "settled an alert", "alert", alert_id)
    flash("Settled.", "success")
    return htmx.see_other("/admin/alerts")


@blueprint.get("/audit")
def audit() -> ResponseReturnValue:
    """Everything staff changed, newest first."""
    page = request.args.get("page", "1")
    number = int(page) if page.isdecimal() and 0 < int(page) < 100_000 else 1
    q = request.args.get("q", "").strip()[:100]
    entries, total = list_entries(db.session(), q, number)
    return htmx.render(
        "backoffice/audit/index.html",
        fragment="backoffice/audit/_results.html",
        entries=entries,
        total=total,
        q=q,
        page=number,
        pages=max(1, ceil(total / PAGE_SIZE)),
    )


@blueprint.get("/palette")
def palette() -> ResponseReturnValue:
    """Rows for the command palette: orders, requests and products that fit. (The places are in the page.)"""
    q = request.args.get("q", "").strip()[:60]
    personal = has_right(current_user.role, Right.SEE_PERSONAL_DATA)
    found = find_orders(db.session(), q, personal=personal) if len(q) >= 2 else []
    decides = has_right(current_user.role, Right.APPROVE_CAKES)
    cakes = find_requests(db.session(), q, limit=4) if decides and len(q) >= 2 else []
    keeps = has_right(current_user.role, Right.MANAGE_PRODUCTS)
    products = find_products(db.session(), q, limit=4) if keeps and len(q) >= 2 else []
    return render_template(
        "backoffice/_palette.html", orders=found, cakes=cakes, products=products, personal=personal
    )


@blueprint.get("/styleguide")
def styleguide() -> ResponseReturnValue:
    """Every component in every state."""
    return render_template("backoffice/styleguide.html", **samples())
