from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from tests.aftercare import sales
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway


@pytest.fixture
def files(outside: Adapters) -> FakeFiles:
    assert isinstance(outside.files, FakeFiles)
    return outside.files


@pytest.fixture
def sold(session: Session, gateway: FakeGateway) -> Order:
    """A cake that was ordered at the checkout, and paid."""
    return sales.sold(session, gateway)
