"""The clock: `python -m jobs.schedule` rings for periodic jobs (rq-scheduler; several may run, one rings).

What is to ring is written to Redis by stable ids, again every minute, so that a Redis that lost its data is
told anew. Each tick is a fresh job; one that no worker has taken yet is not rung for again.
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq_scheduler import Scheduler

from bakery.core import clock
from bakery.infra import queue
from config import SettingsError
from jobs.app import get_app
from jobs.periodic import CATALOGUE, Periodic

log = structlog.get_logger(__name__)
GRAIN = 1
REGISTER_EVERY = 60.0
PAUSE = 2.0


class JsonJob(Job):
    """A job that reads and writes JSON also where rq-scheduler does not say so."""

    def __init__(
        self, id: str | None = None, connection: Redis | None = None, serializer: Any = None
    ) -> None:
        super().__init__(id, connection, serializer=serializer or JSONSerializer)


class Clockwork(Scheduler):  # type: ignore[misc]
    """rq-scheduler's table and lock; ticks are rung through our own queues."""

    job_class = JsonJob

    def __init__(self, connection: Redis, catalogue: tuple[Periodic, ...] = CATALOGUE) -> None:
        super().__init__(interval=GRAIN, connection=connection, name=uuid4().hex)
        self.catalogue = {each.about: each for each in catalogue}
        self._register_at = 0.0

    def register(self) -> None:
        """Write the catalogue: new jobs are due at once, changed intervals replaced, unknown ones dropped."""
        known = {job.id: job for job in self.get_jobs()}
        for job_id in known.keys() - self.catalogue.keys():
            self.cancel(job_id)
        for about, each in self.catalogue.items():
            there = known.get(about)
            told = (there.meta.get("interval"), there.func_name, there.origin) if there else None
            if told != (each.seconds, each.function, each.queue):
                self.schedule(
                    datetime.now(UTC).replace(tzinfo=None),  # noqa: TID251 rq-scheduler reckons in naive UTC
                    each.function,
                    interval=each.seconds,
                    id=about,
                    queue_name=each.queue,
                )

    def enqueue_job(self, job: Job) -> None:
        """One tick: ring, unless the last one still waits for a worker; then note when the next is due."""
        each = self.catalogue.get(job.id)
        if each is None:
            self.cancel(job)
            return
        if each.about not in queue.waiting(each.queue):
            queue.ring(each.function, on=each.queue, about=each.about)
        due = clock.now() + timedelta(seconds=each.seconds)
        self.connection.zadd(self.scheduled_jobs_key, {job.id: due.timestamp()})

    def tick(self) -> bool:
        """Ring for what is due. False when another scheduler is at it."""
        if not self.acquire_lock():
            return False
        try:
            if time.monotonic() > self._register_at:
                self.register()
                self._register_at = time.monotonic() + REGISTER_EVERY
            self.enqueue_jobs()
        finally:
            self.remove_lock()
        return True


def run(app: Flask) -> None:
    """Tick until told to stop. Redis may be away, at the start and later: it is waited for."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    connection = queue.connect(app.config["SETTINGS"].redis_url)
    clockwork: Clockwork | None = None
    with app.app_context():
        try:
            while True:
                try:
                    if clockwork is None:
                        clockwork = Clockwork(connection)
                        clockwork.register_birth()
                    clockwork.heartbeat()
                    clockwork.tick()
                    time.sleep(GRAIN)
                except RedisError as error:
                    log.warning("scheduler_waits_for_redis", error=type(error).__name__)
                    clockwork = None
                    time.sleep(PAUSE)
        finally:
            if clockwork is not None:
                with suppress(RedisError):
                    clockwork.register_death()


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> int:
    try:
        app = get_app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    log.info("scheduler_up")
    run(app)
    return 0


if __name__ == "__main__":
    sys.exit(main())
