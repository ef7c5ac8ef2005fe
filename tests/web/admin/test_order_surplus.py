"""Money that bought nothing, on the page of its order."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments.models import Payment
from bakery.people.models import Role
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps
from tests.payments import surplus_steps as surplus

STILL_HERE = "$105.50 bought nothing and is still here."


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway


@pytest.fixture
def late(gateway: FakeGateway) -> Payment:
    return surplus.late(gateway)


@pytest.fixture
def refused(late: Payment, gateway: FakeGateway) -> Payment:
    surplus.refused(late, gateway)
    return late


@pytest.fixture
def manager(client: FlaskClient, gateway: FakeGateway) -> FlaskClient:
    sign_in(client, role=Role.MANAGER)
    return client


def page_of(payment: Payment) -> str:
    return f"/admin/orders/{db.session.get_one(Order, payment.order_id).number}"


def post(browser: FlaskClient, payment: Payment, path: str, **typed: str):  # type: ignore[no-untyped-def]
    data = {"payment": str(payment.id), **typed}
    return browser.post(f"{page_of(payment)}/surplus/{payment.id}/{path}", data=data)


def test_under_way_it_says_so_and_offers_nothing(manager: FlaskClient, late: Payment) -> None:
    page = manager.get(page_of(late)).text
    assert "$105.50 bought nothing." in page and "on its way back" in page
    assert "Try again" not in page and "Give it another way" not in page


def test_what_did_not_go_says_why_and_is_tried_again(
    manager: FlaskClient, refused: Payment, gateway: FakeGateway
) -> None:
    page = manager.get(page_of(refused)).text
    assert STILL_HERE in page and "did not take the money back" in page
    answer = post(manager, refused, "retry")
    assert answer.status_code == 303 and answer.location.endswith("#money")
    page = manager.get(page_of(refused)).text
    assert "It is sent again." in page and "on its way back" in page
    surplus.work(refused, gateway)
    assert "bought nothing" not in manager.get(page_of(refused)).text


def test_given_in_cash_it_stands_in_the_order_s_money_with_who_and_why(
    manager: FlaskClient, refused: Payment
) -> None:
    for said in ("Noted as given.", "in the books once"):
        assert post(manager, refused, "given", tender="cash", why="Card closed").status_code == 303
        assert said in manager.get(page_of(refused)).text
    page = manager.get(page_of(refused)).text
    assert "Given back in cash" in page and "given back in cash: Card closed" in page
    assert "bought nothing" not in page
    assert surplus.ledger(refused)[1:] == [("cash", -10_550)]


def test_a_transfer_is_no_correction(manager: FlaskClient, refused: Payment) -> None:
    post(manager, refused, "given", tender="bank_transfer", why="Card closed")
    page = manager.get(page_of(refused)).text
    assert "Given back another way" in page and "Corrected" not in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"tender": "cash", "why": ""}, "Say why it goes another way."),
        ({"tender": "external_card", "why": "x" * 501}, "Keep it under 500 characters"),
        ({"tender": "gold", "why": "Card closed"}, "Choose how it is given."),
        ({"tender": "stripe", "why": "Card closed"}, "Choose how it is given."),
    ],
)
def test_what_is_wrong_is_said_with_what_was_typed(
    manager: FlaskClient, refused: Payment, typed: dict[str, str], said: str
) -> None:
    answer = post(manager, refused, "given", **typed)
    assert answer.status_code == 422 and said in answer.text
    assert f'value="{typed["why"]}"' in answer.text
    assert '<details class="disclosure" open><summary>Give it another way' in answer.text
    assert len(surplus.ledger(refused)) == 1


def test_strange_characters_are_harmless(manager: FlaskClient, refused: Payment) -> None:
    answer = post(manager, refused, "given", tender="cash", why="a\x00b<script>")
    assert answer.status_code == 303
    assert "ab&lt;script&gt;" in manager.get(page_of(refused)).text


def test_what_stripe_had_after_all_is_said_on_the_page(
    manager: FlaskClient, refused: Payment, gateway: FakeGateway
) -> None:
    gateway.refund(str(refused.payment_intent_id), 10_550, idempotency_key="dashboard")
    answer = post(manager, refused, "retry")
    assert answer.status_code == 409 and "Stripe had this refund after all" in answer.text
    assert STILL_HERE not in answer.text


def test_a_dispute_takes_the_buttons_away(manager: FlaskClient, refused: Payment) -> None:
    refunds.dispute(db.session.get_one(Order, refused.order_id))
    page = manager.get(page_of(refused)).text
    assert STILL_HERE in page and "Nothing more goes back until it is over" in page
    assert "Give it another way" not in page
    assert post(manager, refused, "retry").status_code == 409


def test_the_counter_sees_it_and_may_not(client: FlaskClient, refused: Payment) -> None:
    sign_in(client, role=Role.COUNTER)
    page = client.get(page_of(refused)).text
    assert STILL_HERE in page and "Give it another way" not in page
    for path in ("retry", "given"):
        assert post(client, refused, path, tender="cash", why="Closed").status_code == 403


def test_a_payment_is_seen_to_on_its_own_order_only(manager: FlaskClient, refused: Payment) -> None:
    other = steps.pending().number
    assert manager.post(f"/admin/orders/{other}/surplus/{refused.id}/retry").status_code == 404
    assert manager.post(f"{page_of(refused)}/surplus/{10**30}/retry").status_code == 404
    assert len(surplus.ledger(refused)) == 1


def test_the_alert_leads_to_the_page(manager: FlaskClient, refused: Payment) -> None:
    page = manager.get("/admin/alerts").text
    assert "on the order&#39;s page" in page and f'href="{page_of(refused)}"' in page
