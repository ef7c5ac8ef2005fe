"""The frame of every test: real Postgres and Redis (tools.testenv), fakes for the outside, no network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from flask_sqlalchemy.session import Session as FlaskSession
from psycopg import sql
from sqlalchemy.orm import Session

from bakery.app import create_app
from bakery.infra.db import db
from bakery.infra.limits import limiter
from bakery.integrations.adapters import Adapters
from bakery.payments.papers import keys
from config import Settings
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.fakes.mail import FakeMailer
from tests.fakes.sms import FakeSms
from tests.page_checker import CheckingClient
from tests.queries import Counter, counting
from tests.sharing import Sharing, longest_first

# Some tests train XGBoost in this process, others fork it: OpenMP's pool of threads does not survive a fork, and its
# absence does no harm to small models. Read by OpenMP when XGBoost is first imported, so set before anything else.
os.environ["OMP_NUM_THREADS"] = "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """With `-n 2`: shared out by tests/sharing.py, in the order of the collection."""
    config.option.loadscopereorder = False
    return Sharing(config, log)


def _redis_of_this_worker() -> str:
    """A Redis number of this test process alone: some tests empty theirs."""
    url = urlsplit(os.environ["TEST_REDIS_URL"])
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlunsplit(url._replace(path=f"/{int(url.path.strip('/') or 0) + worker}"))


def make_settings(**changes: str) -> Settings:
    """Settings as an environment would give them, on the test servers."""
    values = {
        "DATABASE_URL": os.environ["TEST_DATABASE_URL"],
        "REDIS_URL": _redis_of_this_worker(),
        "SECRET_KEY": "only-for-tests-" * 3,
        "BASE_URL": "http://localhost",
        "STRIPE_SECRET_KEY": "sk_test_saffron",
        "STRIPE_WEBHOOK_SECRET": "whsec_saffron",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
        "TWILIO_AUTH_TOKEN": "token",
        "TWILIO_FROM": "+61491570006",
        "TWILIO_API_BASE": "http://127.0.0.1:9",
        "SMTP_URL": "smtp://127.0.0.1:9",
        "MAIL_FROM": "Saffron & Crumb <shop@saffron.test>",
        "ALERT_EMAIL": "alerts@saffron.test",
        "ALERT_PHONE": "+61491570156",
        "LOG_FORMAT": "text",
        "LOG_LEVEL": "WARNING",
    }
    return Settings.from_env(values | changes)


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    """A database of this test process alone."""
    base = os.environ["TEST_DATABASE_URL"]
    name = f"{base.rsplit('/', 1)[1]}_{worker_id}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield f"{base.rsplit('/', 1)[0]}/{name}"


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return make_settings(DATABASE_URL=database_url)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The app on a migrated database."""
    app = create_app(settings)
    app.test_client_class = CheckingClient
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    app.extensions["changes"].silence()
    # Every test that prints a receipt makes a key of its own: a shorter one is made sooner.
    keys.BITS = 2048
    limiter.enabled = False
    app.before_request_funcs.setdefault(None, []).insert(0, _fresh_g)
    with app.app_context():
        upgrade()
        yield app
        db.engine.dispose()


def _fresh_g() -> None:
    # The session's app context outlives its requests; each starts with nothing in g, as it does for real.
    g.__dict__.clear()


@pytest.fixture
def outside(app: Flask) -> Iterator[Adapters]:
    """Fakes for Stripe, mail, SMS and files, fresh for each test."""
    before = app.extensions["adapters"]
    app.extensions["adapters"] = Adapters(
        gateway=FakeGateway(), mailer=FakeMailer(), sms=FakeSms(), files=FakeFiles()
    )
    yield app.extensions["adapters"]
    app.extensions["adapters"] = before


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    """The fake of Stripe. Without `session`, what is written through it is committed for real."""
    assert isinstance(outside.gateway, FakeGateway)
    return outside.gateway


@pytest.fixture
def session(app: Flask, outside: Adapters, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session whose every commit is undone after the test; its requests share the connection."""
    connection = db.engine.connect()
    outer = connection.begin()
    monkeypatch.setattr(FlaskSession, "get_bind", lambda *_, **__: connection)
    db.session.remove()
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    yield db.session()
    db.session.remove()
    db.session.session_factory.configure(join_transaction_mode="conditional_savepoint")
    outer.rollback()
    connection.close()


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without cookies."""
    return app.test_client()


@pytest.fixture
def real_database(app: Flask, outside: Adapters) -> Iterator[None]:
    """Real commits, for tests with several connections; everything is emptied afterwards."""
    db.session.remove()
    yield
    db.session.remove()
    empty_database()


def empty_database() -> None:
    """Delete every row, also the append-only ones."""
    tables = [t.name for t in db.metadata.sorted_tables]
    with db.engine.begin() as connection:
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.exec_driver_sql(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def count_queries(app: Flask) -> Counter:
    """`with count_queries() as seen: …; assert len(seen) <= 6, seen`."""
    return counting
