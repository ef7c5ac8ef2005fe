"""/admin/orders: the list, its CSV, one order, and the moves staff may make."""

from __future__ import annotations

from math import ceil
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Row

from bakery.backoffice.csv_files import csv_file
from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.order_filters import VIEWS, read_list_query
from bakery.backoffice.order_money_forms import (
    AdjustmentForm,
    TakingForm,
    fresh_adjustment,
    fresh_taking,
)
from bakery.backoffice.refund_form import read_amount
from bakery.backoffice.refund_page import OTHER_WAYS
from bakery.catalog.words import ALLERGEN_WORDS
from bakery.core import clock
from bakery.core.errors import DomainError, Forbidden, Invalid
from bakery.core.states import find_state, words
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.formats import amount
from bakery.infra.logging import scrub_text
from bakery.messages.queries import of_subject
from bakery.orders import services, staff_queries
from bakery.orders.models import Order
from bakery.orders.states import ORDER, OrderStatus, PaymentStatus
from bakery.payments.dispute_queries import disputes_of, warnings_of
from bakery.payments.dispute_words import fraud_words
from bakery.payments.failure_queries import list_attempts
from bakery.payments.operations import balance
from bakery.payments.papers.queries import list_papers
from bakery.payments.queries import timeline
from bakery.payments.refund_queries import credit_notes_of, of_order
from bakery.payments.services import cancel_with_refund
from bakery.payments.services.cancellation import read_back
from bakery.payments.services.counter import may_take
from bakery.payments.services.refund_requests import FROZEN
from bakery.payments.surplus_queries import surplus_of
from bakery.people.rights import Right, has_right
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("admin_orders", __name__, url_prefix="/admin"))


@blueprint.get("")
def home() -> ResponseReturnValue:
    """Staff start with the orders of the day."""
    return htmx.see_other("/admin/orders")


@blueprint.get("/orders")
def index() -> ResponseReturnValue:
    """The list, or only its results for htmx."""
    session = db.session()
    zone = get_profile(session).time_zone
    today = clock.today(zone)
    query = read_list_query(request.args, zone, today, personal=_sees_people())
    found = staff_queries.list_orders(session, query.filters, query.page)
    return htmx.render(
        "backoffice/orders/index.html",
        fragment="backoffice/orders/_results.html",
        query=query,
        views=VIEWS,
        counts=staff_queries.count_by_view(session, staff_queries.day_bounds(today, zone)[1]),
        orders=found.orders,
        total=found.total,
        pages=max(1, ceil(found.total / staff_queries.PAGE_SIZE)),
        today=today,
        personal=_sees_people(),
        statuses=[(status, words(status).capitalize()) for status in OrderStatus],
    )


@blueprint.get("/orders.csv")
def export() -> ResponseReturnValue:
    """The same filters as a file, one row a line of an order, sent while it is read."""
    session = db.session()
    zone = get_profile(session).time_zone
    query = read_list_query(request.args, zone, clock.today(zone), personal=_sees_people())
    rows = staff_queries.export_lines(session, query.filters)
    personal = _sees_people()
    cells = (_row(line, personal) for line in rows)
    return csv_file("orders.csv", HEADINGS, cells, staff_queries.EXPORT_CHUNK)


@blueprint.get("/orders/<number>")
def show(number: str) -> ResponseReturnValue:
    """One order with everything that happened to it."""
    return order_page(number)


@blueprint.post("/orders/<number>/moves")
def move(number: str) -> ResponseReturnValue:
    """Move an order to another status. Cancelling needs its own right and a reason."""
    to = find_state(OrderStatus, request.form.get("to", ""))
    if to is None:
        raise Invalid("There is no such status.", field="to")
    order = staff_queries.get_order(db.session(), number)
    number, reason = order.number, request.form.get("reason", "").strip()[:300]
    try:
        _move(order, to, reason)
    except DomainError as error:
        return order_page(number, problem=error.message, status=error.status)
    flash(f"{number} is {words(to)} now.", "success")
    return htmx.see_other(f"/admin/orders/{number}")


@blueprint.post("/orders/<number>/notes")
def add_note(number: str) -> ResponseReturnValue:
    """Add a note that only staff see."""
    order = staff_queries.get_order(db.session(), number)
    text = request.form.get("text", "").strip()
    if not text or len(text) > 500:
        return order_page(number, problem="Write a note of up to 500 characters.", status=422)
    services.add_staff_note(order.id, text, actor())
    flash("The note is kept.", "success")
    return htmx.see_other(f"/admin/orders/{order.number}")


def _move(order: Order, to: OrderStatus, reason: str) -> None:
    if to != OrderStatus.CANCELLED:
        owing_cents = request.form.get("owing", 0, type=int)
        services.move_order(order.id, to, actor(), reason, owing_cents=owing_cents)
        return
    if not has_right(current_user.role, Right.CANCEL_ORDERS):
        raise Forbidden("Your account may not cancel orders.")
    # An empty field leaves it to what was promised with the order.
    back = request.form.get("back", "").strip()[:40]
    cents = read_amount(back, order.currency) if back else None
    order_id = order.id
    db.session().rollback()
    cancel_with_refund(order_id, actor(), reason, amount_cents=cents)


