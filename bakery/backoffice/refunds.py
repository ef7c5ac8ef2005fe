"""/admin/refunds: the list, its CSV, one refund with all that happened to it, and what people do about it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import ceil
from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Row

from bakery.backoffice.csv_files import csv_file
from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.refund_filters import SOURCES, VIEWS, read_refund_query
from bakery.backoffice.refund_page import refund_page
from bakery.core.errors import Conflict, DomainError, NotFound
from bakery.core.states import find_state
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.payments import credit_notes, refund_queries, services
from bakery.payments.refund_list import PAGE_SIZE, count_by_view, export_refunds, list_refunds
from bakery.payments.refund_states import RefundState, Tender
from bakery.payments.services import refund_requests
from bakery.people.rights import Right, has_right
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("refunds", __name__, url_prefix="/admin"))
HEADINGS = (
    "refund", "order", "state", "origin", "kind", "asked_utc", "asked_by", "approved_by", "second", "ended_utc",
    "name", "reason", "amount", "tax", "currency", "credit_note",
)  # fmt: skip


@blueprint.get("/refunds")
def index() -> ResponseReturnValue:
    """The list, or only its results for htmx."""
    session = db.session()
    personal = _sees_people()
    query = read_refund_query(request.args, get_profile(session).time_zone, personal=personal)
    found = list_refunds(session, query.filters, query.page)
    return htmx.render(
        "backoffice/refunds/index.html",
        fragment="backoffice/refunds/_results.html",
        query=query,
        views=VIEWS,
        sources=SOURCES,
        counts=count_by_view(session),
        found=found,
        pages=max(1, ceil(found.total / PAGE_SIZE)),
        personal=personal,
        currency=get_profile(session).currency,
    )


@blueprint.get("/refunds.csv")
def export() -> ResponseReturnValue:
    """The same filters as a file, one row a refund, sent while it is read."""
    session = db.session()
    personal = _sees_people()
    query = read_refund_query(request.args, get_profile(session).time_zone, personal=personal)
    rows = (_row(row, personal) for row in export_refunds(session, query.filters))
    return csv_file("refunds.csv", HEADINGS, rows)


@blueprint.get("/refunds/<int:request_id>")
def show(request_id: int) -> ResponseReturnValue:
    """One refund with everything that happened to it."""
    return refund_page(request_id)


@blueprint.get("/refunds/<int:request_id>/credit-note.pdf")
def credit_note(request_id: int) -> ResponseReturnValue:
    """Its credit note as it was issued. Not found until there is one."""
    found = refund_queries.get_request(db.session(), request_id)
    note = refund_queries.credit_notes_of(db.session(), found.order_id).get(request_id)
    if note is None:
        raise NotFound("There is no credit note for this refund yet.")
    order_id, label = note.order_id, note.label
    end_read()
    pdf = credit_notes.get_pdf(order_id, label, adapters().files)
    response = Response(pdf.data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="credit-note-{pdf.name}"'
    return response


@blueprint.post("/refunds/<int:request_id>/approval")
@limiter.limit("60 per minute")
def approve(request_id: int) -> ResponseReturnValue:
    """Agree to it, as the page showed it."""
    seen = request.form.get("seen", "")[:64]

    def act() -> str:
        if not seen:
            raise Conflict("Nothing was done. Look at it once more, and approve what the page shows.")
        asked = refund_requests.approve(request_id, actor(), seen)
        if asked.awaits_second:
            return "Approved by you. A second person has to agree before it goes."
        return "Approved. It is on its way."

    return _do(request_id, act)


@blueprint.post("/refunds/<int:request_id>/rejection")
@limiter.limit("60 per minute")
def reject(request_id: int) -> ResponseReturnValue:
    """Decline it, and say why."""

    def act() -> str:
        refund_requests.reject(request_id, actor(), request.form.get("answer", ""))
        return "Declined."

    return _do(request_id, act)


@blueprint.post("/refunds/<int:request_id>/end")
@limiter.limit("60 per minute")
def leave(request_id: int) -> ResponseReturnValue:
    """Leave one that failed at what has gone back."""

    def act() -> str:
        services.leave_it(request_id, actor(), request.form.get("answer", ""), adapters().gateway)
        return "Left at what has gone back."

    return _do(request_id, act)


@blueprint.post("/refunds/<int:request_id>/parts/<int:part_id>/retry")
@limiter.limit("60 per minute")
def retry(request_id: int, part_id: int) -> ResponseReturnValue:
    """Send a part that failed once more, to the same card."""

    def act() -> str:
        services.retry_part(part_id, actor(), adapters().gateway)
        return "It is sent again."

    return _do(request_id, act, part_id)


@blueprint.post("/refunds/<int:request_id>/parts/<int:part_id>/otherwise")
@limiter.limit("60 per minute")
def otherwise(request_id: int, part_id: int) -> ResponseReturnValue:
    """Give a part that failed another way."""
    tender = find_state(Tender, request.form.get("tender", "")) or Tender.STRIPE

    def act() -> str:
        services.give_otherwise(part_id, actor(), tender, request.form.get("why", ""), adapters().gateway)
        return "Noted. Confirm it here once it is given."

    return _do(request_id, act, part_id)


@blueprint.post("/refunds/<int:request_id>/parts/<int:part_id>/given")
@limiter.limit("60 per minute")
def given(request_id: int, part_id: int) -> ResponseReturnValue:
    """Confirm that a part was given by hand."""

    def act() -> str:
        services.hand_over(part_id, actor(), request.form.get("note", ""))
        return "Noted as given."

    return _do(request_id, act, part_id)


@blueprint.post("/refunds/<int:request_id>/parts/<int:part_id>/not-given")
@limiter.limit("60 per minute")
def not_given(request_id: int, part_id: int) -> ResponseReturnValue:
    """Say that a part is not given by hand."""

    def act() -> str:
        services.not_given(part_id, actor(), request.form.get("not_given", ""))
        return "Noted as not given. Choose what happens now."

    return _do(request_id, act, part_id)


@blueprint.post("/refunds/<int:request_id>/parts/<int:part_id>/recall")
@limiter.limit("60 per minute")
def recall(request_id: int, part_id: int) -> ResponseReturnValue:
    """Call back a part that waits for its customer."""

    def act() -> str:
        services.call_back(part_id, actor(), adapters().gateway)
        return "Called back."

    return _do(request_id, act, part_id)


def _do(request_id: int, act: Callable[[], str], part_id: int | None = None) -> ResponseReturnValue:
    """Do it and come back to the page; what cannot be is said there, with what was typed."""
    found = refund_queries.get_request(db.session(), request_id)
    if part_id is not None and part_id not in [part.id for part in found.parts]:
        # A part is seen to on its own refund's page only.
        raise NotFound("There is no such refund.")
    end_read()
    try:
        flash(act(), "success")
    except DomainError as error:
        return refund_page(request_id, problem=error.message, status=error.status)
    return htmx.see_other(f"/admin/refunds/{request_id}")


def _row(row: Row[Any], personal: bool) -> list[object]:
    found = row.RefundRequest
    gone = found.state == RefundState.SUCCEEDED
    return [
        found.id, row.order_number, found.state, found.source, found.kind, found.asked_at.isoformat(),
        found.asked_by, found.first_by, found.second_by,
        found.ended_at.isoformat() if gone and found.ended_at else "",
        row.contact_name if personal else "", found.reason,
        Decimal(found.amount_cents).scaleb(-2), Decimal(found.tax_cents).scaleb(-2), found.currency,
        f"{row.series}-{row.note_number:06d}" if row.note_number else "",
    ]  # fmt: skip


def _sees_people() -> bool:
    return has_right(current_user.role, Right.SEE_PERSONAL_DATA)
