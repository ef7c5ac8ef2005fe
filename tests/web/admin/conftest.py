"""A dispute of a cake that was paid, and who looks at it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments.dispute_models import Dispute
from bakery.people.models import Role
from tests.aftercare import sales
from tests.aftercare.disputed import disputed
from tests.factories.people import UserFactory, sign_in
from tests.fakes.gateway import FakeGateway


@pytest.fixture
def sold(session: Session, gateway: FakeGateway) -> Order:
    return sales.sold(session, gateway)


@pytest.fixture
def dispute(sold: Order, gateway: FakeGateway) -> Dispute:
    return disputed(sold, gateway, reason="product_not_received")


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> FlaskClient:
    """The browser of the manager Maryam."""
    sign_in(client, UserFactory(role=Role.MANAGER, name="Maryam"))
    return client
