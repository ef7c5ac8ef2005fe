"""Orders placed for real: with their holds, history and snapshot."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.core import clock
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders import operations, services
from bakery.orders.models import Cart, CartLine, Order
from bakery.orders.services import PlaceOrder
from bakery.orders.states import PaymentStatus
from bakery.scheduling import queries as scheduling
from bakery.scheduling.types import Need
from tests.factories.orders import make_cart


def make_wish(session: Session, cart: Cart, **changes: Any) -> PlaceOrder:
    """What the checkout page would send for a cart: its total (prices include tax) and the first slot that fits."""
    row = session.execute(
        select(
            func.coalesce(func.sum(Variant.price_cents * CartLine.quantity), 0).label("total"),
            func.coalesce(func.sum(Variant.make_minutes * CartLine.quantity), 0).label("minutes"),
            func.coalesce(func.max(Variant.lead_time_hours), 0).label("hours"),
        )
        .join(CartLine, CartLine.variant_id == Variant.id)
        .where(CartLine.cart_id == cart.id)
    ).one()
    values = {
        "cart_id": cart.id,
        "checkout_key": cart.checkout_key,
        "name": "Laila Rahimi",
        "email": "laila@saffron.test",
        "phone": "+61491570156",
        "accepted_total_cents": row.total,
    }
    if "starts_at" not in changes:
        slot = scheduling.earliest_pickup(session, Need(row.hours, row.minutes))
        values["starts_at"] = slot.starts_at if slot else clock.now()
    return PlaceOrder(**values | changes)


def place(*lines: tuple[Variant, int] | tuple[Variant, int, str], **changes: Any) -> Order:
    """An order of `(variant, quantity[, message])`, placed and unpaid. The shop must be open (make_open_shop)."""
    session = db.session()
    cart = make_cart(*lines)
    order_id = services.place_order(make_wish(session, cart, **changes))
    return session.get_one(Order, order_id)


def place_paid(*lines: tuple[Variant, int] | tuple[Variant, int, str], **changes: Any) -> Order:
    """An order placed, and confirmed as if Stripe had said that it is paid."""
    order_id = place(*lines, **changes).id
    with transaction() as session:
        order = operations.lock_order(session, order_id)
        operations.change_payment_status(session, order, PaymentStatus.PAID, reason="test")
        operations.confirm(session, order)
    return order
