"""What staff decide about paying for one order: a deposit first, or the kitchen before the money."""

from __future__ import annotations

import re

from flask import Blueprint, flash, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from bakery.backoffice.frame import actor, init_frame
from bakery.backoffice.orders import order_page
from bakery.backoffice.refund_form import read_amount
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
_PERCENT = re.compile(r"(\d{1,3})(?:\.0+)?\s*%?", re.ASCII)
MOST_CENTS = 10_000_000


@blueprint.post("/orders/<number>/create-deposit")
def create_deposit(number: str) -> ResponseReturnValue:
    """Ask for a part of an unpaid order first (`percent`, or `amount` in dollars; in JSON `amount_cents`)."""
    order = staff_queries.get_order(db.session(), number)
    number, order_id, currency = order.number, order.id, order.currency
    end_read()
    try:
        ask_deposit(order_id, _rule(currency), actor(), adapters().gateway)
    except DomainError as error:
        if htmx.wants_json():
            raise
        # What Stripe would not take is one message for both ways of writing it.
        field = "percent" if error.field and request.form.get("percent") else error.field
        return _again(number, "deposit", field, error)
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
        return _again(number, "release", error.field, error)
    flash(f"The kitchen may start on {number}. It is not paid.", "success")
    return htmx.see_other(f"/admin/orders/{number}")


def _again(number: str, form: str, field: str | None, error: DomainError) -> ResponseReturnValue:
    """The page with the form as it was sent, open, and what is wrong beside its field."""
    return order_page(number, problem=error.message, status=error.status, refused=(form, field or ""))


def _rule(currency: str) -> Rule:
    """The deposit that was typed. Refuses both, neither, and what is no percentage or amount."""
    sent = _sent() if request.is_json else request.form
    typed = {name: str(sent.get(name) or "").strip() for name in ("percent", "amount", "amount_cents")}
    if sum(bool(text) for text in typed.values()) != 1:
        raise Invalid(_ONE_OF_BOTH, field="percent")
    if typed["percent"]:
        found = _PERCENT.fullmatch(typed["percent"])
        if found is None or not 1 <= int(found[1]) <= 100:
            raise Invalid("Write 1 to 100 %; 100 asks for everything at once.", field="percent")
        return Rule(percent=int(found[1]))
    cents = _cents(typed["amount_cents"]) if typed["amount_cents"] else read_amount(typed["amount"], currency)
    if not 1 <= cents <= MOST_CENTS:
        raise Invalid("Write an amount in dollars and cents.", field="amount")
    return Rule(cents=cents)


def _cents(text: str) -> int:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise Invalid("Write whole cents.", field="amount_cents")
    return int(text)


def _sent() -> MultiDict[str, str]:
    """What a machine wrote: an object of plain values; anything else counts as nothing."""
    body = request.get_json(silent=True)
    plain = body.items() if isinstance(body, dict) else ()
    return MultiDict([(str(key), str(value)) for key, value in plain if isinstance(value, (str, int))])


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
