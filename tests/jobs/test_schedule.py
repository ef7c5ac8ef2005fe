"""The clock: each periodic job once, whatever happens to Redis and however many schedulers there are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis

from bakery.core import clock
from bakery.infra import queue
from jobs import outbox, schedule
from jobs.periodic import CATALOGUE, Periodic
from jobs.schedule import Clockwork

BEAT = Periodic("beat", "jobs.outbox.sweep", 30, queue.LOW)


@pytest.fixture
def redis(app: Flask) -> Iterator[Redis]:
    connection: Redis = app.extensions["redis"]
    connection.flushdb()
    yield connection
    connection.flushdb()


def beats() -> int:
    return queue.queue(queue.LOW).count


def later(redis: Redis, seconds: int) -> None:
    """As if so much time had passed."""
    for job_id, due in redis.zrange(Clockwork.scheduled_jobs_key, 0, -1, withscores=True):
        redis.zadd(Clockwork.scheduled_jobs_key, {job_id: due - seconds})


def test_a_new_job_is_rung_at_once_and_then_every_interval(app: Flask, redis: Redis) -> None:
    clockwork = Clockwork(redis, (BEAT,))
    clockwork.tick()
    clockwork.tick()
    assert beats() == 1
    queue.queue(queue.LOW).empty()
    later(redis, 29)
    clockwork.tick()
    assert beats() == 0
    later(redis, 2)
    clockwork.tick()
    assert beats() == 1


def test_the_job_that_is_rung_can_be_read_by_our_workers(app: Flask, redis: Redis) -> None:
    Clockwork(redis, (BEAT,)).tick()
    [job] = queue.queue(queue.LOW).jobs
    assert job.func_name == "jobs.outbox.sweep"
    assert job.func is outbox.sweep


def test_two_schedulers_ring_once(app: Flask, redis: Redis) -> None:
    first, second = Clockwork(redis, (BEAT,)), Clockwork(redis, (BEAT,))
    for _ in range(3):
        first.tick()
        second.tick()
    assert beats() == 1
    assert first.acquire_lock()
    assert second.tick() is False
    first.remove_lock()


def test_nothing_piles_up_while_no_worker_is_there(app: Flask, redis: Redis) -> None:
    clockwork = Clockwork(redis, (BEAT,))
    for _ in range(5):
        clockwork.tick()
        later(redis, 31)
    assert beats() == 1


def test_a_changed_interval_replaces_the_old_and_a_dropped_job_goes(app: Flask, redis: Redis) -> None:
    Clockwork(redis, (BEAT, Periodic("gone", "jobs.outbox.sweep", 30, queue.LOW))).tick()
    Clockwork(redis, (Periodic("beat", "jobs.outbox.sweep", 60, queue.LOW),)).tick()
    [(job_id, due)] = redis.zrange(Clockwork.scheduled_jobs_key, 0, -1, withscores=True)
    assert job_id == b"periodic-beat"
    assert due > (clock.now() + timedelta(seconds=50)).timestamp()


def test_a_redis_that_lost_its_data_is_told_again(
    app: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "REGISTER_EVERY", 0.0)
    clockwork = Clockwork(redis, (BEAT,))
    clockwork.tick()
    redis.flushdb()
    clockwork.tick()
    assert beats() == 1


def test_every_job_of_the_catalogue_exists() -> None:
    assert len({each.about for each in CATALOGUE}) == len(CATALOGUE)
    for each in CATALOGUE:
        assert outbox.handler(each.function).__wrapped__, "it notes its outcome"
