"""The rest after a deposit: asked for, paid, paid twice, paid for an order that was called off meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.money import Money
from bakery.integrations.adapters import Adapters
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.models import EventOutcome, TransactionKind
from bakery.payments.operations import ledger
from bakery.payments.operations.attempts import NotPayable
from tests.fakes.gateway import FakeGateway, refund_body
from tests.payments import steps

TOTAL, DEPOSIT = 10_550, 5275
STAFF = Actor(None, "manager@saffron.test")


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    """105.50, of which half is paid."""
    order = steps.pending(deposit_cents=DEPOSIT)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    assert state(order) == ("CONFIRMED", "DEPOSIT_PAID", TOTAL - DEPOSIT)
    return order


def state(order: Order) -> tuple[str, str, int]:
    order = steps.reread(order)
    return order.status, order.payment_status, order.due.cents


def test_the_rest_is_asked_for_on_one_line_and_makes_it_paid(order: Order, gateway: FakeGateway) -> None:
    page = steps.open_page(order, gateway)
    assert (page.kind, page.amount_cents) == ("balance", TOTAL - DEPOSIT)
    [item] = list(gateway.by_key.values())[-1][0].items
    assert (item.amount_cents, item.name) == (TOTAL - DEPOSIT, f"The rest of order {order.number}")
    assert "$105.50 in all, of which $52.75 is paid" in item.description
    assert steps.pay(order, gateway) == EventOutcome.APPLIED
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert steps.ledger(order) == [("charge", DEPOSIT), ("charge", TOTAL - DEPOSIT)]
    assert steps.owed("jobs.orders.send_confirmation") == [[order.id]]
    with pytest.raises(NotPayable, match="already paid"):
        services.start_checkout(order.id, gateway, steps.BASE)


def test_the_rest_may_be_paid_after_the_cake_was_collected(order: Order, gateway: FakeGateway) -> None:
    for status in ("IN_PRODUCTION", "READY", "COLLECTED"):
        orders.move_order(order.id, status, STAFF, owing_cents=TOTAL - DEPOSIT)
    with clock.travel(order.pickup_at + timedelta(days=2)):
        page = steps.open_page(order, gateway)
        assert page.expires_at and page.expires_at > clock.now() + timedelta(hours=20)
        steps.pay(order, gateway)
    assert state(order) == ("COLLECTED", "PAID", 0)


def test_a_page_of_the_rest_extends_no_hold(order: Order, gateway: FakeGateway) -> None:
    hold = order.hold_expires_at
    steps.open_page(order, gateway)
    assert steps.reread(order).hold_expires_at == hold


def test_the_rest_paid_twice_goes_back_once(order: Order, gateway: FakeGateway) -> None:
    first = steps.open_page(order, gateway)
    first.state = "EXPIRED"
    Session.object_session(order).commit()
    second = steps.open_page(order, gateway)
    for page in (second, first):
        steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    assert steps.owed("jobs.payments.refund_late_payment") == [[first.id]]
    services.refund_late_payment(first.id, gateway)
    assert state(order) == ("CONFIRMED", "PAID", 0)
    assert (order.held_cents, order.credited_cents) == (TOTAL, 0)


def test_the_rest_of_a_cancelled_order_goes_back_whole(
    order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    page = steps.open_page(order, gateway)
    services.cancel_with_refund(order.id, STAFF, "the oven broke")
    steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw)
    services.refund_late_payment(page.id, gateway)
    order = steps.reread(order)
    assert (order.status, order.held_cents, order.credited_cents) == ("CANCELLED", DEPOSIT, 0)
    assert "although it is cancelled" in steps.alerts("automatic_refund")[0].text


def test_a_smaller_deposit_after_a_refund_leaves_the_same_rest(order: Order, gateway: FakeGateway) -> None:
    """Ten dollars off: the price falls by what went back, so what is due stays."""
    intent = str(steps.latest(order).payment_intent_id)
    steps.tell("refund.created", refund_body("re_1", intent, 1000))
    assert state(order) == ("CONFIRMED", "PARTIALLY_REFUNDED", TOTAL - DEPOSIT)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    assert state(order) == ("CONFIRMED", "PARTIALLY_REFUNDED", 0)
    assert steps.reread(order).held_cents == TOTAL - 1000


def test_what_was_paid_at_the_counter_meanwhile_makes_the_page_too_much(
    session: Session, order: Order, gateway: FakeGateway
) -> None:
    page = steps.open_page(order, gateway)
    rest = Money(TOTAL - DEPOSIT, "AUD")
    ledger.enter(session, ledger.Entry(order.id, TransactionKind.CASH, rest, "cash:1", actor=STAFF))
    session.commit()
    assert steps.tell("checkout.session.completed", gateway.pay(str(page.session_id)).raw) == "APPLIED"
    assert steps.owed("jobs.payments.refund_late_payment") == [[page.id]]


def test_another_amount_than_the_attempts_marks_nothing_paid(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    assert steps.pay(order, gateway, amount_cents=TOTAL) == EventOutcome.FLAGGED
    assert state(order) == ("CONFIRMED", "DEPOSIT_PAID", TOTAL - DEPOSIT)
