"""Who may see an order: its customer, the browser that placed it, or who has its secret link."""

from __future__ import annotations

import flask
from flask_login import current_user

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.core.ids import same_secret
from bakery.infra.db import db
from bakery.orders import queries
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus

_KNOWN = "orders"
MOST = 20
# What a secret is compared with when there is no such order: as long as a real one.
_NOBODYS = "-" * 43


def remember_order(number: str) -> None:
    """Note in the browser's signed session that it knows this order; the oldest fall out."""
    known = [other for other in known_orders() if other != number]
    flask.session[_KNOWN] = [*known, number][-MOST:]


def known_orders() -> list[str]:
    """The numbers this browser knows; sign-in hands them over to its fresh session."""
    return list(flask.session.get(_KNOWN, []))


def find_order(number: str) -> Order:
    """The order under this number, if this person may see it. All others get the same NotFound."""
    order = _lookup(number)
    if order is None or not _is_theirs(order):
        raise NotFound("There is no such order, or it is not yours to see.")
    return order


def waiting_order() -> Order | None:
    """The order that this browser placed last, while it is held and not paid; for who comes back too early."""
    known = known_orders()
    order = _lookup(known[-1]) if known else None
    if order is None or order.status != OrderStatus.PENDING_PAYMENT or order.hold_expires_at <= clock.now():
        return None
    if order.cart_id is None:  # a custom cake's: it has a page of its own, and no checkout
        return None
    return order


def open_by_link(number: str, secret: str) -> str:
    """Check a secret link, remember the order, and answer its number. A miss is the same NotFound.

    The comparison takes the same time whether the order exists or not.
    """
    order = _lookup(number)
    right = same_secret(secret, order.secret if order else _NOBODYS)
    if order is None or not right:
        raise NotFound("There is no such order, or it is not yours to see.")
    remember_order(order.number)
    return order.number


def _lookup(number: str) -> Order | None:
    try:
        return queries.get_order_by_number(db.session(), number)
    except NotFound:
        return None


def _is_theirs(order: Order) -> bool:
    if order.number in known_orders():
        return True
    return bool(current_user.is_authenticated and order.user_id == current_user.id)
