"""RQ queues by urgency. Redis is only the bell: what must happen is owed in Postgres (outbox)."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Retry
from rq.serializers import JSONSerializer

URGENT, DEFAULT, LOW = "urgent", "default", "low"
QUEUES = (URGENT, DEFAULT, LOW)

# RQ starts a job again whose worker was killed only if it has a Retry. Errors are the outbox's affair.
RESTARTS = 3
# How long one job may take, in seconds. What is long is owed to the low queue: a training takes a minute on two idle
# cores, and several on a machine that has other things to do.
TIME_LIMITS = {URGENT: 120, DEFAULT: 120, LOW: 600}


def connect(url: str) -> Redis:
    """A Redis client that gives up quickly: a request must not wait for a bell."""
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=5, health_check_interval=30)


def queue(name: str) -> Queue:
    """One of the shop's queues, on the app's Redis."""
    if name not in QUEUES:
        raise ValueError(f"no queue is called {name}")
    return Queue(name, connection=current_app.extensions["redis"], serializer=JSONSerializer)


def ring(function: str, *args: Any, on: str = DEFAULT, about: str = "job") -> bool:
    """Enqueue a job by dotted name. False when Redis is away: the sweeper will ring again.

    `about` (letters, digits, dashes) begins the job's id, by which `waiting` knows it again.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    try:
        queue(on).enqueue(
            function,
            args=args,
            job_id=f"{about}_{secrets.token_hex(6)}",
            retry=Retry(max=RESTARTS),
            meta={"request_id": request_id},
            job_timeout=TIME_LIMITS[on],
            result_ttl=600,
            failure_ttl=14 * 24 * 3600,
        )
    except RedisError as error:
        structlog.get_logger(__name__).warning("bell_not_rung", job=function, error=type(error).__name__)
        return False
    return True


def waiting(on: str) -> set[str]:
    """What the jobs that no worker has taken yet are about."""
    return {job_id.rpartition("_")[0] for job_id in queue(on).get_job_ids()}
