"""All of a deposit goes back and the order stands: what is not paid of it stays due, and nothing happens by itself."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.core.actor import SYSTEM
from bakery.core.errors import Conflict
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.books.check_orders import check_orders
from bakery.payments.operations import balance
from bakery.payments.services import cancel_with_refund
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

TOTAL, DEPOSIT = 10_550, 5275


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    """A deposit is paid, and all of it given back."""
    order = refunds.paid(gateway, deposit_cents=DEPOSIT)
    assert order.payment_status == "DEPOSIT_PAID"
    refunds.refunded(order, gateway)
    return steps.reread(order)


def test_what_is_not_paid_stays_due_and_nobody_hands_it_over_unseen(order: Order) -> None:
    assert (order.payment_status, order.held_cents) == ("PARTIALLY_REFUNDED", 0)
    assert order.due_later.cents == TOTAL - DEPOSIT
    with pytest.raises(Conflict, match="still to be paid"):
        orders.check_handover(order, 0)
    [told] = steps.alerts("refund_of_all")
    assert "$52.75 of it is still due" in told.text and "Cancel it, or take the money" in told.text
    assert list(check_orders(lambda done: None)) == []


def test_nobody_is_charged_for_the_rest_by_itself(session: Session, order: Order) -> None:
    order.balance_due_at = order.pickup_at
    session.commit()
    rest = balance.read_rest(session, order, has_card=True)
    assert rest is not None and not rest.has_card


def test_the_rest_may_still_be_paid(order: Order, gateway: FakeGateway) -> None:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    order = steps.reread(order)
    assert (order.payment_status, order.held_cents) == ("PARTIALLY_REFUNDED", TOTAL - DEPOSIT)
    assert order.due_later.cents == 0 and not steps.latest(order).surplus
    assert list(check_orders(lambda done: None)) == []


def test_called_off_it_is_refunded_and_nothing_is_due(order: Order) -> None:
    assert cancel_with_refund(order.id, SYSTEM, "the customer wants nothing any more") is None
    order = steps.reread(order)
    assert (order.status, order.payment_status, order.due.cents) == ("CANCELLED", "REFUNDED", 0)
    assert list(check_orders(lambda done: None)) == []


def test_a_page_that_asks_for_what_was_due_before_is_closed(session: Session, gateway: FakeGateway) -> None:
    order = refunds.paid(gateway, deposit_cents=DEPOSIT)
    page = steps.open_page(order, gateway)
    refunds.refunded(order, gateway, refunds.amount(3000))
    assert [page.id] in steps.owed("jobs.payments.close_session")
    services.close_session(page.id, gateway)
    assert gateway.sessions[str(page.session_id)].status == "expired"
