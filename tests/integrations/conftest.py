"""The sandbox stands for Twilio and the mail server: the real SDKs talk to it over the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.server import Sandbox, start


@pytest.fixture(scope="session")
def sandbox_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with start(data=str(tmp_path_factory.mktemp("sandbox")), sms_step_seconds=0.05) as sandbox:
        yield sandbox


@pytest.fixture
def world(sandbox_of_session: Sandbox) -> Sandbox:
    """An empty outside world."""
    sandbox_of_session.reset()
    return sandbox_of_session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "media"
