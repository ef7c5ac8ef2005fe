"""Where a request stands at this moment, before any job has noted it."""

from __future__ import annotations

from bakery.core import clock
from bakery.custom_cakes.models import CustomCakeRequest, Quote
from bakery.custom_cakes.states import RequestStatus
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus

_R = RequestStatus
# What an approved request is, by its order.
_FOLLOWS = {
    OrderStatus.PENDING_PAYMENT: _R.APPROVED_AWAITING_PAYMENT,
    OrderStatus.EXPIRED: _R.EXPIRED,
    OrderStatus.CANCELLED: _R.WITHDRAWN,
}


def status_now(row: CustomCakeRequest, order: Order | None) -> RequestStatus:
    """The status, as its order has it where that is ahead: a job brings the request after it within a minute.

    A paid cake whose order was cancelled is called off for whoever looks; the request itself stays paid.
    """
    status = RequestStatus(row.status)
    if status == _R.PAID and order is not None and order.status == OrderStatus.CANCELLED:
        return _R.WITHDRAWN
    if order is None or status not in (_R.APPROVED_AWAITING_PAYMENT, _R.EXPIRED):
        return status
    found = _FOLLOWS.get(OrderStatus(order.status), _R.PAID)
    return found if status == _R.APPROVED_AWAITING_PAYMENT or found == _R.PAID else status


def has_lapsed(row: CustomCakeRequest, quote: Quote | None, order: Order | None) -> bool:
    """Whether an offer that still counts as open has run out."""
    awaits = status_now(row, order) == _R.APPROVED_AWAITING_PAYMENT
    return awaits and quote is not None and quote.expires_at <= clock.now()


def is_payable(row: CustomCakeRequest, quote: Quote | None, order: Order | None) -> bool:
    """Whether the customer may accept this quote and pay it now: the latest, in time, and not paid yet."""
    if quote is None or quote.version != row.quote_version or has_lapsed(row, quote, order):
        return False
    return status_now(row, order) == _R.APPROVED_AWAITING_PAYMENT
