"""Who somebody is at Stripe: made on first need, once.

As with a payment, the row and its idempotency key are committed first and Stripe is asked outside any transaction. A
process that dies in between leaves a row whose next need gets the same customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import Conflict, Unavailable
from bakery.infra.transaction import end_read, transaction
from bakery.integrations.gateway.card_port import CustomerRequest
from bakery.integrations.gateway.port import Gateway, GatewayRefused, GatewayUnavailable
from bakery.orders.models import Order
from bakery.payments.card_models import StripeCustomer
from bakery.payments.operations import cards
from bakery.payments.operations.payer import Payer
from bakery.people.models import User

log = structlog.get_logger(__name__)
# Stripe forgets an idempotency key after a day; from a little before on we look for what it made.
KEY_LASTS = timedelta(hours=23)
AWAY = "Your card cannot be saved right now. Nothing was charged: please try again in a minute."
CLOSED = "No card can be kept here any more. Nothing was charged."


@dataclass(frozen=True)
class _Need:
    """A committed row. `request` asks Stripe for its customer, word for word the same each time."""

    row_id: int
    customer_id: str | None
    request: CustomerRequest
    since: datetime


def customer_of_payer(order_id: int, payer: Payer, gateway: Gateway) -> str | None:
    """Whose the card becomes that this payer types: their account's, else a guest's; nobody's if it is not kept."""
    if not payer.keeps_card:
        return None
    if payer.user_id is not None:
        return customer_of_user(payer.user_id, gateway)
    with transaction() as session:
        # Only a deposit has a rest to be charged: nobody else becomes a customer as a guest.
        deposit = session.get_one(Order, order_id).asks_deposit
    return customer_of_order(order_id, gateway) if deposit else None


def customer_of_user(user_id: int, gateway: Gateway) -> str:
    """Stripe's id of an account's customer. Raises Unavailable when Stripe is away, Conflict for a closed account."""
    end_read()
    with transaction() as session:
        user = session.get_one(User, user_id, populate_existing=True)
        if not user.active:
            raise Conflict(CLOSED)
        need = _find_or_write(session, user.email, user_id=user_id)
    return need.customer_id or _make(need, gateway)


def customer_of_order(order_id: int, gateway: Gateway) -> str:
    """Stripe's id of the guest who agreed that the rest of this order is charged to their card."""
    end_read()
    with transaction() as session:
        order = session.get_one(Order, order_id)
        need = _find_or_write(session, order.contact_email, order_id=order_id)
    return need.customer_id or _make(need, gateway)


def _find_or_write(session: Session, email: str, **whose: int) -> _Need:
    """The row of this user or order; whoever comes at once waits for the first one's and finds it."""
    session.execute(
        insert(StripeCustomer)
        .values(email=email, idempotency_key=cards.new_key(), created_at=clock.now(), **whose)
        .on_conflict_do_nothing(index_elements=list(whose))
    )
    row = session.scalars(
        select(StripeCustomer).filter_by(**whose).execution_options(populate_existing=True)
    ).one()
    if row.removed_at is not None:
        raise Conflict(CLOSED)
    request = CustomerRequest(row.email, row.reference, row.idempotency_key)
    return _Need(row.id, row.customer_id, request, row.created_at)


def _make(need: _Need, gateway: Gateway) -> str:
    try:
        made = _find_lost(need, gateway) or gateway.create_customer(need.request)
    except (GatewayUnavailable, GatewayRefused) as error:
        log.warning("no_stripe_customer", row=need.row_id, error=str(error))
        raise Unavailable(AWAY) from error
    with transaction() as session:
        row = cards.lock_customer(session, need.row_id)
        row.customer_id = row.customer_id or made
        if row.removed_at is not None:
            cards.owe_deleting(session, row)
        known, gone = row.customer_id, row.removed_at is not None
    if gone:
        raise Conflict(CLOSED)
    return known


def _find_lost(need: _Need, gateway: Gateway) -> str | None:
    """What an earlier try made whose answer never came, once Stripe has forgotten its key."""
    if clock.now() - need.since < KEY_LASTS:
        return None
    return gateway.find_customer(need.request.email, need.request.reference)
