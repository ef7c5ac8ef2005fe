"""/payments/<order number>: on to Stripe's page for the deposit, or for the rest.

JSON where JSON is asked for, else on to the page itself; what cannot be is said on the order's own page.
"""

from __future__ import annotations

from flask import Blueprint, current_app, jsonify, make_response, redirect
from flask.typing import ResponseReturnValue

from bakery.core.errors import Conflict, DomainError
from bakery.custom_cakes import acceptance
from bakery.infra import htmx
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.services import start_checkout
from bakery.storefront import orders
from bakery.storefront.cart_answers import private
from bakery.storefront.order_access import find_order

blueprint = Blueprint("payments", __name__, url_prefix="/payments")
# Machines have no form token; the origin guard keeps other sites out, and all one gets is one's own page at Stripe.
blueprint.csrf_exempt = True  # type: ignore[attr-defined]

_NO_DEPOSIT = "This order asks for no deposit: all of it is paid at once."
_NO_LONGER = "The deposit of this order is not asked for any more: what is due now is the rest."
_DEPOSIT_FIRST = "This order is not confirmed yet: pay what orders it first."
_NO_REST = "Nothing is due of this order."


@blueprint.post("/<number>/checkout-deposit")
@limiter.limit("20 per minute")
def checkout_deposit(number: str) -> ResponseReturnValue:
    """To the page that asks for an order's deposit. A custom cake's offer has been accepted before."""
    order = find_order(number)
    return _to_stripe(order, _why_no_deposit(order))


@blueprint.post("/<number>/checkout-final")
@limiter.limit("20 per minute")
def checkout_final(number: str) -> ResponseReturnValue:
    """To the page that asks for what is due of an order that is confirmed."""
    order = find_order(number)
    return _to_stripe(order, _why_no_rest(order))


def _why_no_deposit(order: Order) -> str:
    if order.due_later.cents:
        return _NO_LONGER
    waits = order.status == OrderStatus.PENDING_PAYMENT
    return _NO_DEPOSIT if waits and not order.asks_deposit else ""


def _why_no_rest(order: Order) -> str:
    if order.due_later.cents:
        return ""
    return _DEPOSIT_FIRST if order.status == OrderStatus.PENDING_PAYMENT else _NO_REST


def _to_stripe(order: Order, refusal: str) -> ResponseReturnValue:
    number, order_id = order.number, order.id
    offered = order.is_bespoke and order.status == OrderStatus.PENDING_PAYMENT
    end_read()
    try:
        if refusal:
            raise Conflict(refusal)
        until = acceptance.find_offer_of_order(order_id).until if offered else None
        url = start_checkout(order_id, adapters().gateway, current_app.config["SETTINGS"].base_url, until)
    except DomainError as error:
        if htmx.wants_json():
            raise
        return orders.refused(number, error)
    if htmx.wants_json():
        return private(make_response(jsonify({"url": url})))
    return redirect(url, 303)
