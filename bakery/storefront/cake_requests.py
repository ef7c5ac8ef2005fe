"""A request's own page: what becomes of the wish, the offer and what changed in it, messages, taking it back."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.abn import format_abn
from bakery.core.actor import Actor
from bakery.core.errors import DomainError
from bakery.custom_cakes import services
from bakery.custom_cakes.models import RequestPicture
from bakery.custom_cakes.preview import draw_preview
from bakery.custom_cakes.spec import CakeDesign
from bakery.custom_cakes.uploads import sign_link
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.infra.templates import as_part
from bakery.infra.transaction import end_read
from bakery.storefront.cake_access import open_request
from bakery.storefront.cake_request_page import CUSTOMER, ROAD, Page, load_page
from bakery.storefront.cart_answers import private
from bakery.storefront.forms.buyer import BuyerForm
from bakery.storefront.forms.cake_request import MessageForm, WithdrawForm
from bakery.storefront.order_access import known_orders, remember_order
from bakery.storefront.paying import ways

blueprint = Blueprint("cake_requests", __name__, url_prefix="/custom-cakes")

# A page that is left open asks every few seconds; its pictures stay good for a long look at them.
PICTURE_LIFE = timedelta(hours=2)


@blueprint.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    """The page, or its live part for htmx (304 when nothing changed). A secret link is taken and hidden."""
    row = open_request(db.session(), number)
    if "key" in request.args:
        return redirect(url_for("cake_requests.show", number=row.number), 303)
    page = load_page(db.session(), row)
    if htmx.wants_fragment():
        return _live(page)
    return shown(page)


@blueprint.post("/<number>/messages")
@limiter.limit("30 per hour")
def write(number: str) -> ResponseReturnValue:
    """Write to the bakery. It is on the page at once, and in the bakery's mailbox soon."""
    row = open_request(db.session(), number)
    number, request_id = row.number, row.id
    form = MessageForm()
    end_read()
    if not form.validate_on_submit():
        return _unsaid(number, form)
    try:
        services.write_message(request_id, form.text.data or "", _actor(), from_staff=False)
    except DomainError as error:
        return _refused(number, error)
    if htmx.wants_fragment():
        return _live(
            load_page(db.session(), open_request(db.session(), number)), said="Your message is sent."
        )
    flash("Your message is sent.", "success")
    return redirect(url_for("cake_requests.show", number=number) + "#messages", 303)


@blueprint.route("/<number>/withdraw", methods=["GET", "POST"])
def withdraw(number: str) -> ResponseReturnValue:
    """Ask once, then take the request back: what it held is free, and there is nothing to pay."""
    row = open_request(db.session(), number)
    if "key" in request.args:
        return redirect(url_for("cake_requests.withdraw", number=row.number), 303)
    page = load_page(db.session(), row)
    back = url_for("cake_requests.show", number=row.number)
    if not page.standing.may_withdraw:
        flash("There is nothing to call off any more.", "info")
        return redirect(back, 303)
    form = WithdrawForm()
    if not form.validate_on_submit():
        answer = render_template("storefront/custom_cakes/request_withdraw.html", page=page, form=form)
        return private(make_response(answer, 422 if request.method == "POST" else 200))
    request_id = row.id
    end_read()
    try:
        services.withdraw(request_id, _actor(), form.reason.data or "")
    except DomainError as error:
        flash(error.message, "warning")
    else:
        flash("Your cake is called off. There is nothing to pay.", "success")
    return redirect(back, 303)


def shown(page: Page, status: int = 200, **more: Any) -> Response:
    """The whole page. `refusal` (a DomainError) is said where the customer accepts the offer."""
    answer = render_template("storefront/custom_cakes/request.html", **_context(page) | more)
    return private(make_response(answer, status))


def _live(page: Page, **more: Any) -> Response:
    response = make_response("")
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update(htmx.VARY)
    if not more:
        response.set_etag(page.standing.etag)
        if request.if_none_match.contains(page.standing.etag):
            response.status_code = 304
            return response
    response.set_data(render_template("storefront/custom_cakes/_request.html", **_context(page) | more))
    return response


def _unsaid(number: str, form: MessageForm) -> ResponseReturnValue:
    """What was written stays in its field, with why it was not sent."""
    page = load_page(db.session(), open_request(db.session(), number))
    if not htmx.wants_fragment():
        return shown(page, 422, form=form)
    answer = render_template("storefront/custom_cakes/_request_write.html", **_context(page) | {"form": form})
    response = private(make_response(answer, 422))
    response.headers["HX-Retarget"] = "#write"
    return response


def _refused(number: str, error: DomainError) -> ResponseReturnValue:
    """The page as it is now, with why nothing was done."""
    page = load_page(db.session(), open_request(db.session(), number))
    if not htmx.wants_fragment():
        return shown(page, error.status, refusal=error)
    response = _live(page, refusal=error)
    response.status_code = error.status
    return response


def _context(page: Page) -> dict[str, Any]:
    if page.order is not None and page.order.number not in known_orders():
        # Whoever may see the request may see the order that it became.
        remember_order(page.order.number)
    return {
        "page": page,
        "row": page.request,
        "state": page.standing,
        "road": ROAD,
        "drawing": drawing(page.design),
        "pictures": [picture_link(picture) for picture in page.file.pictures],
        "form": MessageForm(formdata=None),
        "paying": ways(db.session(), page.order) if page.standing.payable else None,
        "buyer": BuyerForm(formdata=None, data=_buyer(page)),
    }


def _buyer(page: Page) -> dict[str, str]:
    """The business that was named with an earlier yes."""
    order = page.order
    return (
        {"business_name": order.business_name, "business_abn": format_abn(order.business_abn)}
        if order
        else {}
    )


# A drawing takes longer than all the rest of a page, and a few cakes are looked at again and again.
@lru_cache(maxsize=24)
def drawing(design: CakeDesign) -> str:
    """The cake as SVG, to be put into a page as it is: every word in it is escaped by who draws it."""
    return as_part(draw_preview(design))


def picture_link(picture: RequestPicture) -> tuple[str, int, int]:
    """(address, width, height) of a picture that the customer sent; good for a while, for who has the link."""
    token = sign_link(current_app.config["SECRET_KEY"], picture.key, PICTURE_LIFE)
    return f"/custom-cakes/pictures/{token}", picture.width, picture.height


def _actor() -> Actor:
    return Actor(current_user.id if current_user.is_authenticated else None, CUSTOMER, request.remote_addr)
