"""What staff see of the machinery: queues, failures, what is owed, periodic jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from rq.job import Job
from rq.registry import FailedJobRegistry, StartedJobRegistry
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra import queue
from bakery.infra.logging import scrub_text
from bakery.infra.models import JobRun, Outbox


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue: waiting, being worked on, failed."""

    name: str
    waiting: int
    started: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that Redis keeps as failed; `error` is the last line of its trace, without personal data."""

    id: str
    queue: str
    function: str
    ended_at: datetime | None
    error: str


def queue_states() -> list[QueueState] | None:
    """Every queue's numbers; None while Redis is away."""
    try:
        return [_state(name) for name in queue.QUEUES]
    except RedisError:
        return None


def failed_jobs(limit: int = 50) -> list[FailedJob]:
    """Jobs that failed in RQ, newest first; none while Redis is away."""
    found: list[FailedJob] = []
    try:
        for name in queue.QUEUES:
            found += _failed(name, limit)
    except RedisError:
        return []
    return sorted(found, key=lambda job: job.ended_at.timestamp() if job.ended_at else 0, reverse=True)[
        :limit
    ]


def retry_failed(job_id: str) -> bool:
    """Put a failed job back on its queue. False when it is gone."""
    for name in queue.QUEUES:
        q = queue.queue(name)
        registry = FailedJobRegistry(queue=q)
        if job_id in registry.get_job_ids():
            registry.requeue(job_id)
            return True
    return False


def list_troubled(session: Session, limit: int = 50) -> Sequence[Outbox]:
    """Owed effects that were given up or are being retried, the given-up ones first."""
    return session.scalars(
        select(Outbox)
        .where(Outbox.done_at.is_(None), Outbox.attempts > 0)
        .order_by(Outbox.dead_at.desc().nulls_last(), Outbox.next_try_at)
        .limit(limit)
    ).all()


def list_runs(session: Session) -> Sequence[JobRun]:
    """The latest outcome of each periodic job."""
    return session.scalars(select(JobRun).order_by(JobRun.name)).all()


def _state(name: str) -> QueueState:
    q = queue.queue(name)
    return QueueState(
        name, q.count, StartedJobRegistry(queue=q).get_job_count(), FailedJobRegistry(queue=q).get_job_count()
    )


def _why(job: Job) -> str:
    result = job.latest_result()
    return (result.exc_string or "") if result else ""


def _failed(name: str, limit: int) -> list[FailedJob]:
    q = queue.queue(name)
    ids = FailedJobRegistry(queue=q).get_job_ids(0, limit)
    jobs = Job.fetch_many(ids, connection=q.connection, serializer=q.serializer)
    return [
        FailedJob(
            id=job.id,
            queue=name,
            function=job.func_name or "",
            ended_at=job.ended_at,
            error=scrub_text(_why(job).strip().rsplit("\n", 1)[-1])[:300],
        )
        for job in jobs
        if job is not None
    ]
