"""The sandbox's time: ahead by a span or to an instant, never back, and what came due is done."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import server
from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import order, settings, stripe_client

DAY = 24 * 60 * 60


def test_the_clock_goes_ahead_by_a_span_and_to_an_instant(api: Any, box: Sandbox) -> None:
    assert abs(box.move_clock(3600) - time.time() - 3600) < 5
    assert abs(box.advance(DAY) - time.time() - 3600 - DAY) < 5
    at = datetime.now(UTC) + timedelta(days=30)
    assert abs(box.set_clock(at) - at.timestamp()) < 5
    assert abs(box.set_clock(at.timestamp() + 60) - at.timestamp() - 60) < 5
    assert api.customers.create({"name": "Laila"}).created >= int(at.timestamp()) + 60
    assert box.state()["clock_offset"] > 29 * DAY


def test_the_clock_never_goes_back(box: Sandbox) -> None:
    box.advance(DAY)
    for back in (lambda: box.move_clock(0), lambda: box.advance(-1), lambda: box.set_clock(time.time())):
        with pytest.raises(ControlError, match="ahead only") as refused:
            back()
        assert refused.value.status == 422
    with pytest.raises(ControlError, match="number of seconds"):
        box.set_clock("tomorrow")  # type: ignore[arg-type]
    with pytest.raises(ControlError):
        box.set_clock(1e15)
    box.reset()
    assert box.state()["clock_offset"] == 0


def test_what_came_due_is_done_when_the_clock_has_moved(api: Any, box: Sandbox) -> None:
    sessions = [api.checkout.sessions.create(order()).id for _ in range(20)]
    now = box.advance(2 * DAY)
    found = [box.object(each) for each in sessions]
    assert {each["status"] for each in found} == {"expired"}
    assert [each["created"] >= int(now) for each in box.events("checkout.session.expired")] == [True] * 20


def test_a_restart_keeps_the_clock(tmp_path: Path) -> None:
    with server.start(**settings(tmp_path)) as box:
        box.advance(7 * DAY)
    with server.start(**settings(tmp_path)) as box:
        made = stripe_client(box).v1.customers.create({"name": "Laila"})
        assert made.created > time.time() + 6 * DAY
