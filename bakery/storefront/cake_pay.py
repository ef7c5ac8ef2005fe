"""Paying for a custom cake: the one link that stays the same, whatever becomes of the offer and of Stripe's pages.

Looking at it is safe: only after somebody has accepted the offer (a POST) does a GET lead to Stripe, and then to
the one page that is open already. A new one is opened when that has ended, so a mail scanner that follows links
makes nothing before the yes, and at most one page in the life of a page after it.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.abn import parse_abn
from bakery.core.actor import Actor
from bakery.core.errors import DomainError, Invalid
from bakery.custom_cakes import acceptance
from bakery.custom_cakes.acceptance import Offer
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.transaction import end_read
from bakery.orders.business import Business
from bakery.orders.queries import get_order
from bakery.storefront.cake_access import open_request
from bakery.storefront.cake_request_page import CUSTOMER, load_page
from bakery.storefront.cake_requests import shown
from bakery.storefront.forms.buyer import BuyerForm
from bakery.storefront.order_access import remember_order
from bakery.storefront.paying import pay_for

blueprint = Blueprint("cake_pay", __name__, url_prefix="/custom-cakes")

_PLEASE_ACCEPT = "Please read and accept the terms: tick the box, then press the button again."


@blueprint.get("/<number>/pay")
@limiter.limit("30 per minute")
def pay(number: str) -> ResponseReturnValue:
    """To Stripe's page where the offer was accepted, to the offer where it was not yet, or to why it cannot be."""
    row = open_request(db.session(), number)
    number, request_id = row.number, row.id
    page = url_for("cake_requests.show", number=number)
    if _only_looking():
        return redirect(page, 303)
    end_read()
    try:
        offer = acceptance.find_offer(request_id)
    except DomainError as error:
        flash(error.message, "info")
        return redirect(page, 303)
    return _to_stripe(offer, number) if offer.accepted else redirect(f"{page}#offer", 303)


@blueprint.post("/<number>/pay")
@limiter.limit("30 per minute")
def accept(number: str) -> ResponseReturnValue:
    """Accept the offer as the page showed it, with its terms, and go on to Stripe.

    What was offered anew meanwhile is shown again with why (409); an offer that is over is said on its page.
    """
    row = open_request(db.session(), number)
    number, request_id = row.number, row.id
    end_read()
    buyer = BuyerForm()
    try:
        if request.form.get("terms") != "y":
            raise Invalid(_PLEASE_ACCEPT, field="terms")
        terms_version = request.form.get("terms_version", "")
        offer = acceptance.accept(request_id, _shown_version(), terms_version, _actor(), _business(buyer))
    except DomainError as error:
        return _refused(number, error, buyer)
    return _to_stripe(offer, number)


@blueprint.post("/<number>/payment")
@limiter.limit("30 per minute")
def pay_again(number: str) -> ResponseReturnValue:
    """Pay for an offer that was accepted before, with the card that is chosen."""
    row = open_request(db.session(), number)
    number, request_id = row.number, row.id
    end_read()
    try:
        offer = acceptance.find_offer(request_id)
    except DomainError as error:
        flash(error.message, "info")
        return redirect(url_for("cake_requests.show", number=number), 303)
    if not offer.accepted:
        return redirect(url_for("cake_requests.show", number=number) + "#offer", 303)
    return _to_stripe(offer, number)


def _to_stripe(offer: Offer, number: str) -> ResponseReturnValue:
    # The way back from Stripe's page leads to the order.
    remember_order(offer.order_number)
    try:
        url = pay_for(get_order(db.session(), offer.order_id), offer.until)
    except DomainError as error:
        flash(error.message, "warning")
        url = url_for("cake_requests.show", number=number)
    return redirect(url, 303)


def _refused(number: str, error: DomainError, buyer: BuyerForm) -> ResponseReturnValue:
    page = load_page(db.session(), open_request(db.session(), number))
    if page.standing.payable:
        return shown(page, error.status, refusal=error, buyer=buyer)
    # Without an offer there is no place beside it to say why.
    flash(error.message, "info")
    return redirect(url_for("cake_requests.show", number=number), 303)


def _only_looking() -> bool:
    """Whether nobody will see the answer: a link is probed, or fetched in case somebody follows it."""
    return request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", "")


def _shown_version() -> int:
    version = request.form.get("quote_version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0


def _business(form: BuyerForm) -> Business:
    """The business that buys, as it was typed. Refuses (Invalid) what its form refuses, by field."""
    if not form.validate():
        name, [sentence, *_] = next(iter(form.errors.items()))
        raise Invalid(str(sentence), field=str(name))
    return Business(form.business_name.data or "", parse_abn(form.business_abn.data or "") or "")


def _actor() -> Actor:
    return Actor(current_user.id if current_user.is_authenticated else None, CUSTOMER, request.remote_addr)
