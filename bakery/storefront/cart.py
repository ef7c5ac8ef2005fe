"""The cart: adding, changing, removing, for browsers with and without scripts and for JSON clients.

These addresses are posted to from shared, cached pages, which carry no token of one visitor: the origin
guard (infra.origin) and the SameSite cookies protect them instead.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from bakery.core.errors import DomainError
from bakery.infra.limits import limiter
from bakery.infra.transaction import only_read
from bakery.orders import cart_services
from bakery.orders.cart_owner import CartOwner
from bakery.storefront.cart_answers import changed, refused, shown
from bakery.storefront.cart_cookie import cart_owner, owner_for_adding, send_token
from bakery.storefront.cart_input import ChangeInput, read_change, read_item

blueprint = Blueprint("cart", __name__)
# Read by the factory; see above.
blueprint.csrf_exempt = True  # type: ignore[attr-defined]


@blueprint.get("/cart")
def show() -> ResponseReturnValue:
    """The cart: page, drawer or JSON."""
    only_read()
    return shown(cart_owner(request))


@blueprint.post("/cart/items")
@limiter.limit("120 per minute")
def add() -> ResponseReturnValue:
    """Put something into the cart. 422 names the field that cannot be; 409 says what is left."""
    owner = cart_owner(request)
    try:
        item = read_item()
        owner, token = owner_for_adding(request)
        done = cart_services.add_item(owner, item.variant_id, item.quantity, item.message)
    except DomainError as error:
        return refused(owner, error)
    response = changed(owner, f"{done.name}: {done.quantity} in your cart.", status=201)
    return send_token(response, token)


@blueprint.patch("/cart/items/<int:line_id>")
def change(line_id: int) -> ResponseReturnValue:
    """Change a line's quantity or message; 0 removes it. Another cart's line is not found."""
    owner = cart_owner(request)
    try:
        return _change(owner, line_id, read_change())
    except DomainError as error:
        return refused(owner, error)


@blueprint.delete("/cart/items/<int:line_id>")
def remove(line_id: int) -> ResponseReturnValue:
    """Take a line out. Another cart's line is not found."""
    owner = cart_owner(request)
    try:
        return _remove(owner, line_id)
    except DomainError as error:
        return refused(owner, error)


@blueprint.post("/cart/items/<int:line_id>")
def change_by_form(line_id: int) -> ResponseReturnValue:
    """The same for a browser without scripts: a form with the quantity, the message, or `remove`."""
    return change(line_id)


@blueprint.post("/cart/prices")
def accept_prices() -> ResponseReturnValue:
    """The customer has seen the prices that changed, and goes on."""
    owner = cart_owner(request)
    try:
        cart_services.accept_prices(owner)
    except DomainError as error:
        return refused(owner, error)
    return changed(owner, "Thank you. Today's prices are in your cart.")


def _change(owner: CartOwner, line_id: int, wish: ChangeInput) -> ResponseReturnValue:
    if wish.remove or wish.quantity == 0:
        return _remove(owner, line_id)
    done = cart_services.change_item(owner, line_id, quantity=wish.quantity, message=wish.message)
    if wish.message is not None:
        return changed(owner, f"We will write “{done.message}”." if done.message else "No message, then.")
    return changed(owner, f"{done.name}: {done.quantity} in your cart.")


def _remove(owner: CartOwner, line_id: int) -> ResponseReturnValue:
    gone = cart_services.remove_item(owner, line_id)
    return changed(owner, f"{gone.name} is out of your cart.", undo=gone)
