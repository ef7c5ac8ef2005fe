"""The steps of a sale up to and after the payment, as sentences for tests."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.catalog.models import Variant
from bakery.infra.db import db
from bakery.infra.models import Outbox
from bakery.messages.models import StaffAlert
from bakery.orders.models import Order, OrderEvent
from bakery.orders.placement import PlaceOrder
from bakery.orders.services import place_order
from bakery.payments import services
from bakery.payments.models import EventOutcome, Payment, StripeEvent, Transaction
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need
from bakery.shop.models import Shop
from tests.factories.catalog import VariantFactory, make_cake
from tests.factories.orders import make_cart, make_order
from tests.factories.shop import ShopFactory, make_open_shop
from tests.fakes.gateway import FakeGateway

BASE = "http://localhost"
_events = itertools.count(1)


def pending(**changes: Any) -> Order:
    """An order of one walnut cake and three naan that waits for its 105.50, in a shop."""
    if db.session.get(Shop, 1) is None:
        ShopFactory()
    cake = VariantFactory(price_cents=8600)
    naan = VariantFactory(price_cents=650)
    return make_order((cake, 1, "Happy 40th Laila"), (naan, 3), **changes)


def open_page(order: Order, gateway: FakeGateway) -> Payment:
    """The customer has gone to the hosted page."""
    services.start_checkout(order.id, gateway, BASE)
    return latest(order)


def latest(order: Order) -> Payment:
    query = select(Payment).where(Payment.order_id == order.id).order_by(Payment.id.desc())
    return db.session.scalars(query).first()


def an_event(kind: str, body: dict[str, Any], event_id: str | None = None) -> dict[str, Any]:
    return {
        "id": event_id or f"evt_{next(_events)}",
        "object": "event",
        "type": kind,
        "data": {"object": body},
    }


def tell(kind: str, body: dict[str, Any], event_id: str | None = None) -> EventOutcome:
    """An event arrives and its job runs."""
    return services.apply_event(services.record_event(an_event(kind, body, event_id)))


def pay(order: Order, gateway: FakeGateway, **reported: Any) -> EventOutcome:
    """The customer pays on the open page, and Stripe tells."""
    page = gateway.pay(str(latest(order).session_id), **reported)
    return tell("checkout.session.completed", page.raw)


def reread(order: Order) -> Order:
    db.session.expire_all()
    return db.session.get_one(Order, order.id)


def ledger(order: Order) -> list[tuple[str, int]]:
    query = select(Transaction).where(Transaction.order_id == order.id).order_by(Transaction.id)
    return [(row.kind, row.amount_cents) for row in db.session.scalars(query)]


def owed(job: str) -> list[list[Any]]:
    """The arguments of every row owed for a job, done or not."""
    return [
        row.args for row in db.session.scalars(select(Outbox).where(Outbox.job == job).order_by(Outbox.id))
    ]


def alerts(kind: str | None = None) -> list[StaffAlert]:
    query = select(StaffAlert).order_by(StaffAlert.id)
    return list(db.session.scalars(query.where(StaffAlert.kind == kind) if kind else query))


def steps(order: Order) -> list[tuple[str, str | None]]:
    """The order's history: (kind, to)."""
    query = select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    return [(row.kind, row.to_state) for row in db.session.scalars(query)]


def stored(event_id: str) -> StripeEvent:
    db.session.expire_all()
    return db.session.scalars(select(StripeEvent).where(StripeEvent.event_id == event_id)).one()


def placed(session: Session, *, on_hand: int = 1, **plan: Any) -> Order:
    """An order that really holds the last cake and a slot, in an open shop."""
    make_open_shop(session, **plan)
    return place(session, make_cake(stock=on_hand))


def place(session: Session, cake: Variant) -> Order:
    """One more order of this cake, at the earliest slot."""
    cart = make_cart((cake, 1, "Happy 40th"))
    slot = earliest_pickup(session, Need(lead_time_hours=24, make_minutes=30))
    assert slot is not None
    wish = PlaceOrder(
        cart_id=cart.id,
        checkout_key=cart.checkout_key,
        name="Laila Rahimi",
        email="laila@saffron.test",
        phone="+61491570156",
        starts_at=slot.starts_at,
        accepted_total_cents=cake.price_cents,
    )
    return session.get_one(Order, place_order(wish))
