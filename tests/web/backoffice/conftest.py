"""A manager at the desk of an open shop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.people.models import Role
from tests.custom_cakes.requests import NOW
from tests.factories.people import UserFactory, sign_in
from tests.factories.shop import make_open_shop


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> Iterator[FlaskClient]:
    """The browser of the manager Zohra."""
    with clock.travel(NOW):
        make_open_shop(session, capacity_minutes=400)
        sign_in(client, UserFactory(role=Role.MANAGER, name="Zohra Karimi"))
        yield client
