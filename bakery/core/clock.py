"""The only place that knows what time it is, so that tests can say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset: timedelta = timedelta(0)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) + _offset  # noqa: TID251 the one clock


def today(zone: str) -> date:
    """The present date in an IANA time zone."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def travel(to: datetime) -> Iterator[None]:
    """Move the clock to an aware instant; it ticks on from there. For tests and simulations."""
    global _offset
    if to.tzinfo is None:
        raise ValueError("travel needs an aware datetime")
    before = _offset
    _offset = to - datetime.now(UTC)  # noqa: TID251 the one clock
    try:
        yield
    finally:
        _offset = before
