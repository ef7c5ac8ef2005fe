"""One cart, three answers: the page, the fragment for htmx (page or drawer), and JSON when asked for JSON."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, g, jsonify, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.core.errors import DomainError, NotFound
from bakery.infra import htmx
from bakery.infra.db import db
from bakery.orders.cart_owner import CartOwner
from bakery.orders.cart_queries import CartView, LineView, load_cart
from bakery.orders.cart_services import Changed
from bakery.storefront.cart_summary import Summary, summarise
from bakery.storefront.order_access import waiting_order


def wants_json() -> bool:
    """JSON is preferred by the Accept header, or JSON was sent and nothing else is asked for."""
    return htmx.wants_json() or (request.is_json and not htmx.wants_fragment())


def shown(
    owner: CartOwner,
    *,
    status: int = 200,
    error: DomainError | None = None,
    said: str = "",
    undo: Changed | None = None,
) -> Response:
    """The cart as it is, with what has just been said or refused."""
    session = db.session()
    cart = load_cart(session, owner)
    summary = summarise(session, cart)
    if wants_json():
        return make_response(jsonify({"cart": as_json(cart, summary)}), status)
    context: dict[str, Any] = {"cart": cart, "summary": summary, "cart_count": cart.units}
    context |= {"error": error, "said": said, "undo": undo, "place": _place(), "back": _back()}
    context["waiting"] = None if cart.lines else waiting_order()
    context["user"] = current_user if current_user.is_authenticated else None
    response = htmx.render(
        "storefront/cart/page.html", fragment="storefront/cart/_answer.html", status=status, **context
    )
    return private(response)


def changed(owner: CartOwner, said: str, *, status: int = 200, undo: Changed | None = None) -> Response:
    """After a change: the new cart for htmx and JSON, back to the cart page for everybody else."""
    if wants_json():
        return shown(owner, status=status)
    if htmx.wants_fragment():
        return shown(owner, said=said, undo=undo)
    flash(said, "success")
    return htmx.see_other(url_for("cart.show"))


def refused(owner: CartOwner, error: DomainError) -> ResponseReturnValue:
    """After a refusal: JSON that names the field; for people the cart as it stands, with the sentence on top."""
    db.session.rollback()
    if wants_json():
        body = {"message": error.message, "field": error.field, "request_id": g.get("request_id")}
        return private(make_response(jsonify({"error": body}), error.status))
    if isinstance(error, NotFound) and not htmx.wants_fragment():
        raise error
    return shown(owner, status=error.status, error=error)


def private(response: Response) -> Response:
    """One person's: no copy of it is kept anywhere."""
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def as_json(cart: CartView, summary: Summary) -> dict[str, Any]:
    """The cart in JSON; amounts in minor units, times in UTC."""
    return {
        "currency": cart.currency,
        "count": cart.units,
        "items": [_line_json(line) for line in cart.lines],
        "total_cents": summary.total.cents,
        "tax_cents": summary.tax.cents,
        "prices_include_tax": cart.prices_include_tax,
        "earliest_pickup": summary.earliest.isoformat() if summary.earliest else None,
        "orderable": cart.orderable,
    }


def _line_json(line: LineView) -> dict[str, Any]:
    return {
        "id": line.id,
        "variant_id": line.variant_id,
        "product": line.product_name,
        "variant": line.variant_name,
        "url": f"/menu/{line.slug}",
        "quantity": line.quantity,
        "message": line.message,
        "unit_price_cents": line.unit.cents,
        "total_cents": line.total.cents,
        "available": line.allowed,
        "problem": line.problem or ("price" if line.price_changed else None),
        "seen_price_cents": line.seen.cents,
    }


def _place() -> str:
    # htmx names the element that will take the answer; everything but the page's own cart is the drawer.
    return (
        "page"
        if request.headers.get("HX-Target") == "cart-in-page" or not htmx.wants_fragment()
        else "drawer"
    )


def _back() -> str:
    """The shop page that the request came from, for a way back; a path only, never another site."""
    came = urlsplit(request.referrer or "")
    return came.path if came.netloc == request.host and came.path.startswith("/menu") else "/menu"
