from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway


@pytest.fixture
def gateway(session: Session, outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    make_open_shop(session)
    return outside.gateway
