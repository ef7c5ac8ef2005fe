"""Sales for tests: ordered, paid, made, handed over, and what the evidence of them is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.aftercare.models import EvidenceRecord
from bakery.core.actor import Actor
from bakery.custom_cakes import services as cakes
from bakery.custom_cakes.models import RequestPicture
from bakery.infra.db import db
from bakery.messages.models import Channel, Message, MessageStatus
from bakery.orders.models import Order
from bakery.orders.placement import ConsentGiven, PlaceOrder
from bakery.orders.services import place_order
from bakery.orders.states import OrderStatus
from bakery.people.models import ConsentChannel
from bakery.production import services as kitchen
from bakery.scheduling.queries import earliest_pickup
from bakery.scheduling.types import Need
from jobs import evidence as jobs
from tests.custom_cakes import offers
from tests.factories.catalog import make_cake
from tests.factories.orders import make_cart
from tests.factories.shop import make_open_shop
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

BAKER = Actor(None, "Yusuf Karimi")
HERE = "203.0.113.40"


def sold(session: Session, gateway: FakeGateway, *, words: str = "Happy 40th Laila", **changes: Any) -> Order:
    make_open_shop(session)
    cake = make_cake(stock=5)
    cart = make_cart((cake, 1, words))
    slot = earliest_pickup(session, Need(lead_time_hours=24, make_minutes=30))
    assert slot is not None
    wish = {
        "cart_id": cart.id,
        "checkout_key": cart.checkout_key,
        "name": "Laila Rahimi",
        "email": "laila@saffron.test",
        "phone": "+61491570156",
        "starts_at": slot.starts_at,
        "accepted_total_cents": cake.price_cents,
        "consents": (ConsentGiven(ConsentChannel.EMAIL, "Email me news."),),
        "ip": HERE,
    }
    order = session.get_one(Order, place_order(PlaceOrder(**wish | changes)))
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def sold_cake(gateway: FakeGateway, files: FakeFiles, picture: bytes = b"a picture") -> Order:
    """A custom cake with a picture and words to and fro: offered, accepted and paid. The shop is open."""
    wish = offers.offered()
    key = db.session.scalars(select(RequestPicture.key).where(RequestPicture.request_id == wish.id)).one()
    files.put(key, picture, content_type="image/webp")
    cakes.write_message(wish.id, "Could the roses be pink?", offers.CUSTOMER, from_staff=False)
    cakes.write_message(wish.id, "Of course.", BAKER, from_staff=True)
    offers.accept(wish)
    order = offers.order_of(wish)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def hand_over(order: Order) -> None:
    kitchen.open_tickets(order.id)
    db.session.get_one(Order, order.id).status = OrderStatus.READY
    db.session.commit()
    kitchen.collect_order(order.id, BAKER)


def mailed(order: Order, subject: str = "Your order", **changes: Any) -> None:
    values: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "recipient": order.contact_email,
        "template": "order_confirmation",
        "subject_ref": order.ref,
        "status": MessageStatus.SENT,
        "subject": subject,
    }
    db.session.add(Message(**values | changes))
    db.session.commit()


def run_owed(order: Order) -> None:
    """The jobs that keep the evidence of an order, each twice."""
    for args in steps.owed("jobs.evidence.store"):
        if args[0] == order.id:
            jobs.store(*args)
            jobs.store(*args)


def records(order: Order) -> list[EvidenceRecord]:
    db.session.expire_all()
    query = select(EvidenceRecord).where(EvidenceRecord.order_id == order.id).order_by(EvidenceRecord.id)
    return list(db.session.scalars(query))
