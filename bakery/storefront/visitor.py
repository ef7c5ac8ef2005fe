"""The bits of a shared page that are one visitor's: cart count, name, flashes."""

from __future__ import annotations

from flask import Blueprint, get_flashed_messages, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.infra.db import db
from bakery.orders import cart_queries
from bakery.storefront.cart_cookie import cart_owner

blueprint = Blueprint("visitor", __name__)


@blueprint.get("/fragments/visitor")
def show() -> ResponseReturnValue:
    """The header's fragment. Never cached."""
    user = current_user if current_user.is_authenticated else None
    count = cart_queries.count_units(db.session(), cart_owner(request))
    body = render_template(
        "storefront/_visitor.html",
        cart_count=count,
        user=user,
        flashes=get_flashed_messages(with_categories=True),
    )
    return body, {"Cache-Control": "private, no-store"}
