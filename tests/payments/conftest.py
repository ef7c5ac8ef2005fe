from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from tests.payments import steps


@pytest.fixture
def order(session: Session) -> Order:
    return steps.pending()
