"""An order's own page: waiting for the payment, paying again, the way to the counter, the receipt."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.actor import Actor
from bakery.core.errors import DomainError, NotFound
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import address, limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders import cart_services, queries
from bakery.orders.models import Order
from bakery.orders.services import abandon_order
from bakery.payments import queries as payments
from bakery.payments import receipts
from bakery.payments.card_queries import agreed_charge
from bakery.payments.dispute_queries import at_bank
from bakery.payments.failure_queries import why_paused
from bakery.payments.refund_standing import read_standing
from bakery.payments.services import cancel_attempt
from bakery.payments.services import revoke_mandate as revoke
from bakery.payments.services.cancellation import why_not_cancelled
from bakery.storefront import order_page
from bakery.storefront.cake_access import known_requests
from bakery.storefront.cart_answers import private
from bakery.storefront.cart_cookie import owner_for_adding, send_token
from bakery.storefront.order_access import find_order, open_by_link
from bakery.storefront.paying import pay_for, visitor_as_payer, ways
from bakery.storefront.refund_news import is_under_way, read_news, why_not_asked

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


@blueprint.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    """The page, or its live part for htmx (304 when nothing changed). A secret link is taken and hidden."""
    if "key" in request.args:
        number = open_by_link(number, request.args["key"])
        return redirect(url_for("orders.show", number=number), 303)
    order = find_order(number)
    state = _progress(order)
    if htmx.wants_fragment():
        return _live(order, state)
    return private(make_response(render_template("storefront/orders/page.html", **_context(order, state))))


def refused(number: str, error: DomainError) -> Response:
    """The order's page as it stands, with what cannot be on top."""
    db.session.rollback()
    order = find_order(number)
    context = _context(order, _progress(order))
    page = render_template("storefront/orders/page.html", problem=error.message, **context)
    return private(make_response(page, error.status))


@blueprint.post("/<number>/payment")
@limiter.limit("20 per minute")
def pay(number: str) -> ResponseReturnValue:
    """Pay for an order that is still held, or what is due of one. A custom cake's offer is accepted on its own page
    first.
    """
    order = find_order(number)
    number = order.number
    cake = None if order.due_later.cents else order_page.cake_of(db.session(), order)
    if cake:
        return redirect(url_for("cake_pay.pay", number=cake), 303)
    try:
        url = pay_for(order)
    except DomainError as error:
        flash(error.message, "warning")
        url = url_for("orders.show", number=number)
    return redirect(url, 303)


@blueprint.post("/<number>/mandate")
@limiter.limit("20 per minute")
def revoke_mandate(number: str) -> ResponseReturnValue:
    """Charge nothing of this order by itself any more."""
    order = find_order(number)
    number, order_id = order.number, order.id
    end_read()
    if revoke(order_id, visitor_as_payer()):
        flash("Nothing is charged automatically any more. You can pay the rest here at any time.", "success")
    return redirect(url_for("orders.show", number=number), 303)


@blueprint.post("/<number>/again")
def again(number: str) -> ResponseReturnValue:
    """Put everything of this order back into the cart."""
    order_id = find_order(number).id
    end_read()
    return _refill(order_id)


@blueprint.post("/<number>/change")
def change(number: str) -> ResponseReturnValue:
    """Take an unpaid order back into the cart: what it held is free, and its payment page is closed.

    A custom cake fits into no cart: it is called off on its own page.
    """
    order = find_order(number)
    order_id = order.id
    if cake := order_page.cake_of(db.session(), order):
        return redirect(url_for("cake_requests.withdraw", number=cake), 303)
    end_read()
    actor_id = current_user.id if current_user.is_authenticated else None
    abandon_order(order_id, Actor(actor_id, "customer", request.remote_addr))
    cancel_attempt(order_id)
    return _refill(order_id)


@blueprint.get("/<number>/receipt.pdf")
def receipt(number: str) -> ResponseReturnValue:
    """The receipt as it was issued. Not found until there is one."""
    order_id = find_order(number).id
    end_read()
    pdf = receipts.get_pdf(order_id, adapters().files)
    return _pdf(pdf)


@blueprint.get("/<number>/payments/<int:receipt_number>.pdf")
def payment_receipt(number: str, receipt_number: int) -> ResponseReturnValue:
    """A payment receipt of this order as it was issued; NotFound for any other number."""
    order_id = find_order(number).id
    issued = receipts.list_payment_receipts(db.session(), order_id)
    found = next((row.id for row in issued if row.number == receipt_number), None)
    if found is None:
        raise NotFound("There is no such receipt of this order.")
    end_read()
    return _pdf(receipts.get_payment_pdf(found, adapters().files))


def _pdf(pdf: receipts.ReceiptPdf) -> Response:
    response = Response(pdf.data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="receipt-{pdf.name}"'
    return private(response)


def _refill(order_id: int) -> Response:
    owner, token = owner_for_adding(request)
    end_read()
    missing = cart_services.refill(owner, order_id)
    for sentence in missing:
        flash(sentence, "warning")
    if not missing:
        flash("Everything is back in your cart.", "success")
    return send_token(make_response(redirect(url_for("cart.show"), 303)), token)


def _live(order: Order, state: order_page.Progress) -> Response:
    response = make_response("")
    response.set_etag(state.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(htmx.VARY)
    if request.if_none_match.contains(state.etag):
        response.status_code = 304
        return response
    response.set_data(render_template("storefront/orders/_live.html", **_context(order, state)))
    return response


def _may_open_cake(order: Order, cake: str) -> bool:
    """Whether a way to the cake's request leads anywhere: who only collects an order has no key to what was wished."""
    theirs = current_user.is_authenticated and order.user_id == current_user.id
    return theirs or cake in known_requests()


def _progress(order: Order) -> order_page.Progress:
    session = db.session()
    since = request.args.get("since", "")
    return order_page.progress(
        order,
        paid=request.args.get("paid") == "1",
        since=int(since) if since.isascii() and since.isdigit() and len(since) < 12 else None,
        last=payments.last_try(session, order.id),
        receipt=order.confirmed_at is not None,
    )


def _context(order: Order, state: order_page.Progress) -> dict[str, object]:
    session = db.session()
    events = queries.history(session, order.id)
    bank, news = at_bank(session, order.id), read_news(session, order) if order.confirmed_at else []
    cake = order_page.cake_of(session, order)
    return {
        "order": order,
        "local": order.pickup_at.astimezone(ZoneInfo(order.time_zone)),
        "state": state,
        "steps": order_page.timeline(order, events),
        "money_lines": order_page.money_lines(db.session(), order),
        "allergens_of": order_page.line_allergens,
        "cake": cake,
        "may_open_cake": cake is not None and _may_open_cake(order, cake),
        # An earlier offer's order is no request's any more, and is on no menu either.
        "on_menu": any(line.variant_id is not None for line in order.lines),
        "cancelled_payment": request.args.get("paid") == "0" and state.left_unpaid,
        "bank": bank,
        "refunds": news,
        # What is asked for, or under way, is not asked for again beside it.
        "may_ask": not is_under_way(news)
        and not why_not_asked(order, read_standing(session, order), news, bank),
        "may_cancel": not why_not_cancelled(order),
        "paying": ways(session, order),
        "agreed": agreed_charge(session, order),
        "paused": why_paused(session, order, address()),
        "payment_receipts": receipts.list_payment_receipts(db.session(), order.id),
        "user": current_user if current_user.is_authenticated else None,
    }
