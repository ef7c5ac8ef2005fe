from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from tests.fakes.gateway import FakeGateway
from tests.payments import steps


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    return outside.gateway


@pytest.fixture
def order(session: Session) -> Order:
    return steps.pending()
