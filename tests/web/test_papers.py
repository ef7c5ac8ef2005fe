"""Papers over HTTP: the customer's own, and the staff's on the order's page."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.models import PaymentKind
from bakery.payments.papers import keys
from bakery.people.models import Role
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.receipts.sales import pay, sold, with_deposit


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    make_open_shop(session)


@pytest.fixture
def order(session: Session) -> Order:
    """A deposit, and then the rest."""
    order = with_deposit()
    issue(order)
    return order


def issue(order: Order) -> None:
    row = pay(order, 5200, f"pi_balance_{order.id}", PaymentKind.BALANCE)
    with transaction() as session:
        receipts.issue_payment_receipt(session, order.id, row)


def open_link(client: FlaskClient, order: Order) -> None:
    client.get(f"/orders/{order.number}?key={order.secret}")


def test_the_customer_finds_both_papers_on_the_orders_page(client: FlaskClient, order: Order) -> None:
    open_link(client, order)
    page = client.get(f"/orders/{order.number}").text
    assert f"/orders/{order.number}/receipt.pdf" in page
    assert f"/orders/{order.number}/payments/1.pdf" in page
    for path in ("receipt.pdf", "payments/1.pdf"):
        answer = client.get(f"/orders/{order.number}/{path}")
        assert answer.status_code == 200 and answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF") and "no-store" in answer.headers["Cache-Control"]


def test_a_strangers_payment_receipt_is_not_found_on_any_order(client: FlaskClient, order: Order) -> None:
    mine = with_deposit()
    assert client.get(f"/orders/{order.number}/payments/1.pdf").status_code == 404
    open_link(client, mine)
    assert client.get(f"/orders/{mine.number}/payments/1.pdf").status_code == 404
    assert client.get(f"/orders/{mine.number}/payments/2.pdf").status_code == 404
    assert client.get(f"/orders/{mine.number}/payments/x.pdf").status_code == 404


def test_staff_find_every_paper_of_an_order(client: FlaskClient, order: Order) -> None:
    sign_in(client, role=Role.COUNTER)
    page = client.get(f"/admin/orders/{order.number}").text
    for label in ("R-000001", "P-000001"):
        address = f"/admin/orders/{order.number}/papers/{label}.pdf"
        assert address in page
        assert client.get(address).data.startswith(b"%PDF")
    other = sold()
    assert client.get(f"/admin/orders/{other.number}/papers/R-000001.pdf").status_code == 404
    assert "not issued yet" in client.get(f"/admin/orders/{other.number}").text
    assert client.get(f"/admin/orders/{other.number}/papers/invoice.pdf").status_code == 200


def test_who_may_not_see_people_sees_no_paper(client: FlaskClient, order: Order) -> None:
    sign_in(client, role=Role.BAKER)
    assert "/papers/" not in client.get(f"/admin/orders/{order.number}").text
    assert client.get(f"/admin/orders/{order.number}/papers/R-000001.pdf").status_code == 403


def test_while_the_key_does_not_open_the_customer_is_told_to_come_back(
    client: FlaskClient, session: Session, outside: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = sold()

    def locked(key_id: int | None = None) -> None:
        raise keys.KeyLocked("0" * 64)

    monkeypatch.setattr(keys, "signer", locked)
    open_link(client, order)
    answer = client.get(f"/orders/{order.number}/receipt.pdf")
    assert answer.status_code == 503
    assert "cannot be printed just now" in answer.text and "SECRET_KEY" not in answer.text
