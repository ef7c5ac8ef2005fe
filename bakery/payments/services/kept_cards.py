"""Cards that Stripe keeps: for their owner's next time, or for the rest of one order; and letting go of them.

Stripe is asked outside any transaction. Every function may run twice, late, or be cut short: the next run finishes.
"""

from __future__ import annotations

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.gateway.card_port import CardOnHand
from bakery.integrations.gateway.port import Gateway
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments import mandates
from bakery.payments.card_models import CardMandate, SavedCard, StripeCustomer
from bakery.payments.models import Payment, PaymentChannel, PaymentState
from bakery.payments.operations import attempts, cards
from bakery.payments.operations.payer import Payer
from bakery.payments.services.closing import cancel_card_attempt

log = structlog.get_logger(__name__)


def keep_card(payment_id: int, gateway: Gateway) -> None:
    """Keep the card that a page was paid with, as its customer agreed: on their list, or for the rest of the order."""
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        intent_id, customer_id = payment.payment_intent_id, payment.customer_id
        wanted = payment.state == PaymentState.SUCCEEDED and (payment.save_card or payment.charge_rest)
    if not wanted or intent_id is None or customer_id is None:
        return
    method_id = gateway.get_charge(intent_id).payment_method_id
    card = gateway.get_card(method_id) if method_id else None
    if card is None or card.customer_id != customer_id:
        log.warning("card_not_kept_by_stripe", payment=payment_id)
        return
    _keep(payment_id, card)


def _keep(payment_id: int, card: CardOnHand) -> None:
    with transaction() as session:
        payment = session.get_one(Payment, payment_id)
        order = orders.lock_order(session, payment.order_id)
        customer = cards.lock_named(session, str(card.customer_id))
        if customer is None or customer.removed_at is not None:
            return
        needed = payment.charge_rest and mandates.fill(session, order, card)
        if payment.save_card and customer.user_id is not None:
            cards.keep(session, customer.user_id, card)
        elif not needed:
            # The yes was taken back before the money came.
            cards.owe_detaching(session, card.payment_method_id, "not wanted")


def detach_card(payment_method_id: str, gateway: Gateway) -> None:
    """Let Stripe forget a card that nobody keeps any more. A charge that waits for its owner's bank is called off."""
    with transaction() as session:
        if _is_needed(session, payment_method_id):
            return
        waiting = select(Payment.id).where(
            Payment.payment_method_id == payment_method_id,
            Payment.channel == PaymentChannel.CARD,
            Payment.state.in_(attempts.OPEN_STATES),
        )
        begun = session.scalars(waiting).all()
    for payment_id in begun:
        cancel_card_attempt(payment_id, gateway)
    gateway.detach_card(payment_method_id)


def _is_needed(session: Session, payment_method_id: str) -> bool:
    """Whether a card is on somebody's list, or is to pay the rest of an order."""
    listed = exists().where(SavedCard.payment_method_id == payment_method_id, SavedCard.removed_at.is_(None))
    agreed = exists().where(
        CardMandate.payment_method_id == payment_method_id,
        CardMandate.revoked_at.is_(None),
        CardMandate.released_at.is_(None),
    )
    return bool(session.scalar(select(listed | agreed)))


def revoke_mandate(order_id: int, payer: Payer) -> bool:
    """Nothing of this order is charged by itself any more. False when nothing would have been."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        return mandates.revoke(session, order, payer)


def let_go(order_id: int) -> None:
    """Keep the card of an agreement no longer than it is for: until the rest is paid, or not to be charged."""
    with transaction() as session:
        order = orders.lock_order(session, order_id)
        mandate = session.scalars(
            select(CardMandate)
            .where(CardMandate.order_id == order_id)
            .execution_options(populate_existing=True)
        ).one_or_none()
        if mandate is None or mandate.released_at is not None or _is_for_something(order, mandate):
            return
        mandate.released_at = clock.now()
        session.flush()
        guest = session.scalar(select(StripeCustomer.id).where(StripeCustomer.order_id == order_id))
        if guest is not None:
            row = cards.lock_customer(session, guest)
            row.removed_at = row.removed_at or clock.now()
            cards.owe_deleting(session, row)
        elif mandate.payment_method_id is not None:
            cards.owe_detaching(session, mandate.payment_method_id, f"rest of {order_id} is over")


def _is_for_something(order: Order, mandate: CardMandate) -> bool:
    if order.status == OrderStatus.PENDING_PAYMENT:
        # Who took it back may still agree anew.
        return True
    return mandate.revoked_at is None and order.due_later.cents > 0


def let_go_of_all() -> int:
    """Do so for every order whose rest is paid or will not be charged; answers how many agreements were looked at."""
    with transaction() as session:
        kept = session.scalars(
            select(CardMandate.order_id).where(CardMandate.released_at.is_(None)).order_by(CardMandate.id)
        ).all()
    for order_id in kept:
        let_go(order_id)
    return len(kept)


def delete_customer(row_id: int, gateway: Gateway) -> None:
    """Let Stripe forget somebody who is to be known there no more, with every card."""
    with transaction() as session:
        row = session.get_one(StripeCustomer, row_id)
        if row.removed_at is None or not row.email:
            return
        customer_id, email, reference = row.customer_id, row.email, row.reference
    # One whose answer never came may have been made all the same.
    customer_id = customer_id or gateway.find_customer(email, reference)
    if customer_id is not None:
        gateway.delete_customer(customer_id)
    with transaction() as session:
        row = cards.lock_customer(session, row_id)
        row.customer_id, row.email = row.customer_id or customer_id, ""
