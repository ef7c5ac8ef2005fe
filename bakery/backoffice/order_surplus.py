"""/admin/orders/<number>/surplus: money that bought nothing and did not go back by itself."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.orders import order_page
from bakery.core.errors import DomainError, NotFound
from bakery.core.states import find_state
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders import staff_queries
from bakery.payments import services, surplus_queries
from bakery.payments.refund_states import Tender

blueprint = init_frame(Blueprint("order_surplus", __name__, url_prefix="/admin/orders"))
ALREADY = "This was sent before; it is in the books once."


@blueprint.post("/<number>/surplus/<int:payment_id>/retry")
@limiter.limit("60 per minute")
def retry(number: str, payment_id: int) -> ResponseReturnValue:
    """Send it to its card once more."""

    def act() -> str:
        services.retry_surplus(payment_id, actor(), adapters().gateway)
        return "It is sent again."

    return _do(number, payment_id, act)


@blueprint.post("/<number>/surplus/<int:payment_id>/given")
@limiter.limit("60 per minute")
def given(number: str, payment_id: int) -> ResponseReturnValue:
    """Enter that it was given another way."""
    tender = find_state(Tender, request.form.get("tender", "")) or Tender.STRIPE
    why = request.form.get("why", "")

    def act() -> str:
        new = services.give_surplus(payment_id, actor(), tender, why, adapters().gateway)
        return "Noted as given." if new else ALREADY

    return _do(number, payment_id, act)


def _do(number: str, payment_id: int, act: Callable[[], str]) -> ResponseReturnValue:
    """Do it and come back to the order; what cannot be is said there, with what was typed."""
    order = staff_queries.get_order(db.session(), number)
    number = order.number
    if not surplus_queries.is_of(db.session(), payment_id, order.id):
        raise NotFound("There is no such payment.")
    end_read()
    try:
        flash(act(), "success")
    except DomainError as error:
        return order_page(number, problem=error.message, status=error.status)
    return htmx.see_other(f"/admin/orders/{number}#money")
