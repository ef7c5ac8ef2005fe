"""A shop that is open, with things to sell."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from bakery.shop.models import Shop
from tests.factories.shop import make_open_shop


@pytest.fixture
def shop(session: Session) -> Shop:
    return make_open_shop(session)