# The way of an order, and what staff call each step; expiry and payment belong to the clock and to Stripe.
WAY = (OrderStatus.CONFIRMED, OrderStatus.IN_PRODUCTION, OrderStatus.READY, OrderStatus.COLLECTED)
STEPS = dict(zip(WAY, ("Confirm", "Start making", "Ready to collect", "Handed over"), strict=True))
BACK = dict(zip(WAY[:-1], ("Back to confirmed", "Back to being made", "Back to ready"), strict=True))


_UNPAID = (OrderStatus.PENDING_PAYMENT, OrderStatus.EXPIRED)


def order_page(
    number: str,
    *,
    problem: str = "",
    status: int = 200,
    refused: tuple[str, str] | None = None,
    taking: TakingForm | None = None,
    adjustment: AdjustmentForm | None = None,
) -> ResponseReturnValue:
    """One order with all that happened to it, what is wrong (`problem`), and forms as somebody filled them in.

    `refused`: the form about its payment that was sent ("deposit", "release"), and its field that is wrong.
    """
    session = db.session()
    session.rollback()
    order = staff_queries.get_order(session, number)
    current = OrderStatus(order.status)
    allowed = ORDER.allowed(current)
    role = current_user.role
    moves = _moves(current) if has_right(current_user.role, Right.MOVE_ORDERS) else []
    back = read_back(session, order)
    page = render_template(
        "backoffice/orders/show.html",
        order=order,
        events=staff_queries.list_events(session, order.id),
        attempts=list_attempts(session, order.id),
        rest_steps=balance.steps_of(session, order) if order.balance_due_at else [],
        may_ask_deposit=_waits(order) and _may_change_deposit(order),
        may_release=_waits(order) and not order.awaits_acceptance,
        account=timeline(session, order),
        taking=_taking(order, taking) if has_right(role, Right.TAKE_MONEY) else None,
        adjustment=_adjustment(order, adjustment) if has_right(role, Right.MEND_BOOKS) else None,
        messages=of_subject(session, order.ref),
        papers=list_papers(session, order.id),
        disputes=disputes_of(session, order.id),
        fraud_warnings=warnings_of(session, order.id),
        fraud_words=fraud_words,
        scrubbed=scrub_text,
        allergen_words=ALLERGEN_WORDS,
        moves=moves,
        may_cancel=OrderStatus.CANCELLED in allowed and has_right(current_user.role, Right.CANCEL_ORDERS),
        personal=_sees_people(),
        surplus=surplus_of(session, order),
        other_ways=OTHER_WAYS,
        frozen_words=FROZEN,
        refunds=of_order(session, order.id),
        credit_notes=credit_notes_of(session, order.id),
        available=back.paid - back.with_bank,
        back=back if back.paid.cents else None,
        typed=request.form,
        refused=refused,
        problem=problem,
    )
    return page, status


def _waits(order: Order) -> bool:
    """Whether it is still held for a payment."""
    held_until = min(order.hold_expires_at, order.pickup_at)
    return order.status == OrderStatus.PENDING_PAYMENT and held_until > clock.now()


def _may_change_deposit(order: Order) -> bool:
    """What its customer has accepted is not changed behind their back."""
    return order.awaits_acceptance or not order.is_bespoke


def _taking(order: Order, typed: TakingForm | None) -> TakingForm | None:
    return (typed or fresh_taking(order.due)) if may_take(order) else None


def _adjustment(order: Order, typed: AdjustmentForm | None) -> AdjustmentForm | None:
    """Where nothing was paid there is nothing to correct."""
    return None if order.payment_status == PaymentStatus.UNPAID else typed or fresh_adjustment()


def _moves(current: OrderStatus) -> list[tuple[OrderStatus, str]]:
    """The step that comes next first; the way back last, and named so."""
    if current in _UNPAID:
        return []
    at = WAY.index(current) if current in WAY else len(WAY)
    steps = [to for to in (*WAY[at + 1 :], *reversed(WAY[:at])) if to in ORDER.allowed(current)]
    return [(to, STEPS[to] if to in WAY[at + 1 :] else BACK[to]) for to in steps]


def _sees_people() -> bool:
    return has_right(current_user.role, Right.SEE_PERSONAL_DATA)


HEADINGS = (
    "order", "status", "payment", "placed_utc", "pickup_utc", "name", "email", "phone", "sku", "product",
    "size", "quantity", "message", "line_total", "line_tax", "currency",
)  # fmt: skip


def _row(line: Row[Any], personal: bool) -> list[object]:
    person = [line.contact_name, line.contact_email, line.contact_phone] if personal else ["", "", ""]
    return [
        line.number, line.status, line.payment_status, line.placed_at.isoformat(),
        line.pickup_at.isoformat(), *person,
        line.sku, line.product_name, line.variant_name, line.quantity, line.message,
        amount(line.total_cents, line.currency), amount(line.tax_cents, line.currency), line.currency,
    ]  # fmt: skip
