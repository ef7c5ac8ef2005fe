"""The order that an approval makes, on the pages and papers that know nothing of custom cakes."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.custom_cakes import decisions
from bakery.custom_cakes.models import CustomCakeRequest
from bakery.custom_cakes.states import RequestStatus
from bakery.infra.models import Outbox
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders import cart_services, operations
from bakery.orders.cart_owner import CartOwner
from bakery.orders.models import Order, OrderLine
from bakery.orders.states import PaymentStatus
from bakery.people.models import Role
from bakery.production.services import open_tickets
from jobs import custom_cakes as cake_jobs
from jobs import orders as jobs
from tests.custom_cakes.designs import tier
from tests.custom_cakes.requests import NOW, approval, row, sent, staff
from tests.factories.catalog import make_loaf
from tests.factories.checkout import place_paid
from tests.factories.people import sign_in
from tests.factories.scheduling import sydney
from tests.factories.shop import make_open_shop


@pytest.fixture
def order(session: Session) -> Iterator[Order]:
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        request_id = sent(allergies=["nuts"], allergy_note="Anaphylaxis")
        decisions.approve(approval(request_id, row(request_id).version), staff())
        yield session.get_one(Order, row(request_id).order_id)


def confirm(order: Order) -> None:
    with transaction() as session:
        locked = operations.lock_order(session, order.id)
        operations.change_payment_status(session, locked, PaymentStatus.PAID)
        operations.confirm(session, locked)
    open_tickets(order.id)


def test_the_customer_sees_and_can_pay_it_by_the_link_of_the_order(client: FlaskClient, order: Order) -> None:
    page = client.get(f"/orders/{order.number}?key={order.secret}", follow_redirects=True)
    assert page.status_code == 200
    for words in ("Custom cake", "round, 20 cm", "Happy 40th Laila", "$240.00"):
        assert words in page.text, words


def test_its_request_is_paid_as_soon_as_it_is_and_one_of_the_menu_has_none(
    session: Session, order: Order
) -> None:
    (request_id,) = session.scalars(select(CustomCakeRequest.id))
    cake_jobs.follow_order(order.id)
    assert row(request_id).status == RequestStatus.APPROVED_AWAITING_PAYMENT
    confirm(order)
    owed = session.scalars(select(Outbox).where(Outbox.job == "jobs.custom_cakes.follow_order")).one()
    assert owed.args == [order.id]
    for _ in range(2):
        cake_jobs.follow_order(*owed.args)
    assert row(request_id).status == RequestStatus.PAID
    place_paid((make_loaf(stock=5), 1))
    assert len(session.scalars(select(Outbox.job).where(Outbox.job == owed.job)).all()) == 1


def test_staff_and_kitchen_see_it_with_what_must_not_be_overlooked(client: FlaskClient, order: Order) -> None:
    confirm(order)
    sign_in(client, role=Role.MANAGER)
    page = client.get(f"/admin/orders/{order.number}")
    assert page.status_code == 200 and "Happy 40th Laila" in page.text
    with clock.travel(sydney("2026-12-05 07:00")):
        sign_in(client, role=Role.BAKER)
        board = client.get("/kitchen")
    for words in ("Custom cake", "Happy 40th Laila", "MIND: nuts, Anaphylaxis", "Tree nuts"):
        assert words in board.text, words


def test_the_confirmation_and_its_receipt_can_be_made(
    session: Session, outside: Adapters, order: Order
) -> None:
    confirm(order)
    jobs.send_confirmation(order.id)
    jobs.send_staff_sms(order.id)
    (mail,) = outside.mailer.sent
    assert "Custom cake" in mail.text and mail.attachments[0].data.startswith(b"%PDF")
    assert "round, 20 cm" in str(outside.sms.sent[0])


def test_the_size_of_many_tiers_is_counted_and_never_cut_off(session: Session, order: Order) -> None:
    tiers = [
        tier(diameter_cm=None, length_cm=59.5 - 2 * n, width_cm=40.5 - 2 * n, height_cm=8) for n in range(6)
    ]
    request_id = sent(shape="rectangle", tiers=tiers, decoration="simple")
    at = sydney("2026-12-05 14:00")
    decisions.approve(approval(request_id, row(request_id).version, starts_at=at), staff())
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == row(request_id).order_id)).one()
    assert line.variant_name == "rectangle, 6 tiers from 59.5 × 40.5 cm"


def test_it_cannot_be_put_back_into_a_cart_and_says_so(session: Session, order: Order) -> None:
    (sentence,) = cart_services.refill(CartOwner(token_digest="a" * 64), order.id)
    assert sentence.startswith("Custom cake, round, 20 cm:")
