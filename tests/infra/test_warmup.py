"""A fresh web process loads ahead what its first customers would wait for."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from bakery.app import warmup
from bakery.forecasting.pricing import PriceDesk
from bakery.integrations.adapters import Adapters
from bakery.integrations.gateway.stripe_gateway import StripeGateway
from tests.factories.shop import make_open_shop
from tests.fakes.gateway import FakeGateway
from tests.queries import Counter

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _unsettled() -> Iterator[None]:
    """The other tests of this process keep Python's own ways with garbage."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_pages_and_payments_are_ready_before_anybody_asks(
    app: Flask, client: FlaskClient, session: Session, outside: Adapters, monkeypatch: pytest.MonkeyPatch,
    count_queries: Counter,
) -> None:  # fmt: skip
    make_open_shop(session)
    changes = app.extensions["changes"]
    monkeypatch.setattr(changes, "live", True)
    # Copies of other tests' shops are out of date.
    monkeypatch.setattr(changes, "_missed", changes.version("any") + 1000)
    loaded: list[str] = []
    monkeypatch.setattr(PriceDesk, "load", lambda desk: loaded.append(desk.shelf.label()) or "")
    warmup.warm_up(app)
    assert loaded == ["start"], "the price model in service"
    assert isinstance(outside.gateway, FakeGateway) and outside.gateway.calls == ["load"]
    with count_queries() as seen:
        for page in warmup.PAGES:
            assert client.get(page).status_code == 200
    assert seen == [], "the copies made beforehand answer"


def test_a_shop_that_cannot_load_something_starts_all_the_same(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_self: FakeGateway) -> None:
        raise OSError("no disk")

    monkeypatch.setattr(FakeGateway, "load", away)
    warmup.warm_up(app)
    assert gc.get_freeze_count() > 0, "it settles all the same"


def test_loading_stripe_calls_nobody_and_leaves_nothing_to_import() -> None:
    gateway = StripeGateway("sk_test_x", "whsec_x", "http://127.0.0.1:9")
    assert "_client" not in vars(gateway)
    gateway.load()
    assert "_client" in vars(gateway)


def test_only_the_shop_on_gunicorn_warms_up() -> None:
    code = (
        "import runpy, sys, types, flask; hook = runpy.run_path('gunicorn.conf.py')['post_worker_init'];"
        "from bakery.app import warmup; seen = []; warmup.start = seen.append; app = flask.Flask('x');"
        "[hook(types.SimpleNamespace(wsgi=each)) for each in (print, app)]; assert seen == [app], seen;"
        "assert 'stripe' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
