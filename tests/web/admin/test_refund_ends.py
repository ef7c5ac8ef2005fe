"""Ending a refund on its page: what is offered when, and what is said."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.refund_states import Tender
from bakery.people.models import Role
from tests.factories.people import sign_in
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.payments import dispute_steps as told
from tests.payments import refund_steps as refunds
from tests.payments import steps


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway


@pytest.fixture
def order(gateway: FakeGateway) -> Order:
    return refunds.paid(gateway)


@pytest.fixture
def to_give(order: Order, gateway: FakeGateway) -> int:
    """All of it was sent, came back, and is to be transferred."""
    request_id = refunds.refunded(order, gateway)
    [part] = refunds.parts(request_id)
    steps.tell("refund.failed", gateway.settle(str(part.stripe_refund_id), "failed").raw)
    services.give_otherwise(part.id, refunds.who(), Tender.BANK_TRANSFER, "Card closed", gateway)
    return request_id


def test_from_not_given_to_its_end(client: FlaskClient, to_give: int, order: Order) -> None:
    sign_in(client, role=Role.MANAGER)
    at = f"/admin/refunds/{to_give}"
    path = f"{at}/parts/{refunds.parts(to_give)[-1].id}/not-given"
    assert "It is not given" in client.get(at).text
    bare = client.post(path, data={"not_given": ""})
    assert bare.status_code == 422 and "Say why it is not given." in bare.text
    told.open_dispute(order)
    assert client.post(path, data={"not_given": "Their bank decides"}).status_code == 303
    page = client.get(at).text
    assert "did not give it: Their bank decides" in page and "Leave it at that" not in page
    steps.tell(told.CLOSED, told.body_of(order, "lost", told.taken(order)))
    page = client.get(at).text
    assert "Leave it at that" in page and "The credit note stays" in page
    assert client.post(f"{at}/end", data={"answer": "They have it"}).status_code == 303
    page = client.get(at).text
    assert "Settled: the customer has this money by another way" in page
    assert "the bank gave this money back to the customer in the dispute" in page


def test_the_counter_neither_sees_nor_sends_it(client: FlaskClient, to_give: int) -> None:
    sign_in(client, role=Role.COUNTER)
    at = f"/admin/refunds/{to_give}"
    assert "It is not given" not in client.get(at).text
    path = f"{at}/parts/{refunds.parts(to_give)[-1].id}/not-given"
    assert client.post(path, data={"not_given": "No"}).status_code == 403
    assert refunds.parts(to_give)[-1].state == "TO_GIVE"
