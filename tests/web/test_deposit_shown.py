"""An order whose deposit is paid: what customer, counter, kitchen and staff are told is still due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.custom_cakes import services as cakes
from bakery.integrations.adapters import Adapters
from bakery.orders import services as orders
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus
from bakery.payments import receipts, services
from bakery.payments.services import cancel_with_refund
from bakery.people.models import Role
from bakery.production.models import Ticket, TicketState
from bakery.production.services import open_tickets
from jobs.orders import send_confirmation
from tests.custom_cakes.offers import accept, offered, order_of
from tests.custom_cakes.requests import AT, NOW
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.payments import steps

ZOHRA = Actor(None, "Zohra")


@pytest.fixture(autouse=True)
def open_shop(session: Session) -> Iterator[None]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        yield


@pytest.fixture
def cake(session: Session, gateway: FakeGateway) -> Order:
    """A cake of 240.00 of which 72.00 is paid."""
    wish = offered(percent=30)
    offer = accept(wish)
    services.start_checkout(offer.order_id, gateway, steps.BASE, offer.until)
    steps.pay(order_of(wish), gateway)
    cakes.follow_orders()
    return order_of(wish)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def page(client: FlaskClient, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200
    return words(BeautifulSoup(answer.text, "html.parser").select_one("main").get_text(" "))


def paper(cake: Order, files: object) -> str:
    pdf = receipts.get_pdf(cake.id, files)
    return words(" ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(pdf.data)).pages))


def test_the_receipt_says_what_was_paid_what_is_due_and_whose_gst_it_shows(
    cake: Order, outside: Adapters
) -> None:
    said = paper(cake, outside.files)
    assert "Total including GST $240.00" in said and "GST included $21.82" in said
    assert re.search(r"Deposit paid by card, \w+ \d+ \w+( \d+)? \$72\.00", said), said
    assert re.search(r"Balance due by .* \$168\.00", said), said
    assert "The GST above is that of the whole order, and there will be no second tax invoice." in said


def test_the_receipt_of_what_is_paid_whole_speaks_of_no_deposit(
    session: Session, gateway: FakeGateway, outside: Adapters
) -> None:
    wish = offered(percent=0)
    offer = accept(wish)
    services.start_checkout(offer.order_id, gateway, steps.BASE, offer.until)
    steps.pay(order_of(wish), gateway)
    said = paper(order_of(wish), outside.files)
    assert "Balance due $0.00" in said and "eposit" not in said


def test_the_confirmation_says_deposit_and_rest_in_both_its_shapes(cake: Order, outside: Adapters) -> None:
    send_confirmation(cake.id)
    assert isinstance(outside.mailer, FakeMailer)
    mail = outside.mailer.sent[-1]
    shapes = (words(mail.text), words(BeautifulSoup(mail.html, "html.parser").get_text(" ")))
    for shape in shapes:
        assert re.search(rf"Your deposit is paid, and your order {cake.number} is confirmed", shape)
        assert "Deposit paid: $72.00" in shape and "$168.00" in shape
        assert "Total paid" not in shape
    assert [each.name for each in mail.attachments] == ["R-000001.pdf"]


def test_staff_see_what_there_is_and_what_is_due_until_it_is_handed_over(
    client: FlaskClient, cake: Order
) -> None:
    sign_in(client, role=Role.MANAGER)
    said = page(client, f"/admin/orders/{cake.number}")
    assert "Deposit paid, $168.00 due" in said
    assert "$72.00 is paid. $168.00 is due by Wednesday 2 December." in said
    assert (
        "Deposit $72.00, of which $36.00 is kept We have $72.00 Still due $168.00 Due by Wednesday 2 Dec"
        in said
    )
    assert "Deposit paid" in page(client, "/admin/orders?view=all")


def test_staff_see_what_is_left_after_a_part_went_back(
    client: FlaskClient, cake: Order, gateway: FakeGateway
) -> None:
    refund = gateway.refund(str(steps.latest(cake).payment_intent_id), 2_000, idempotency_key="by hand")
    steps.tell("refund.updated", refund.raw)
    sign_in(client, role=Role.MANAGER)
    said = page(client, f"/admin/orders/{cake.number}")
    # The price fell by what went back: the rest stays what it was.
    assert "We have $52.00" in said and "Still due $168.00" in said


def test_the_counter_sees_what_is_due_when_the_cake_is_handed_over(
    client: FlaskClient, session: Session, cake: Order
) -> None:
    open_tickets(cake.id)
    with clock.travel(AT - timedelta(minutes=30)):
        sign_in(client, role=Role.COUNTER)
        assert "to be paid" not in page(client, "/kitchen?day=today")
        for ticket in session.scalars(select(Ticket).where(Ticket.order_id == cake.id)):
            ticket.state = TicketState.DONE
        session.commit()
        orders.move_order(cake.id, OrderStatus.READY, ZOHRA)
        said = page(client, "/kitchen?day=today")
        assert "OVERDUE: $168.00. Not all of it is paid; this was due Wed 2 Dec." in said
        assert "Hand over to Laila, $168.00 not paid" in said
        with pytest.raises(Conflict, match="still to be paid"):
            orders.move_order(cake.id, OrderStatus.COLLECTED, ZOHRA)
        orders.move_order(cake.id, OrderStatus.COLLECTED, ZOHRA, owing_cents=16_800)
    # Nobody has entered the rest: it stays in sight.
    sign_in(client, role=Role.MANAGER)
    assert "Still due $168.00" in page(client, f"/admin/orders/{cake.number}")


def test_a_cancelled_order_says_that_the_deposit_comes_back(client: FlaskClient, cake: Order) -> None:
    cancel_with_refund(cake.id, ZOHRA, "the oven is broken")
    client.get(f"/orders/{cake.number}?key={cake.secret}")
    said = page(client, f"/orders/{cake.number}")
    # Half of the deposit is kept, as was said before it was paid.
    assert (
        "What becomes of the money you paid stands below" in said and "$36.00 is to come back to you" in said
    )
    sign_in(client, role=Role.MANAGER)
    said = page(client, f"/admin/orders/{cake.number}")
    assert "Paid, then cancelled" in said and "due when it is handed over" not in said
