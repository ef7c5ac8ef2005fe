"""The checkout: one page for contact, pickup time, consents and the total; then Stripe's page.

Sent twice, refreshed, or from two tabs, it leads to the one order of this checkout key.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

import flask
from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from flask_login import current_user

from bakery.core.abn import parse_abn
from bakery.core.errors import Conflict, DomainError, Invalid
from bakery.core.money import Money
from bakery.infra.db import db
from bakery.infra.formats import money
from bakery.infra.limits import limiter
from bakery.infra.templates import as_part
from bakery.infra.transaction import only_read
from bakery.orders import queries as orders
from bakery.orders.business import Business
from bakery.orders.cart_queries import CartView, load_cart
from bakery.orders.errors import PricesChanged, TooManyUnpaid
from bakery.orders.services import ConsentGiven, PlaceOrder, place_order
from bakery.people.models import ConsentChannel
from bakery.scheduling.errors import SlotGone
from bakery.shop.queries import get_profile
from bakery.stock.errors import OutOfStock
from bakery.storefront import checkout_deposit, checkout_page
from bakery.storefront.cart_answers import shown
from bakery.storefront.cart_cookie import cart_owner
from bakery.storefront.forms.checkout import CheckoutForm
from bakery.storefront.order_access import known_orders, remember_order, waiting_order
from bakery.storefront.paying import pay_for

blueprint = Blueprint("checkout", __name__)

# What was typed survives a detour to the cart, in the browser's own signed session.
_DRAFT = "checkout"
_KEPT = ("name", "email", "phone", "business_name", "business_abn", "note")
# Whoever has placed as many orders as one address may can go on in a while.
_LATER = {"Retry-After": "900"}


def _orders_per_hour() -> str:
    return f"{current_app.config['SETTINGS'].orders_per_hour} per hour"


def _was_placed(_response: object) -> bool:
    return bool(g.get("order_placed", False))


@blueprint.get("/checkout")
def show() -> ResponseReturnValue:
    """The page; an empty cart, or one with open questions, goes back to the cart first."""
    cart = load_cart(only_read(), cart_owner(request))
    if not cart.lines and (waiting := waiting_order()):
        # Back from Stripe's page by the browser's button: the cart has become an order already.
        return redirect(url_for("orders.show", number=waiting.number, paid=0), 303)
    if not cart.orderable:
        return redirect(url_for("cart.show"), 303)
    form = CheckoutForm(formdata=None, data=_known())
    _word(form)
    return checkout_page.show(form, cart, begin=_date(request.args.get("from", "")))


@blueprint.get("/checkout/deposit")
def deposit() -> ResponseReturnValue:
    """What is paid now and what later for the pickup time that is chosen: a part of the page."""
    session = only_read()
    cart = load_cart(session, cart_owner(request))
    starts_at = checkout_page.read_slot(request.args.get("slot", ""))
    if not cart.orderable or starts_at is None:
        return redirect(url_for("checkout.show"), 303)
    return checkout_deposit.show(session, cart, starts_at)


@blueprint.post("/checkout")
@limiter.limit("20 per minute; 120 per hour")
def place() -> ResponseReturnValue:
    """Place the order and go and pay. Whatever cannot be is said on the same page, with all that was typed."""
    form = CheckoutForm()
    _word(form)
    order_id = _placed(form)
    if order_id is not None:
        return _pay(order_id)
    cart = load_cart(db.session(), cart_owner(request))
    _keep(form)
    if not cart.lines:
        # The other click of two may have placed it between these two questions.
        order_id = _placed(form)
        if order_id is not None:
            return _pay(order_id)
        flash("Your cart is empty, so there is nothing to order yet.", "info")
        return redirect(url_for("cart.show"), 303)
    begin = _date(request.form.get("more") or request.form.get("begin", ""))
    if "more" in request.form:
        return checkout_page.show(form, cart, begin=begin)
    if not form.validate():
        return checkout_page.show(form, cart, status=422, begin=begin)
    return _place(form, cart, begin)


def _placed(form: CheckoutForm) -> int | None:
    """The order that this page of this visitor's has placed already."""
    key = form.checkout_key.data or ""
    return orders.find_by_checkout_key(db.session(), key, cart_owner(request), known_orders())


def _place(form: CheckoutForm, cart: CartView, begin: date | None) -> ResponseReturnValue:
    starts_at = checkout_page.read_slot(form.slot.data or "")
    if starts_at is None:
        return _again(
            form, cart, begin, Invalid("That is not a pickup time. Choose one below.", field="slot")
        )
    try:
        order_id = _order(_wish(form, cart, starts_at))
    except RateLimitExceeded:
        return _too_often(form, cart, begin)
    except OutOfStock as error:
        return shown(cart_owner(request), status=error.status, error=error)
    except SlotGone as error:
        return _again(form, cart, begin, error)
    except (Conflict, Invalid) as error:
        return _again(form, load_cart(db.session(), cart_owner(request)), begin, error)
    flask.session.pop(_DRAFT, None)
    return _pay(order_id)


