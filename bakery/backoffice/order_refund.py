"""/admin/orders/<number>/refund: what to give back, what that would do to the cent, and doing it."""

from __future__ import annotations

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.refund_form import KINDS, RefundForm, read_form, read_json, simulation_json
from bakery.core.errors import DomainError
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.orders import staff_queries
from bakery.payments import refund_queries
from bakery.payments.dispute_models import Dispute
from bakery.payments.dispute_queries import disputes_of
from bakery.payments.refund_simulation import Choice, Simulation, simulate
from bakery.payments.refund_standing import read_standing
from bakery.payments.refund_states import RefundState
from bakery.payments.refund_words import WAYS
from bakery.payments.services import refund_requests
from bakery.payments.services.refund_requests import FROZEN, Ask, Asked, Changed
from bakery.people.rights import Right, has_right

blueprint = init_frame(Blueprint("order_refund", __name__, url_prefix="/admin/orders"))


@blueprint.get("/<number>/refund")
def show(number: str) -> ResponseReturnValue:
    """The form, with nothing chosen yet."""
    return _page(number, RefundForm())


@blueprint.post("/<number>/refund")
@limiter.limit("60 per minute")
def give(number: str) -> ResponseReturnValue:
    """Show what it would do (`preview`), or ask for it; who may decide has decided with it. JSON where it is asked."""
    if htmx.wants_json():
        return _by_machine(number)
    form = read_form(request.form)
    order = staff_queries.get_order(db.session(), number)
    if request.form.get("preview") or not form.seen:
        # Nobody gives back what no page has shown them.
        return _page(number, form, preview=True)
    try:
        asked = _ask(order.id, form, form.choice(order.currency))
    except Changed as changed:
        return _page(number, form, problem=changed.message, status=409)
    except DomainError as error:
        return _refused(number, form, error)
    flash(_words(asked), "success")
    return htmx.see_other(f"/admin/refunds/{asked.id}")


def _by_machine(number: str) -> ResponseReturnValue:
    """Amounts in cents. A `fingerprint` that is not what it would do now is 409, with what is."""
    session = db.session()
    order = staff_queries.get_order(session, number)
    body = request.get_json(silent=True) if request.is_json else None
    form, choice = read_json(body, order.currency)
    if isinstance(body, dict) and body.get("preview"):
        return jsonify({"simulation": simulation_json(simulate(read_standing(session, order), choice))})
    number = order.number
    try:
        asked = _ask(order.id, form, choice)
    except Changed as changed:
        error = {"message": changed.message, "field": None}
        return jsonify({"error": error, "simulation": simulation_json(changed.now)}), changed.status
    found = refund_queries.get_request(db.session(), asked.id)
    answer = {
        "id": asked.id,
        "order": number,
        "state": asked.state,
        "awaits_second": asked.awaits_second,
        "amount": found.amount_cents,
        "tax": found.tax_cents,
        "currency": found.currency,
        "url": f"/admin/refunds/{asked.id}",
    }
    return jsonify({"refund": answer}), 200 if asked.again else 201


def _ask(order_id: int, form: RefundForm, choice: Choice) -> Asked:
    db.session().rollback()
    return refund_requests.ask(
        Ask(
            order_id=order_id,
            choice=choice,
            reason=form.reason,
            key=form.key,
            actor=actor(),
            seen=form.seen,
            approve=_may_decide(),
        )
    )


def _refused(number: str, form: RefundForm, error: DomainError) -> ResponseReturnValue:
    """Whatever cannot be is said beside its field, with all that was typed."""
    known = ("kind", "lines", "amount", "reason")
    if error.field in known or (error.field or "").startswith("line-"):
        form.errors[str(error.field)] = error.message
        return _page(number, form, preview=True, status=error.status)
    return _page(number, form, problem=error.message, preview=True, status=error.status)


def _page(
    number: str, form: RefundForm, *, problem: str = "", preview: bool = False, status: int = 200
) -> ResponseReturnValue:
    session = db.session()
    session.rollback()
    order = staff_queries.get_order(session, number)
    standing = read_standing(session, order)
    simulation: Simulation | None = None
    wrong = ""
    if preview or status == 409:
        try:
            simulation = simulate(standing, form.choice(order.currency))
        except DomainError as error:
            wrong = error.message
    waiting = [
        found
        for found in refund_queries.of_order(session, order.id)
        if found.state in (RefundState.REQUESTED, RefundState.FAILED)
    ]
    return htmx.render(
        "backoffice/refunds/give.html",
        fragment="backoffice/refunds/_preview.html",
        status=status,
        order=order,
        standing=standing,
        form=form,
        kinds=KINDS,
        simulation=simulation,
        wrong=wrong,
        problem=problem,
        waiting=waiting,
        frozen=FROZEN if standing.disputed else "",
        inquiry=_only_inquiry(session, order.id),
        decides=_may_decide(),
        ways=WAYS,
    )


def _may_decide() -> bool:
    return has_right(current_user.role, Right.REFUND)


def _words(asked: Asked) -> str:
    if asked.awaits_second:
        return "Approved by you. A second person has to agree before it goes."
    if asked.state == RefundState.REQUESTED:
        return "Asked for. Somebody who may decide on it has been told."
    return "Decided. It is on its way."


def _only_inquiry(session: Session, order_id: int) -> Dispute | None:
    """The bank's question about it, where no dispute is open beside it: that alone a refund can settle."""
    opened = [dispute for dispute in disputes_of(session, order_id) if dispute.is_open]
    return opened[0] if opened and all(dispute.is_inquiry for dispute in opened) else None
