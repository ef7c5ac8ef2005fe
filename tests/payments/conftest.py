from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments.models import Payment
from tests.fakes.gateway import FakeGateway
from tests.payments import steps, surplus_steps


@pytest.fixture
def order(session: Session) -> Order:
    return steps.pending()


@pytest.fixture
def late(session: Session, gateway: FakeGateway) -> Payment:
    """A payment that bought nothing, and has not gone back yet."""
    return surplus_steps.late(gateway)


@pytest.fixture
def refused(late: Payment, gateway: FakeGateway) -> Payment:
    """One that Stripe did not send back."""
    surplus_steps.refused(late, gateway)
    return late
