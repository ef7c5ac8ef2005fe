"""A sale from the cart to the kitchen, while webhooks are lost, doubled, late and out of order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments import services
from bakery.payments.models import Payment, Receipt, StripeEvent, Transaction, TransactionKind
from bakery.production.models import Ticket
from bakery.stock.models import StockLevel
from jobs.payments import reconcile
from tests.faults.world import World
from tests.payments.steps import placed

pytestmark = pytest.mark.faults
MAILBOX, BAKER = "laila@saffron.test", "+61491570156"


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    world.open_web()
    yield world
    world.close_web()


def go_to_pay(world: World) -> tuple[int, str]:
    """An order is placed and its hosted page is open: (order, session)."""
    order_id = placed(db.session()).id
    services.start_checkout(order_id, adapters().gateway, world.env["BASE_URL"])
    session_id = db.session.scalars(select(Payment.session_id)).one()
    db.session.rollback()
    return order_id, str(session_id)


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def confirmed(order_id: int) -> bool:
    return db.session.scalar(select(Order.status).where(Order.id == order_id)) == OrderStatus.CONFIRMED


def check_sold_once(world: World, order_id: int) -> None:
    world.wait(lambda: confirmed(order_id))
    world.finish()
    world.sandbox.settle()
    world.finish()
    order = db.session.get_one(Order, order_id)
    assert order.payment_status == PaymentStatus.PAID
    # Stripe's fee is entered when the reconciler comes by.
    charged = select(Transaction.amount_cents).where(Transaction.kind != TransactionKind.FEE)
    assert db.session.scalars(charged).all() == [order.total_cents]
    assert (count(Receipt), count(Ticket)) == (1, 1)
    assert db.session.scalars(select(StockLevel.on_hand)).one() == 0
    [mail] = world.sandbox.mails(MAILBOX)
    assert world.sandbox.attachment(mail, "R-000001.pdf").startswith(b"%PDF")
    [sms] = world.sandbox.sms(BAKER)
    assert order.number in sms["body"] and "'Happy 40th'" in sms["body"]
    world.wait(lambda: ("sms", "cake_alert", "DELIVERED") in world.messages())
    assert len(world.messages()) == 2


@pytest.mark.parametrize(
    ("mode", "options"),
    [("duplicate", {"copies": 3}), ("delay", {"seconds": 1.0})],
)
def test_webhooks_doubled_or_late(shop: World, mode: str, options: dict[str, float]) -> None:
    order_id, session_id = go_to_pay(shop)
    shop.sandbox.fault("webhooks", mode, **options)
    shop.sandbox.pay(session_id)
    check_sold_once(shop, order_id)


def test_webhooks_in_reverse_and_then_all_again(shop: World) -> None:
    order_id, session_id = go_to_pay(shop)
    shop.sandbox.fault("webhooks", "hold")
    shop.sandbox.pay(session_id)
    shop.sandbox.clear_faults()
    shop.sandbox.release("reversed")
    shop.wait(lambda: confirmed(order_id))
    for event in shop.sandbox.events():
        shop.sandbox.resend(event["id"])
    check_sold_once(shop, order_id)


def test_webhooks_that_never_come_are_found_by_the_reconciler(shop: World) -> None:
    order_id, session_id = go_to_pay(shop)
    shop.sandbox.fault("webhooks", "drop")
    shop.sandbox.pay(session_id)
    shop.sandbox.settle()
    assert not confirmed(order_id)
    reconcile()
    check_sold_once(shop, order_id)
    shop.sandbox.clear_faults()
    for event in shop.sandbox.events():
        shop.sandbox.resend(event["id"])
    check_sold_once(shop, order_id)


def test_redis_stopped_from_the_payment_on(shop: World) -> None:
    order_id, session_id = go_to_pay(shop)
    shop.stop_redis()
    shop.sandbox.pay(session_id)
    shop.wait(lambda: count(StripeEvent) > 0)
    assert not confirmed(order_id)
    shop.start_redis()
    shop.time_passes()
    check_sold_once(shop, order_id)


def test_the_web_away_when_stripe_reports_and_the_worker_killed_when_it_comes_back(shop: World) -> None:
    order_id, session_id = go_to_pay(shop)
    shop.close_web()
    shop.kill("urgent")
    shop.sandbox.pay(session_id)
    shop.open_web()
    shop.wait(lambda: count(StripeEvent) > 0)
    shop.start("urgent")
    check_sold_once(shop, order_id)
