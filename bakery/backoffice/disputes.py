"""/admin/disputes: the list, one dispute with its evidence, and what staff decide about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from math import ceil

from flask import Blueprint, Response, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.aftercare import answers, evidence, pack_reading
from bakery.aftercare.answers import Seen
from bakery.aftercare.fields import draft_texts, fields_for
from bakery.aftercare.models import AnswerState
from bakery.aftercare.pack_facts import compose
from bakery.aftercare.sealing import digest_of
from bakery.backoffice.dispute_filters import KINDS, VIEWS, left, read_list_query, reason_choices
from bakery.backoffice.frame import actor, init_frame
from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import DomainError, Forbidden, Invalid
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.payments import dispute_queries as queries
from bakery.payments.dispute_words import fraud_words, reason_words
from bakery.people.rights import Right, has_right
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("disputes", __name__, url_prefix="/admin/disputes"))
_TICK = "Tick the box first: nothing goes to Stripe that nobody has read."
_TELLING = "Stripe is being told. You will see here when it is done."
_REFUNDING = "Its refund is opened, under Refunds; above the limit a second person has to agree there first."
_TICK_ACCEPT = "Tick the box first: this cannot be taken back."


@blueprint.get("")
def index() -> ResponseReturnValue:
    """The list, or only its results for htmx."""
    session = db.session()
    query = read_list_query(request.args)
    found = queries.list_disputes(session, query.filters, query.page)
    return htmx.render(
        "backoffice/disputes/index.html",
        fragment="backoffice/disputes/_results.html",
        query=query,
        views=VIEWS,
        kinds=KINDS,
        reasons=reason_choices(list(queries.reasons(session))),
        counts=queries.count_by_state(session),
        warnings=queries.open_warnings(session),
        rows=found.rows,
        total=found.total,
        pages=max(1, ceil(found.total / queries.PAGE_SIZE)),
        zone=get_profile(session).time_zone,
        left=lambda due: left(due, clock.now()),
        reason_words=reason_words,
        fraud_words=fraud_words,
    )


@blueprint.get("/<int:dispute_id>")
def show(dispute_id: int) -> ResponseReturnValue:
    """One dispute: what it is, what to do about it and by when."""
    return _page(dispute_id)


@blueprint.get("/<int:dispute_id>/evidence.pdf")
def file(dispute_id: int) -> ResponseReturnValue:
    """The file for the bank: what went out, else what would go out now."""
    pdf = pack_reading.read_file(dispute_id, adapters().files)
    response = Response(pdf.data, mimetype="application/pdf")
    way = "attachment" if "download" in request.args else "inline"
    response.headers["Content-Disposition"] = f'{way}; filename="{pdf.name}"'
    return response


@blueprint.post("/<int:dispute_id>/answer")
def answer(dispute_id: int) -> ResponseReturnValue:
    """Keep what was written, or send it: the same form, so that nothing typed is lost."""
    if request.form.get("do") != "send":
        return _do(dispute_id, answers.save_texts, "Kept. Nothing has gone out yet.")
    if request.form.get("read") != "y":
        return _page(dispute_id, Invalid(_TICK, field="read"), typed=request.form)
    return _do(dispute_id, answers.send, "It is on its way to Stripe. You will see here when it has arrived.")


@blueprint.post("/<int:dispute_id>/acceptance")
def accept(dispute_id: int) -> ResponseReturnValue:
    """Give in. An inquiry is settled by a refund, which needs the right to make one."""
    dispute, _ = queries.get_dispute(db.session(), dispute_id)
    if dispute.is_inquiry and not has_right(current_user.role, Right.REFUND):
        raise Forbidden("Accepting an inquiry refunds the payment, and your account may not refund.")
    if request.form.get("sure") != "y":
        return _page(dispute_id, Invalid(_TICK_ACCEPT, field="sure"))
    return _do(dispute_id, answers.accept, _REFUNDING if dispute.is_inquiry else _TELLING)


@blueprint.post("/<int:dispute_id>/records")
def gather(dispute_id: int) -> ResponseReturnValue:
    """Write down what has become known since the last record."""
    end_read()
    news = evidence.store_for_dispute(dispute_id, adapters().files)
    flash("The evidence is up to date." if news else "Nothing new is known.", "success")
    return htmx.see_other(f"/admin/disputes/{dispute_id}")


def _do(dispute_id: int, decide: Callable[[Seen, Actor], None], said: str) -> ResponseReturnValue:
    try:
        decide(_seen(dispute_id), actor())
    except DomainError as error:
        if error.status not in (409, 422):
            raise
        return _page(dispute_id, error, typed=request.form)
    flash(said, "success")
    return htmx.see_other(f"/admin/disputes/{dispute_id}")


def _seen(dispute_id: int) -> Seen:
    version = request.form.get("version", "")
    return Seen(
        dispute_id=dispute_id,
        version=int(version) if version.isdecimal() and len(version) < 9 else -1,
        texts=request.form.to_dict(),
        pack_hash=request.form.get("pack", ""),
    )


def _page(
    dispute_id: int, error: DomainError | None = None, typed: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    session = db.session()
    session.rollback()
    dispute, order = queries.get_dispute(session, dispute_id)
    current = answers.current(session, dispute)
    pack = compose(session, dispute)
    # What was accepted was never sent.
    sent = current is not None and current.state in (AnswerState.SENDING, AnswerState.SENT)
    if sent and current and current.pack:
        pack = current.pack
    kept = dict(current.texts) if current and current.texts else (draft_texts(pack) if pack else {})
    page = render_template(
        "backoffice/disputes/show.html",
        dispute=dispute,
        order=order,
        answer=current,
        sent=sent,
        recorded=[
            (record["kind"], datetime.fromisoformat(record["at"]), record["whole"])
            for record in pack["records"]
        ]
        if pack
        else [],
        closed=answers.why_closed(dispute, current, order.time_zone),
        pack=pack,
        pack_hash=digest_of(pack) if pack else "",
        version=current.version if current else 0,
        fields=fields_for(dispute.reason),
        texts=kept | {name: text for name, text in (typed or {}).items() if name in kept},
        events=queries.history(session, dispute.id),
        reason=reason_words(dispute.reason),
        left=left(dispute.due_by, clock.now()),
        error=error,
        personal=has_right(current_user.role, Right.SEE_PERSONAL_DATA),
    )
    return page, error.status if error else 200
