"""The cookie by which a browser is known as the owner of a cart."""

from __future__ import annotations

from flask import Request, Response, current_app
from flask_login import current_user

from bakery.core import ids
from bakery.infra.db import db
from bakery.orders import cart_queries
from bakery.orders.cart_owner import CartOwner

NAME = "cart"
KEEP = 60 * 24 * 3600


def cart_owner(request: Request) -> CartOwner:
    """Who is asking: the person signed in, else the browser by its token, else nobody."""
    if current_user.is_authenticated:
        return CartOwner(user_id=current_user.id)
    digest = token_digest(request)
    return CartOwner(token_digest=digest)


def token_digest(request: Request) -> str | None:
    """The digest of the browser's token, if it carries one. What sign-in hands to `merge_carts`."""
    token = request.cookies.get(NAME, "")
    return ids.digest(token) if token else None


def owner_for_adding(request: Request) -> tuple[CartOwner, str | None]:
    """Who is adding, and the new token to send when the browser has none that is known.

    A token that no cart has is never taken over: nobody can hand a browser a token of their own.
    """
    owner = cart_owner(request)
    if owner.user_id is not None or cart_queries.has_cart(db.session(), owner):
        return owner, None
    token = ids.new_secret()
    return CartOwner(token_digest=ids.digest(token)), token


def send_token(response: Response, token: str | None) -> Response:
    """Give the browser its token, if there is a new one."""
    if token:
        response.set_cookie(
            NAME,
            token,
            max_age=KEEP,
            httponly=True,
            samesite="Lax",
            secure=current_app.config["SETTINGS"].https,
        )
    return response


def forget_token(response: Response) -> Response:
    """Take the token away, once its cart belongs to a person."""
    response.delete_cookie(NAME, httponly=True, samesite="Lax")
    return response
