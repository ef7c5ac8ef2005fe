"""A worker of one queue: `python -m jobs.worker urgent|default|low`.

One queue each, because RQ hands a job over without a gap only then (docs/operations). The app and the heavy
libraries are loaded once, before the fork that every job runs in.
"""

from __future__ import annotations

import importlib
import sys
import time
from contextlib import suppress
from typing import Any

import structlog
from flask import Flask
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from bakery.infra import queue
from bakery.infra.db import db
from config import SettingsError
from jobs.app import get_app

log = structlog.get_logger(__name__)
PAUSE = 2.0
# Imported by the parent, so that no job pays for it. None of them starts a thread when imported.
JOBS = (
    "jobs.outbox",
    "jobs.orders",
    "jobs.payments",
    "jobs.balance",
    "jobs.cards",
    "jobs.nudges",
    "jobs.refunds",
    "jobs.books",
    "jobs.production",
    "jobs.messages",
    "jobs.housekeeping",
    "jobs.custom_cakes",
    "jobs.cake_drafts",
    "jobs.catalog",
    "jobs.learning",
    "jobs.servings",
    "jobs.evidence",
    "jobs.disputes",
)
HEAVY: dict[str, tuple[str, ...]] = {
    queue.URGENT: ("twilio.rest", "stripe"),
    queue.DEFAULT: ("weasyprint", "flask_mailman", "stripe"),
    queue.LOW: (),
}


class ShopWorker(Worker):
    """Runs each job inside the app, with the request's id on every line that it logs."""

    app: Flask
    max_connection_wait_time = 5.0

    @property
    def shutdown_was_requested(self) -> bool:
        return self._stop_requested or self._shutdown_requested_date is not None

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        # Connections that the parent may hold are not ours to use, nor to close.
        with self.app.app_context():
            db.engine.dispose(close=False)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue) -> bool:
        request_id = (job.meta or {}).get("request_id")
        with (
            self.app.app_context(),
            structlog.contextvars.bound_contextvars(request_id=request_id, job=job.func_name),
        ):
            ended_well: bool = super().perform_job(job, queue)
        return ended_well

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Job errors go to our log (scrubbed), not to RQ's."""
        log.error("job_failed", job=job.func_name, job_id=job.id, exc_info=exc_info)


def make_worker(app: Flask, name: str, connection: Redis) -> ShopWorker:
    """A worker that notices a dead colleague within about a minute (stack.md: measured)."""
    worker = ShopWorker(
        [Queue(name, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=30,
        job_monitoring_interval=5,
        maintenance_interval=10,
        # The job's errors are answered by the outbox; nobody reads their traces in Redis.
        log_job_description=False,
    )
    worker.app = app
    return worker


def work(app: Flask, name: str, *, burst: bool = False) -> None:
    """Work until told to stop. Redis may be away, at the start and later: it is waited for."""
    url = app.config["SETTINGS"].redis_url
    while True:
        worker: ShopWorker | None = None
        try:
            connection = Redis.from_url(url, socket_connect_timeout=5, health_check_interval=30)
            worker = make_worker(app, name, connection)
            worker.work(burst=burst, logging_level="WARNING")
            if burst:
                return
        except RedisError as error:
            log.warning("worker_waits_for_redis", error=type(error).__name__)
        except StopRequested:
            return
        # RQ ends its loop as calmly when Redis goes away as when it is asked to stop.
        if worker is not None and worker.shutdown_was_requested:
            return
        with suppress(StopRequested):
            time.sleep(PAUSE)
            continue
        return


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in queue.QUEUES:
        sys.stderr.write(f"Say which queue: python -m jobs.worker {'|'.join(queue.QUEUES)}\n")
        return 2
    try:
        app = get_app()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for module in (*JOBS, *HEAVY[arguments[0]]):
        importlib.import_module(module)
    structlog.contextvars.bind_contextvars(worker=arguments[0])
    log.info("worker_up")
    work(app, arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
