"""What staff decide about paying for one order: a deposit first, or the kitchen before the money."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.orders import order_page
from bakery.core.errors import DomainError, Invalid
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.formats import date_long, money
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders import staff_queries
from bakery.orders.models import Order
from bakery.orders.release import release_unpaid
from bakery.payments.services import ask_deposit
from bakery.pricing.deposit import Rule

blueprint = init_frame(Blueprint("admin_deposits", __name__))

_ONE_OF_BOTH = "Write a percentage or an amount: one of both."
MOST_CENTS = 10_000_000


@blueprint.post("/orders/<number>/create-deposit")
def create_deposit(number: str) -> ResponseReturnValue:
    """Ask for a part of an unpaid order first (`percent`, or `amount` in dollars; in JSON `amount_cents`)."""
    order = staff_queries.get_order(db.session(), number)
    number, order_id = order.number, order.id
    end_read()
    try:
        ask_deposit(order_id, _rule(), actor(), adapters().gateway)
    except DomainError as error:
        if htmx.wants_json():
            raise
        return order_page(number, problem=error.message, status=error.status)
    order = staff_queries.get_order(db.session(), number)
    if htmx.wants_json():
        return jsonify(_as_json(order))
    flash(_said(order), "success")
    return htmx.see_other(f"/admin/orders/{number}")


@blueprint.post("/admin/orders/<number>/release")
def release(number: str) -> ResponseReturnValue:
    """Let the kitchen start although nothing is paid."""
    order = staff_queries.get_order(db.session(), number)
    number, order_id = order.number, order.id
    end_read()
    try:
        release_unpaid(order_id, actor(), request.form.get("reason", ""))
    except DomainError as error:
        return order_page(number, problem=error.message, status=error.status)
    flash(f"The kitchen may start on {number}. It is not paid.", "success")
    return htmx.see_other(f"/admin/orders/{number}")


def _rule() -> Rule:
    """The deposit that was typed. Refuses both, neither, and what is no percentage or amount."""
    sent = _sent() if request.is_json else request.form
    percent, amount = _typed(sent, "percent"), _typed(sent, "amount")
    cents = _typed(sent, "amount_cents")
    if sum(value is not None for value in (percent, amount, cents)) != 1:
        raise Invalid(_ONE_OF_BOTH, field="percent")
    if percent is not None:
        if percent != int(percent) or not 1 <= percent <= 100:
            raise Invalid("Write 1 to 100 %; 100 asks for everything at once.", field="percent")
        return Rule(percent=int(percent))
    found = cents if cents is not None else (amount or Decimal(0)) * 100
    if found != int(found) or not 1 <= found <= MOST_CENTS:
        raise Invalid("Write an amount in dollars and cents.", field="amount")
    return Rule(cents=int(found))


def _sent() -> MultiDict[str, str]:
    """What a machine wrote: an object of plain values; anything else counts as nothing."""
    body = request.get_json(silent=True)
    plain = body.items() if isinstance(body, dict) else ()
    return MultiDict([(str(key), str(value)) for key, value in plain if isinstance(value, (str, int))])


def _typed(sent: MultiDict[str, str], name: str) -> Decimal | None:
    text = str(sent.get(name) or "").strip().removeprefix("$").replace(",", "")
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) > MOST_CENTS:
        raise Invalid("Write a number.", field=name)
    return number


def _said(order: Order) -> str:
    if not order.deposit_cents or order.balance_due_on is None:
        return "All of it is asked at once again. The customer gets the link by email."
    return (
        f"The customer gets the link by email: {money(order.deposit)} now, {money(order.rest)} by "
        f"{date_long(order.balance_due_on)}."
    )


def _as_json(order: Order) -> dict[str, object]:
    return {
        "order": order.number,
        "currency": order.currency,
        "total_cents": order.total_cents,
        "deposit_cents": order.deposit_cents,
        "deposit_kept_cents": order.deposit_kept_cents,
        "balance_cents": order.rest.cents if order.deposit_cents else 0,
        "balance_due_at": order.balance_due_at.isoformat() if order.balance_due_at else None,
    }
