"""The form that gives money back, and the one that approves it: nothing is done that no page has shown."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments.refund_models import RefundRequest
from bakery.people.models import Role
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.web.storefront.test_checkout import soup

KEY = "the key of this page"
FORM = {"kind": "amount", "amount": "12.50", "reason": "One naan was burnt", "key": KEY}


@pytest.fixture
def order(session: Session, outside: Adapters) -> Order:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return refunds.paid(outside.gateway)


def asked() -> list[RefundRequest]:
    db.session.expire_all()
    return db.session.query(RefundRequest).order_by(RefundRequest.id).all()


def test_what_no_page_has_shown_is_shown_and_not_done(client: FlaskClient, order: Order) -> None:
    sign_in(client, role=Role.MANAGER)
    at = f"/admin/orders/{order.number}/refund"
    shown = client.post(at, data=FORM | {"seen": ""})
    assert shown.status_code == 200 and asked() == []
    page = soup(shown)
    assert "One naan was burnt" in shown.text
    assert [page.find("input", {"name": name})["value"] for name in ("amount", "key")] == ["12.50", KEY]
    seen = str(page.find("input", {"name": "seen"})["value"])
    assert "Give back $12.50" in shown.text and seen
    assert client.post(at, data=FORM | {"seen": seen}).status_code == 303
    assert [request.amount_cents for request in asked()] == [1250]


def test_a_machine_may_leave_the_fingerprint_out(client: FlaskClient, order: Order) -> None:
    sign_in(client, role=Role.MANAGER)
    answer = client.post(
        f"/admin/orders/{order.number}/refund",
        data=json.dumps({"kind": "amount", "amount": 1250, "reason": "One naan was burnt", "key": KEY}),
        headers={"Accept": "application/json"},
        content_type="application/json",
    )
    assert answer.status_code == 201 and len(asked()) == 1


def test_an_approval_without_what_was_shown_is_refused_with_the_page(
    client: FlaskClient, order: Order
) -> None:
    request_id = refunds.ask(order, refunds.amount(1250)).id
    sign_in(client, role=Role.MANAGER)
    at = f"/admin/refunds/{request_id}"
    refused = client.post(f"{at}/approval")
    assert refused.status_code == 409 and "Look at it once more" in refused.text
    assert [request.state for request in asked()] == ["REQUESTED"]
    seen = str(soup(refused).find("input", {"name": "seen"})["value"])
    assert client.post(f"{at}/approval", data={"seen": seen}).status_code == 303
    assert [request.state for request in asked()] != ["REQUESTED"]
