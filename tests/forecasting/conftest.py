"""Every training here learns on the same day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bakery.core import clock


@pytest.fixture(autouse=True)
def same_day() -> Iterator[None]:
    """What the drawn cakes cost depends on their days: whenever the tests are run, they are the same cakes."""
    with clock.travel(datetime(2026, 11, 20, 1, tzinfo=UTC)):
        yield
