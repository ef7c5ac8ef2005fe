"""The view of what customers still owe, and the index that finds it."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM
from bakery.orders.models import Order
from bakery.orders.staff_queries import OrderFilters, list_orders
from bakery.orders.states import STILL_DUE, OrderStatus
from bakery.payments.services import cancel_with_refund
from bakery.people.models import Role
from tests.factories.orders import make_order
from tests.factories.people import sign_in
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


def shown(client: FlaskClient) -> tuple[set[str], str, str]:
    """(numbers listed, the number on the tab, the page)."""
    page = client.get("/admin/orders?view=due").text
    found = re.search(r'Money due <span class="count">(\d+)</span>', page)
    return set(re.findall(r'href="/admin/orders/(SC-[^"]+)"', page)), found[1] if found else "", page


def with_deposit_paid(gateway: FakeGateway) -> Order:
    order = steps.pending(deposit_cents=5275)
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


def test_what_is_still_to_be_paid_is_a_view_of_its_own(
    client: FlaskClient, session: Session, gateway: FakeGateway
) -> None:
    owing, settled, over = (with_deposit_paid(gateway) for _ in range(3))
    steps.open_page(settled, gateway)
    steps.pay(settled, gateway)
    cancel_with_refund(over.id, SYSTEM, "called off")
    make_order()
    sign_in(client, role=Role.COUNTER)
    numbers, count, page = shown(client)
    assert (numbers, count) == ({owing.number}, "1") and "$52.75 due" in page
    row = steps.reread(owing)
    row.status = OrderStatus.COLLECTED
    session.commit()
    with clock.travel(clock.now() + timedelta(days=90)):
        sign_in(client, role=Role.COUNTER)
        assert shown(client)[0] == {owing.number}, "collected, and still to be paid"


def test_the_view_and_the_order_say_the_same(session: Session, gateway: FakeGateway) -> None:
    for status in OrderStatus:
        order = with_deposit_paid(gateway)
        order.status = status
    for paid in ("PAID", "PARTIALLY_REFUNDED", "REFUNDED"):
        with_deposit_paid(gateway).payment_status = paid
    session.commit()
    found = {order.id for order in list_orders(session, OrderFilters("UTC", due_only=True), 1).orders}
    assert found == {order.id for order in session.scalars(select(Order)) if order.due_later.cents}
    assert len(found) == 5


def test_its_index_answers_it(session: Session) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.scalars(text(f"EXPLAIN SELECT id FROM shop_order WHERE {STILL_DUE}")).all()
    assert "ix_shop_order_due" in " ".join(plan)
