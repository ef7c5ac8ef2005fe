"""The two state machines of an order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.core.errors import InvalidTransition
from bakery.infra.transaction import transaction
from bakery.orders import operations
from bakery.orders.models import Order, OrderEvent
from bakery.orders.states import ORDER, PAYMENT, OrderStatus, PaymentStatus
from tests.factories.orders import OrderFactory

BAKER = Actor(None, "baker@saffron.test", "192.0.2.7")
LATER = timedelta(minutes=36)


@pytest.mark.parametrize("current", list(OrderStatus))
@pytest.mark.parametrize("to", list(OrderStatus))
def test_every_move_is_either_named_or_refused(
    session: Session, current: OrderStatus, to: OrderStatus
) -> None:
    order = OrderFactory(status=current, payment_status=PaymentStatus.PAID)
    with transaction() as open_session:
        row = operations.lock_order(open_session, order.id)
        if to in ORDER.allowed(current):
            operations.change_status(open_session, row, to, BAKER)
        else:
            with pytest.raises(InvalidTransition, match="cannot become"):
                operations.change_status(open_session, row, to, BAKER)
    moved = to in ORDER.allowed(current)
    row = session.get_one(Order, order.id)
    assert (row.status, row.version) == ((to, 2) if moved else (current, 1))
    assert len(session.scalars(select(OrderEvent)).all()) == moved


def test_every_state_is_reachable() -> None:
    for machine, start in ((ORDER, OrderStatus.PENDING_PAYMENT), (PAYMENT, PaymentStatus.UNPAID)):
        seen, todo = {start}, [start]
        while todo:
            for state in machine.allowed(todo.pop()) - seen:
                seen.add(state)
                todo.append(state)
        assert seen == set(type(start))


def test_a_refund_of_an_unpaid_order_is_refused(session: Session) -> None:
    order = OrderFactory()
    with pytest.raises(InvalidTransition), transaction() as open_session:
        operations.change_payment_status(
            open_session, operations.lock_order(open_session, order.id), PaymentStatus.REFUNDED
        )
