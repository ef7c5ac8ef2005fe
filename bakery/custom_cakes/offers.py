"""What staff do with an offer that awaits payment: a new price, the mail once more, the offer taken back."""

from __future__ import annotations

from functools import partial

import structlog
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, InvalidTransition, Unavailable
from bakery.custom_cakes import operations, promise, services
from bakery.custom_cakes.decisions import latest_quote
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.promise import MAX_TEXT, Approve
from bakery.custom_cakes.spec import CakeDesign, from_json
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.transaction import retrying, transaction
from bakery.integrations.gateway.port import Gateway, GatewayUnavailable
from bakery.orders import operations as orders
from bakery.orders.bespoke import place_bespoke
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments.models import PaymentState
from bakery.payments.operations import attempts
from bakery.payments.queries import is_paying
from bakery.payments.services import close_session
from bakery.scheduling import operations as scheduling
from bakery.shop.models import Shop

log = structlog.get_logger(__name__)
_PAYING = "The customer is paying at this moment, so the offer stays as it is. Look again in a minute."
_STILL_OPEN = (
    "The customer's payment page cannot be closed just now, and it still shows the old price. "
    "Nothing was changed: please try again in a minute."
)


def revise(decision: Approve, actor: Actor, gateway: Gateway) -> int:
    """Replace an offer by another: the next quote, and a new unpaid order in place of the old. Answers its id.

    The page on which the old price could be paid is closed first; money that comes for the old order all the same
    is sent back by itself, since that order is cancelled. What the old order held is given back and taken anew in
    the same transaction. Refuses with Conflict a request that has changed or is being paid, with InvalidTransition
    one that awaits no payment, with Unavailable while Stripe cannot be told, and what `approve` refuses.
    """
    _close_page(decision, gateway)
    return retrying(partial(_revise, decision, actor))


def send_again(request_id: int, version: int, actor: Actor) -> None:
    """Send the customer the offer with its link once more. Refuses one that awaits no payment or has run out."""
    with transaction() as session:
        row = _open_offer(session, request_id, version)
        if latest_quote(session, row).expires_at <= clock.now():
            raise Conflict(
                "This quote has run out, so its link is dead. Extend it instead: that sends it, too."
            )
        operations.enter(session, row, "sent again", actor)
        operations.note_in_audit(session, row, actor, "send again", row.status, quote=row.quote_version)
        operations.owe_decision(session, row)


def take_back(request_id: int, version: int, actor: Actor, reason: str) -> None:
    """Withdraw a request or an offer for the shop, with the reason that the customer reads.

    Its capacity is free again, its unpaid order cancelled. Refuses as `services.withdraw` does, and without a reason.
    """
    said = reason.strip()
    if not said or len(said) > MAX_TEXT:
        raise Invalid(f"Tell the customer why, in up to {MAX_TEXT:,} characters.", field="reason")
    services.withdraw(request_id, actor, said, staff=True, expected_version=version)


def _revise(decision: Approve, actor: Actor) -> int:
    with transaction() as session:
        row = _open_offer(session, decision.request_id, decision.version)
        old = orders.lock_order(session, row.order_id or 0)
        _refuse_paid(session, old)
        design, shop = _check(session, row, decision)
        wish = promise.to_bespoke(row, decision, design)
        scheduling.lock_both(session, old.ref, wish.starts_at, wish.agreed)
        orders.cancel(session, old, actor, f"quote {row.quote_version + 1} took its place")
        order = place_bespoke(session, wish, actor)
        row.order_id = order.id
        quote = promise.write_quote(session, row, decision, design, shop, actor)
        operations.enter(session, row, "quote", actor, reason=f"quote {quote.version}: changed")
        operations.note_in_audit(
            session, row, actor, "revise", row.status, decision.override_reason,
            quote=quote.version, price_cents=quote.price_cents, servings=quote.servings, order=order.number,
        )  # fmt: skip
        operations.owe_decision(session, row)
        return quote.id


def _close_page(decision: Approve, gateway: Gateway) -> None:
    """Close the page at Stripe, outside of any transaction, once it is known that the new offer could be made."""
    with transaction() as session:
        row = _open_offer(session, decision.request_id, decision.version)
        _check(session, row, decision)
        page = attempts.waiting(session, row.order_id or 0)
        payment_id = page.id if page is not None and page.session_id is not None else None
    if payment_id is None:
        return
    try:
        close_session(payment_id, gateway)
    except GatewayUnavailable as error:
        log.warning("offer_page_not_closed", payment=payment_id, error=str(error))
        raise Unavailable(_STILL_OPEN) from error


def _open_offer(session: Session, request_id: int, version: int) -> CustomCakeRequest:
    row = operations.lock_request(session, request_id)
    operations.refuse_stale(session, row, version)
    if row.status != RequestStatus.APPROVED_AWAITING_PAYMENT or row.order_id is None:
        raise InvalidTransition("Only an offer that awaits payment can be changed.")
    return row


def _check(session: Session, row: CustomCakeRequest, decision: Approve) -> tuple[CakeDesign, Shop]:
    design = decision.design or from_json(latest_quote(session, row).design)
    shop = session.get_one(Shop, 1)
    promise.check(session, decision, design, shop)
    return design, shop


def _refuse_paid(session: Session, order: Order) -> None:
    """Refuse once money is on its way, or could still be paid on a page at the old price."""
    if order.status != OrderStatus.PENDING_PAYMENT:
        raise Conflict("The order of this offer is paid or over, so its price cannot change any more.")
    page = attempts.waiting(session, order.id)
    if is_paying(session, order.id) or (page is not None and page.session_id is not None):
        raise Conflict(_PAYING)
    if page is not None:
        # Asked of Stripe and not answered yet: its page is closed as soon as it opens.
        attempts.end(page, PaymentState.EXPIRED)
        session.flush()
