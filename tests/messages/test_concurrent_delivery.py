"""Many workers at once, one message. The control shows what the lock is for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select

from bakery.infra.db import db
from bakery.messages import operations, services
from bakery.messages.drafts import Busy, Sms
from bakery.messages.models import Message, MessageStatus, StaffAlert

pytestmark = pytest.mark.concurrency
DRAFT = Sms(to="+61491570156", template="cake_alert", subject_ref="order:1", body="CAKE #1")
WORKERS = 6


class SlowSms:
    """Takes its time, as a provider does, and cannot say what it has sent."""

    def __init__(self) -> None:
        self.sent = 0
        self.lock = threading.Lock()
        self.pause = threading.Event()

    def send(self, to: str, body: str, *, status_url: str | None = None) -> str:
        self.pause.wait(0.3)
        with self.lock:
            self.sent += 1
        return f"SM{self.sent}"

    def find_sent(self, *_: object) -> str | None:
        return None


def race(app: Flask, sender: SlowSms) -> None:
    start = threading.Barrier(WORKERS)

    def one(_: int) -> None:
        with app.app_context():
            start.wait()
            try:
                services.deliver_sms(DRAFT, sender)
            except Busy:
                pass
            finally:
                db.session.remove()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(WORKERS)))


def test_six_workers_at_once_send_one_sms(app: Flask, real_database: None) -> None:
    sender = SlowSms()
    race(app, sender)
    assert sender.sent == 1
    assert services.deliver_sms(DRAFT, sender) == MessageStatus.SENT
    assert sender.sent == 1


@contextmanager
def no_lock(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def unlocked(session, message_id: int) -> Message:
        return session.scalars(select(Message).where(Message.id == message_id)).one()

    with monkeypatch.context() as patched:
        patched.setattr(services, "_lock", unlocked)
        yield


def test_without_the_lock_the_same_race_sends_more_than_one(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = SlowSms()
    with no_lock(monkeypatch):
        race(app, sender)
    assert sender.sent > 1


def forge(app: Flask) -> int:
    """Six forged calls at once; how often they were counted."""
    start = threading.Barrier(WORKERS)

    def one(_: int) -> None:
        with app.app_context():
            start.wait()
            services.report_bad_signature()
            db.session.remove()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(WORKERS)))
    return db.session.scalars(select(StaffAlert.times)).one()


def test_six_forged_calls_at_once_are_counted_once(app: Flask, real_database: None) -> None:
    assert forge(app) == 1


def test_without_the_second_look_they_are_counted_six_times(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_is_counted", lambda alert: False)
    assert forge(app) == WORKERS
