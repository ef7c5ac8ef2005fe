"""Asking for money back, calling one's own order off, and credit notes: the order's own pages of money."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.integrations.adapters import adapters
from bakery.orders.models import Order
from bakery.payments import credit_notes
from bakery.payments.dispute_queries import at_bank
from bakery.payments.refund_simulation import Simulation, simulate
from bakery.payments.refund_standing import Standing, read_standing
from bakery.payments.refund_states import RefundSource
from bakery.payments.services import cancel_own, refund_requests
from bakery.payments.services.cancellation import Back, OtherTerms, read_back, why_not_cancelled
from bakery.payments.services.refund_requests import Ask, Changed
from bakery.storefront.cart_answers import private
from bakery.storefront.order_access import find_order
from bakery.storefront.refund_news import read_news, why_not_asked
from bakery.storefront.refund_wish import RefundWish, read_wish

blueprint = Blueprint("refund_asking", __name__, url_prefix="/orders")


def _is_preview() -> bool:
    """Only looking at what it comes to; the page asks with every choice."""
    return bool(request.form.get("preview"))


@blueprint.get("/<number>/refund")
def show_refund(number: str) -> ResponseReturnValue:
    """What can be asked back, and why it cannot where it cannot."""
    return _refund_page(find_order(number), RefundWish())


@blueprint.post("/<number>/refund")
@limiter.limit("60 per minute")
@limiter.limit("10 per minute; 60 per hour", exempt_when=_is_preview)
def ask_refund(number: str) -> ResponseReturnValue:
    """Show what it comes to (`preview`), or ask for it; a person decides."""
    order = find_order(number)
    wish = read_wish(request.form)
    if _is_preview():
        return _refund_page(order, wish, preview=True)
    if refusal := _why_not(order, read_standing(db.session(), order)):
        return _refund_page(order, wish, problem=refusal, status=409)
    order_id, number = order.id, order.number
    try:
        choice = wish.choice()
        end_read()
        refund_requests.ask(
            Ask(
                order_id=order_id,
                choice=choice,
                reason=wish.reason,
                key=wish.key,
                actor=_customer(),
                source=RefundSource.CUSTOMER,
                seen=wish.seen,
            )
        )
    except Changed as changed:
        return _refund_page(find_order(number), wish, problem=changed.message, preview=True, status=409)
    except DomainError as error:
        return _refused(number, wish, error)
    flash("We have it. A person looks at it, and we write to you.", "success")
    return redirect(url_for("orders.show", number=number), 303)


@blueprint.get("/<number>/cancel")
def show_cancel(number: str) -> ResponseReturnValue:
    """What comes back when the order is called off now, before anything is done."""
    return _cancel_page(find_order(number))


@blueprint.post("/<number>/cancel")
@limiter.limit("10 per minute")
def cancel(number: str) -> ResponseReturnValue:
    """Call the order off, as the page showed it."""
    order = find_order(number)
    order_id, number = order.id, order.number
    end_read()
    try:
        cancel_own(order_id, _customer(), request.form.get("seen", "")[:64])
    except OtherTerms as other:
        return _cancel_page(find_order(number), problem=other.message, status=other.status)
    except DomainError as error:
        return _cancel_page(find_order(number), problem=error.message, status=error.status)
    flash("Your order is cancelled. We have sent you a confirmation by email.", "success")
    return redirect(url_for("orders.show", number=number), 303)


@blueprint.get("/<number>/credit-notes/<label>.pdf")
def credit_note(number: str, label: str) -> ResponseReturnValue:
    """A credit note of this order as it was issued."""
    order_id = find_order(number).id
    end_read()
    pdf = credit_notes.get_pdf(order_id, label, adapters().files)
    response = Response(pdf.data, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="credit-note-{pdf.name}"'
    return private(response)


def _why_not(order: Order, standing: Standing) -> str:
    session = db.session()
    return why_not_asked(order, standing, read_news(session, order), at_bank(session, order.id))


def _refused(number: str, wish: RefundWish, error: DomainError) -> ResponseReturnValue:
    known = error.field in ("lines", "reason") or (error.field or "").startswith("line-")
    if known:
        wish.errors[str(error.field)] = error.message
    problem = "" if known else error.message
    return _refund_page(find_order(number), wish, problem=problem, preview=True, status=error.status)


def _refund_page(
    order: Order, wish: RefundWish, *, problem: str = "", preview: bool = False, status: int = 200
) -> Response:
    session = db.session()
    standing = read_standing(session, order)
    simulation: Simulation | None = None
    wrong = ""
    refusal = _why_not(order, standing)
    if not refusal and (preview or wish.whole):
        try:
            simulation = simulate(standing, wish.choice())
        except DomainError as error:
            wrong = error.message if preview else ""
    return private(
        htmx.render(
            "storefront/orders/refund.html",
            fragment="storefront/orders/_refund_answer.html",
            status=status,
            order=order,
            standing=standing,
            wish=wish,
            simulation=simulation,
            wrong=wrong,
            problem=problem if problem != refusal else "",
            refusal=refusal,
        )
    )


def _cancel_page(order: Order, *, problem: str = "", status: int = 200) -> Response:
    refusal = why_not_cancelled(order)
    back: Back | None = None if refusal else read_back(db.session(), order)
    page = render_template(
        "storefront/orders/cancel.html",
        order=order,
        refusal=refusal,
        back=back,
        tiers=read_standing(db.session(), order).tiers,
        problem=problem if problem != refusal else "",
    )
    return private(make_response(page, status))


def _customer() -> Actor:
    user_id = current_user.id if current_user.is_authenticated else None
    return Actor(user_id, "customer", request.remote_addr)
