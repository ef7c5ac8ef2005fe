"""What must happen because a transaction committed: owed in a row, rung by Redis, done by a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra import queue
from bakery.infra.models import Outbox
from bakery.infra.transaction import after_commit, transaction

RUNNER = "jobs.outbox.run"
# So long after a job's time limit the sweeper believes its worker dead, and rings again.
LEASE_BEYOND = timedelta(minutes=1)
BACKOFF = [timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 4 * 3600)]
MAX_ATTEMPTS = len(BACKOFF) + 1


class GiveUp(Exception):
    """Raised by a job whose effect was refused for good: no further attempt follows by itself."""


@dataclass(frozen=True)
class Claim:
    """A row this job may run now; `last` says that no further attempt will follow."""

    id: int
    job: str
    args: list[Any]
    attempt: int
    request_id: str | None

    @property
    def last(self) -> bool:
        return self.attempt >= MAX_ATTEMPTS


def owe(
    session: Session,
    job: str,
    *args: Any,
    on: str = queue.DEFAULT,
    key: str | None = None,
    not_before: datetime | None = None,
) -> None:
    """Owe `job(*args)` in the open transaction and ring for it after the commit.

    `args` must be JSON. A `key` that is owed already is not owed twice.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    row_id = session.execute(
        insert(Outbox)
        .values(
            job=job,
            args=list(args),
            queue=on,
            unique_key=key,
            request_id=request_id,
            next_try_at=not_before or clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["unique_key"])
        .returning(Outbox.id)
    ).scalar()
    if row_id is not None and not_before is None:
        after_commit(session, partial(ring, row_id, on))


def ring(row_id: int, on: str) -> bool:
    """Ask a worker to run a row. False when Redis is away: the sweeper asks again."""
    return queue.ring(RUNNER, row_id, on=on, about=f"outbox-{row_id}")


def lease(on: str) -> timedelta:
    """For how long a row of that queue belongs to the job that took it: always longer than the job may run."""
    return timedelta(seconds=queue.TIME_LIMITS[on]) + LEASE_BEYOND


def claim(row_id: int) -> Claim | None:
    """Take the row for its queue's `lease`; None when it is done, given up, not due, or another job has it."""
    now = clock.now()
    with transaction() as session:
        row = session.scalar(
            select(Outbox)
            .where(
                Outbox.id == row_id,
                Outbox.done_at.is_(None),
                Outbox.dead_at.is_(None),
                Outbox.next_try_at <= now,
            )
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.attempts += 1
        row.next_try_at = now + lease(row.queue)
        return Claim(row.id, row.job, list(row.args), row.attempts, row.request_id)


def finish(claimed: Claim) -> None:
    """Record that the effect has happened."""
    with transaction() as session:
        session.execute(
            update(Outbox).where(Outbox.id == claimed.id).values(done_at=clock.now(), last_error=None)
        )


def fail(claimed: Claim, error: str, *, for_good: bool = False) -> None:
    """Record why it did not happen, and when to try again; after the last attempt it is given up."""
    now = clock.now()
    dead = claimed.last or for_good
    when = {"dead_at": now} if dead else {"next_try_at": now + BACKOFF[claimed.attempt - 1]}
    with transaction() as session:
        session.execute(update(Outbox).where(Outbox.id == claimed.id).values(last_error=error[:2000], **when))


def due(limit: int = 500) -> Sequence[tuple[int, str]]:
    """Rows that nobody has done though their time has come: (id, queue)."""
    with transaction() as session:
        rows = session.execute(
            select(Outbox.id, Outbox.queue)
            .where(Outbox.done_at.is_(None), Outbox.dead_at.is_(None), Outbox.next_try_at <= clock.now())
            .order_by(Outbox.next_try_at)
            .limit(limit)
        ).all()
    return [(row.id, row.queue) for row in rows]


def revive(row_id: int | None = None) -> int:
    """Give dead rows (or one of them) a fresh set of attempts, now. Answers how many."""
    with transaction() as session:
        query = update(Outbox).where(Outbox.dead_at.is_not(None), Outbox.done_at.is_(None))
        if row_id is not None:
            query = query.where(Outbox.id == row_id)
        ids = session.execute(
            query.values(dead_at=None, attempts=0, next_try_at=clock.now()).returning(Outbox.id, Outbox.queue)
        ).all()
        for row in ids:
            after_commit(session, partial(ring, row.id, row.queue))
        return len(ids)


def counts(session: Session) -> dict[str, int]:
    """How many rows are waiting, failing (tried and to be tried again) and dead."""
    open_rows = Outbox.done_at.is_(None) & Outbox.dead_at.is_(None)
    row = session.execute(
        select(
            func.count().filter(open_rows & (Outbox.attempts == 0)).label("waiting"),
            func.count().filter(open_rows & (Outbox.attempts > 0)).label("retrying"),
            func.count().filter(Outbox.dead_at.is_not(None) & Outbox.done_at.is_(None)).label("dead"),
        )
    ).one()
    return {"waiting": row.waiting, "retrying": row.retrying, "dead": row.dead}