@limiter.limit(_orders_per_hour, deduct_when=_was_placed)
def _order(wish: PlaceOrder) -> int:
    """Place it. Only an order that was placed counts against its address, nothing that was refused."""
    order_id = place_order(wish)
    g.order_placed = True
    return order_id


def _too_often(form: CheckoutForm, cart: CartView, begin: date | None) -> ResponseReturnValue:
    """The same page with what was typed: too many orders came from this address."""
    phone = get_profile(db.session()).phone
    notice = (
        "A great many orders came from your internet connection within the hour, so we cannot take another "
        f"one here just now. Your cart is kept: try again in a while, or ring us on {phone}."
    )
    response = checkout_page.show(form, cart, status=429, begin=begin, notice=notice)
    response.headers.update(_LATER)
    return response


def _pay(order_id: int) -> ResponseReturnValue:
    """On to the payment, with the card that was chosen. When it cannot be, the order's own page says so and offers
    it again.
    """
    number = orders.number_of(db.session(), order_id)
    remember_order(number)
    try:
        url = pay_for(orders.get_order(db.session(), order_id))
    except DomainError as error:
        flash(error.message, "warning")
        return redirect(url_for("orders.show", number=number), 303)
    return redirect(url, 303)


def _again(form: CheckoutForm, cart: CartView, begin: date | None, error: DomainError) -> ResponseReturnValue:
    """The same page with what was typed, and what stands in the way; the cart, if it is one of its lines."""
    db.session.rollback()
    if error.field in form:
        cast(list[str], form[error.field].errors).append(error.message)
        return checkout_page.show(form, cart, status=error.status, begin=begin)
    if any(line.problem for line in cart.lines) or not cart.lines:
        return shown(cart_owner(request), status=error.status, error=error)
    if isinstance(error, TooManyUnpaid):
        notice_of_unpaid = _unpaid(error)
        return checkout_page.show(form, cart, status=error.status, begin=begin, notice=notice_of_unpaid)
    notice = [error.message]
    if isinstance(error, PricesChanged):
        notice += [
            f"{row.name}: {money(Money(row.now_cents, cart.currency))} each"
            f" instead of {money(Money(row.seen_cents, cart.currency))}."
            for row in error.differences
        ]
    return checkout_page.show(form, cart, status=error.status, begin=begin, notice=" ".join(notice))


def _unpaid(error: TooManyUnpaid) -> str:
    """What is in the way, with a link to each order that is open to this browser: signed in, they are one's own."""
    signed_in = current_user.is_authenticated
    numbers = [number for number in error.numbers if signed_in or number in known_orders()]
    return as_part(
        render_template("storefront/checkout/_unpaid.html", message=error.message, numbers=numbers)
    )


def _wish(form: CheckoutForm, cart: CartView, starts_at: datetime) -> PlaceOrder:
    assert cart.id is not None
    return PlaceOrder(
        cart_id=cart.id,
        checkout_key=form.checkout_key.data or "",
        name=form.name.data or "",
        email=form.email.data or "",
        phone=form.phone.data or "",
        business=Business(form.business_name.data or "", parse_abn(form.business_abn.data or "") or ""),
        starts_at=starts_at,
        accepted_total_cents=form.accepted_total.data or 0,
        accepted_deposit_cents=form.accepted_deposit.data,
        note=form.note.data or "",
        consents=_consents(form),
        user_id=current_user.id if current_user.is_authenticated else None,
        ip=request.remote_addr,
        checkout_minutes=current_app.config["SETTINGS"].checkout_minutes,
        most_unpaid=current_app.config["SETTINGS"].unpaid_orders,
    )


def _consents(form: CheckoutForm) -> tuple[ConsentGiven, ...]:
    """The boxes that were ticked, each with the words beside it. A box left alone says nothing new."""
    boxes = ((form.email_consent, ConsentChannel.EMAIL), (form.sms_consent, ConsentChannel.SMS))
    return tuple(ConsentGiven(channel, box.label.text) for box, channel in boxes if box.data)


def _known() -> dict[str, str]:
    """What we know of this customer already: what they typed before, else what their account says."""
    if draft := flask.session.get(_DRAFT):
        return cast(dict[str, str], draft)
    if current_user.is_authenticated:
        return {"name": current_user.name, "email": current_user.email, "phone": current_user.phone}
    return {}


def _keep(form: CheckoutForm) -> None:
    flask.session[_DRAFT] = {name: (form[name].data or "")[:500] for name in _KEPT}


def _word(form: CheckoutForm) -> None:
    """The shop's own words beside the boxes, and its country for telephone numbers."""
    profile = get_profile(db.session())
    form.country = profile.country
    form.email_consent.label.text = profile.email_consent_wording or "Email me news and offers."
    form.sms_consent.label.text = profile.sms_consent_wording or "Text me news and offers."
    form.terms.label.text = f"I have read the terms of {profile.name}"


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
