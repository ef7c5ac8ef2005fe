"""One shop in pieces for all fault tests; what a test killed is started again for the next."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from bakery.app import create_app
from bakery.infra import queue
from bakery.infra.db import db
from sandbox.server import start
from tests.conftest import empty_database, make_settings
from tests.faults.world import World
from tools.ports import Remembered, any_free
from tools.redis_server import Redis

QUEUES = ("urgent", "default")


@pytest.fixture(scope="session")
def shop_in_pieces(
    app: Flask, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    home: Path = tmp_path_factory.mktemp("faults")
    redis = Redis(home / "redis", home / "redis.log", Remembered(home / "ports.json"), throw_away=True)
    redis.prepare()
    base_url = f"http://127.0.0.1:{any_free()}"
    outside = start(
        data=str(home / "sandbox"),
        sms_step_seconds=0.1,
        webhook_url=f"{base_url}/webhooks/stripe",
        webhook_secret="whsec_saffron",
        retry_seconds=(0.2, 0.5, 1.0),
    )
    with outside as sandbox:
        env = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis.url,
            "SECRET_KEY": "only-for-tests-" * 3,
            "BASE_URL": base_url,
            "STRIPE_SECRET_KEY": "sk_test_saffron",
            "STRIPE_WEBHOOK_SECRET": "whsec_saffron",
            "STRIPE_API_BASE": sandbox.url,
            "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_FROM": "+61491570006",
            "TWILIO_API_BASE": sandbox.url,
            "SMTP_URL": f"smtp://127.0.0.1:{sandbox.smtp_port}",
            "MAIL_FROM": "Saffron & Crumb <shop@saffron.test>",
            "ALERT_EMAIL": "alerts@saffron.test",
            "ALERT_PHONE": "+61491570156",
            "MEDIA_URL": str(home / "media"),
            "LOG_FORMAT": "text",
            "PATH": os.environ["PATH"],
        }
        here = create_app(make_settings(**env))
        here.extensions["changes"].silence()
        world = World(app=here, env=env, sandbox=sandbox, redis=redis, logs=home)
        world.start_redis()
        world.start(*QUEUES)
        yield world
        world.end()
        with here.app_context():
            db.engine.dispose()


@pytest.fixture
def world(shop_in_pieces: World) -> Iterator[World]:
    """Whole again, and empty. The test runs where a web process would, on the same database."""
    world = shop_in_pieces
    world.start_redis()
    world.sandbox.reset()
    db.session.remove()
    with world.app.app_context():
        empty_database()
        for name in queue.QUEUES:
            queue.queue(name).empty()
        world.start(*QUEUES)
        yield world
        db.session.remove()
        for name in list(world.workers):
            if world.workers[name].poll() is not None:
                del world.workers[name]
        empty_database()
