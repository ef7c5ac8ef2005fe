"""Whether what comes back goes on the shelf again."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.orders.models import Order
from bakery.payments.refund_simulation import Choice
from bakery.payments.refund_states import RefundKind
from bakery.stock.models import StockLevel
from bakery.stock.operations import give_back
from tests.factories.catalog import make_cake
from tests.factories.checkout import place
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps


def on_shelf(order: Order) -> list[int]:
    db.session.expire_all()
    return [level.on_hand for level in db.session.scalars(select(StockLevel))]


@pytest.fixture
def boxes(session: Session, gateway: FakeGateway) -> Order:
    """Three boxes off a shelf of five, paid."""
    make_open_shop(session)
    order = place((make_cake(stock=5), 3))
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return order


def test_what_was_baked_stays_off_the_shelf_unless_somebody_says_otherwise(
    boxes: Order, gateway: FakeGateway
) -> None:
    assert [line.to_shelf for line in refunds.shown(boxes, refunds.units(boxes, 2)).lines] == [0]
    refunds.refunded(boxes, gateway, refunds.units(boxes, 1))
    assert on_shelf(boxes) == [2]
    choice = refunds.units(boxes, 1, restock=True)
    assert [line.to_shelf for line in refunds.shown(boxes, choice).lines] == [1]
    refunds.refunded(boxes, gateway, choice)
    assert on_shelf(boxes) == [3]


def test_what_is_back_on_the_shelf_is_not_put_there_twice(
    boxes: Order, gateway: FakeGateway, session: Session
) -> None:
    refunds.refunded(boxes, gateway, refunds.units(boxes, 2, restock=True))
    assert on_shelf(boxes) == [4]
    with transaction() as open_session:
        assert give_back(open_session, boxes.ref, refunds.who(), "the rest")
    assert on_shelf(boxes) == [5]


def test_an_amount_puts_nothing_on_the_shelf(boxes: Order) -> None:
    choice = Choice(RefundKind.AMOUNT, amount_cents=500, restock=True)
    assert [line.to_shelf for line in refunds.shown(boxes, choice).lines] == [0]
