"""The customer's yes to an offer and its terms, without which nobody pays for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.custom_cakes import operations
from bakery.custom_cakes.decisions import latest_quote
from bakery.custom_cakes.models import CustomCakeRequest, Quote, QuoteAcceptance
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.transaction import transaction
from bakery.orders import operations as orders
from bakery.orders.business import NOBODY, Business
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.shop.models import Shop

_R = RequestStatus
_CHANGED = "This offer has changed since you opened the page. Please look at it again: nothing was charged."
_OTHER_TERMS = (
    "Our terms have changed since you opened the page. Please look at them again: nothing was charged."
)
_NO_OFFER = "There is nothing to pay for yet: we have not made you an offer."
_RUN_OUT = "The time to pay for this offer has run out. Nothing was charged."
_CALLED_OFF = "This cake was called off, so there is nothing to pay."
_PAID = "This cake is paid already. There is nothing more to pay now."
_WHY_NOT = {
    _R.PENDING_REVIEW: _NO_OFFER,
    _R.CHANGES_REQUESTED: _NO_OFFER,
    _R.REJECTED: _CALLED_OFF,
    _R.WITHDRAWN: _CALLED_OFF,
    _R.EXPIRED: _RUN_OUT,
    _R.PAID: _PAID,
}
# An order is ahead of its request for up to a minute.
_WHY_NOT_ORDER = {OrderStatus.EXPIRED: _RUN_OUT, OrderStatus.CANCELLED: _CALLED_OFF}


class NothingToPay(Conflict):
    """No offer of this request can be paid (any more): says why."""


class OfferChanged(Conflict):
    """What was accepted is not what is offered now."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer that can be paid: its order, its end, and whether exactly this version was accepted."""

    order_id: int
    order_number: str
    until: datetime
    accepted: bool


def find_offer(request_id: int) -> Offer:
    """The offer that a request's pay link leads to. Refuses with NothingToPay."""
    with transaction() as session:
        row = session.get_one(CustomCakeRequest, request_id, populate_existing=True)
        order = session.get(Order, row.order_id or 0, populate_existing=True)
        quote = _live(session, row, order)
        assert order is not None
        return Offer(order.id, order.number, quote.expires_at, find_acceptance(session, quote.id) is not None)


def find_offer_of_order(order_id: int) -> Offer:
    """The offer whose order this is. Refuses as `find_offer`, and one that has given way to another."""
    with transaction() as session:
        request_id = session.scalar(
            select(CustomCakeRequest.id).where(CustomCakeRequest.order_id == order_id)
        )
    if request_id is None:
        raise NothingToPay(_CHANGED)
    return find_offer(request_id)


def accept(
    request_id: int, quote_version: int, terms_version: str, actor: Actor, buyer: Business = NOBODY
) -> Offer:
    """Write down that the customer accepts an offer and the terms that were shown beside it: once, for good.

    With the yes comes the business that buys, if one does: it stands on the tax invoice. A second yes to the same
    version changes nothing. Refuses with NothingToPay an offer that is over, with OfferChanged any version but the
    latest and terms that are not the shop's any more, and with Invalid an ABN that is none.
    """
    buyer.check()
    with transaction() as session:
        row = operations.lock_request(session, request_id)
        order = orders.lock_order(session, row.order_id) if row.order_id else None
        quote = _live(session, row, order)
        assert order is not None
        if quote.version != quote_version:
            raise OfferChanged(_CHANGED, field="quote_version")
        if find_acceptance(session, quote.id) is None:
            shop = session.get_one(Shop, 1, populate_existing=True)
            if terms_version != shop.terms_version:
                raise OfferChanged(_OTHER_TERMS, field="terms_version")
            _write(session, quote, terms_version, actor)
            # The order was placed by the shop; from here on it is agreed to, and under these terms.
            order.awaits_acceptance = False
            order.business_name, order.business_abn = buyer.name, buyer.abn
            order.snapshot = order.snapshot | {"terms_version": terms_version}
        return Offer(order.id, order.number, quote.expires_at, accepted=True)


def find_acceptance(session: Session, quote_id: int) -> QuoteAcceptance | None:
    """The customer's yes to a version; None without one."""
    return session.scalar(select(QuoteAcceptance).where(QuoteAcceptance.quote_id == quote_id))


def find_request_of_order(session: Session, order_id: int) -> str | None:
    """The number of the request whose offer this order is.

    None for an order that a customer placed from a cart.
    """
    return session.scalar(select(CustomCakeRequest.number).where(CustomCakeRequest.order_id == order_id))


def _live(session: Session, row: CustomCakeRequest, order: Order | None) -> Quote:
    """The version that can be paid now. Refuses with NothingToPay, in the customer's words."""
    if row.status != _R.APPROVED_AWAITING_PAYMENT or order is None:
        raise NothingToPay(_WHY_NOT.get(RequestStatus(row.status), _NO_OFFER))
    if order.status != OrderStatus.PENDING_PAYMENT:
        raise NothingToPay(_WHY_NOT_ORDER.get(OrderStatus(order.status), _PAID))
    quote = latest_quote(session, row)
    if quote.expires_at <= clock.now():
        raise NothingToPay(_RUN_OUT)
    return quote


def _write(session: Session, quote: Quote, terms_version: str, actor: Actor) -> None:
    session.execute(
        insert(QuoteAcceptance).values(
            quote_id=quote.id,
            terms_version=terms_version,
            design_hash=quote.design_hash,
            accepted_at=clock.now(),
            actor_id=actor.id,
            actor_label=actor.label,
            ip=actor.ip,
        )
    )
