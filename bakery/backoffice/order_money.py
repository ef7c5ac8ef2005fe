"""/admin/orders/<number>: money taken at the counter, and corrections of the ledger."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.order_money_forms import AdjustmentForm, TakingForm
from bakery.backoffice.orders import order_page
from bakery.core.errors import Conflict, DomainError
from bakery.core.money import Money
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.formats import money
from bakery.orders import staff_queries
from bakery.payments.services import counter

blueprint = init_frame(Blueprint("order_money", __name__, url_prefix="/admin/orders"))
ALREADY = "This form was sent before; it is in the books once."
# Above the page; what is wrong stands beside its field, which is further down.
NOT_ENTERED = "Nothing was entered. What is wrong stands under Money, beside its field."


@blueprint.post("/<number>/takings")
def take(number: str) -> ResponseReturnValue:
    """Enter what was taken at the counter."""
    order = staff_queries.get_order(db.session(), number)
    order_id, currency = order.id, order.currency
    form = TakingForm(prefix="till-")
    if not form.validate():
        return order_page(number, problem=NOT_ENTERED, status=422, taking=form)
    taking = form.taking()
    done = f"{money(Money(taking.cents, currency))} {counter.TENDER_WORDS[taking.tender]} is in the books."
    return _answer(number, lambda: counter.take_money(order_id, taking, actor()), done, {"taking": form})


@blueprint.post("/<number>/adjustments")
def adjust(number: str) -> ResponseReturnValue:
    """Correct an order's ledger."""
    order_id = staff_queries.get_order(db.session(), number).id
    form = AdjustmentForm(prefix="correct-")
    if not form.validate():
        return order_page(number, problem=NOT_ENTERED, status=422, adjustment=form)
    adjustment = form.adjustment()
    return _answer(
        number,
        lambda: counter.adjust(order_id, adjustment, actor()),
        "The correction is in the books.",
        {"adjustment": form},
    )


def _answer(
    number: str, work: Callable[[], bool], done: str, forms: dict[str, TakingForm | AdjustmentForm]
) -> ResponseReturnValue:
    """On to the order; or the page again with what was typed and what is wrong with it."""
    try:
        new = work()
    except Conflict as error:
        # The order is not what the page showed: a form of today's says what can be done now.
        return order_page(number, problem=error.message, status=error.status)
    except DomainError as error:
        [form] = forms.values()
        field = getattr(form, error.field or "", None)
        if field is None:
            return order_page(number, problem=error.message, status=error.status)
        field.errors = [error.message]
        return order_page(number, problem=NOT_ENTERED, status=error.status, **forms)
    flash(done if new else ALREADY, "success")
    return htmx.see_other(f"/admin/orders/{staff_queries.get_order(db.session(), number).number}#money")
