"""Running what is owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

import jobs.outbox as runner
from bakery.core import clock
from bakery.infra import outbox, queue
from bakery.infra.models import JobRun, Outbox
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from jobs.periodic import periodic

ran: list[tuple] = []


def works(*args: object) -> None:
    ran.append(args)
    ran.append((structlog.contextvars.get_contextvars().get("request_id"),))


def fails(*_: object) -> None:
    raise OSError("laila@saffron.test does not answer")


def is_refused(*_: object) -> None:
    raise outbox.GiveUp("never")


def cleans_up(*_: object) -> None:
    raise OSError("no answer")


cleans_up.gave_up = lambda *args, error: ran.append((*args, error))  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ran.clear()
    real = runner.handler
    own = {f"jobs.test.{f.__name__}": f for f in (works, fails, is_refused, cleans_up)}
    monkeypatch.setattr(runner, "handler", lambda dotted: own.get(dotted) or real(dotted))
    yield


def owe(name: str, *args: object, on: str = queue.DEFAULT) -> int:
    with structlog.contextvars.bound_contextvars(request_id="from-the-web"), transaction() as session:
        outbox.owe(session, f"jobs.test.{name}", *args, on=on)
        return session.scalars(select(Outbox.id).order_by(Outbox.id.desc())).first() or 0


def row(session: Session, row_id: int) -> Outbox:
    session.expire_all()
    return session.get_one(Outbox, row_id)


def run_until_given_up(row_id: int) -> None:
    for hours in range(outbox.MAX_ATTEMPTS):
        with clock.travel(clock.now() + timedelta(hours=5 * hours)):
            runner.run(row_id)


def test_it_runs_once_with_the_requests_id_and_is_done(session: Session) -> None:
    row_id = owe("works", 7)
    runner.run(row_id)
    runner.run(row_id)
    assert ran == [(7,), ("from-the-web",)]
    assert row(session, row_id).done_at is not None


def test_a_failure_is_kept_and_tried_again_later(session: Session) -> None:
    row_id = owe("fails")
    runner.run(row_id)
    failed = row(session, row_id)
    assert failed.done_at is None and failed.dead_at is None
    assert "OSError" in (failed.last_error or "")
    assert failed.next_try_at > clock.now()


def test_after_the_last_try_staff_are_told_once(session: Session) -> None:
    row_id = owe("fails")
    run_until_given_up(row_id)
    assert row(session, row_id).dead_at is not None
    assert row(session, row_id).attempts == outbox.MAX_ATTEMPTS
    assert session.scalars(select(StaffAlert)).one().kind == "job_failed"


def test_a_job_that_cleans_up_after_itself_is_asked_to(session: Session) -> None:
    row_id = owe("cleans_up", 3)
    run_until_given_up(row_id)
    assert ran == [(3, "OSError: no answer")]
    assert session.scalars(select(StaffAlert)).all() == []


def test_a_refusal_for_good_is_given_up_at_once(session: Session) -> None:
    row_id = owe("is_refused")
    runner.run(row_id)
    assert row(session, row_id).dead_at is not None
    assert row(session, row_id).attempts == 1


@pytest.mark.parametrize(
    "name", ["os.system", "bakery.core.ids.new_secret", "jobs.nothing.here", "jobs.orders.no"]
)
def test_only_jobs_can_be_owed(session: Session, name: str) -> None:
    with pytest.raises(LookupError):
        runner.handler(name)


def test_the_sweeper_rings_once_for_what_nobody_rang_for(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis: Redis = app.extensions["redis"]
    redis.flushdb()
    with monkeypatch.context() as away:
        away.setattr(queue, "ring", lambda *_, **__: False)  # Redis was stopped when this was committed
        owe("works")
    assert queue.waiting(queue.DEFAULT) == set()
    runner.sweep()
    runner.sweep()
    assert queue.queue(queue.DEFAULT).count == 1
    assert session.get_one(JobRun, "sweep_outbox").ok


def test_a_row_whose_worker_died_is_due_again_after_its_lease(session: Session) -> None:
    row_id = owe("works")
    assert outbox.claim(row_id) is not None  # … and then the worker is killed
    runner.run(row_id)
    assert ran == []
    with clock.travel(clock.now() + outbox.lease(queue.DEFAULT) + timedelta(seconds=1)):
        assert row_id in [due for due, _ in outbox.due()]
        runner.run(row_id)
    assert ran[0] == ()


def test_long_work_has_its_time_and_is_nobody_elses_meanwhile(app: Flask, session: Session) -> None:
    app.extensions["redis"].flushdb()
    row_id = owe("works", on=queue.LOW)
    [job] = queue.queue(queue.LOW).jobs
    assert job.timeout == 600
    assert outbox.claim(row_id) is not None  # … and it trains
    with clock.travel(clock.now() + timedelta(seconds=job.timeout)):
        assert outbox.claim(row_id) is None
    with clock.travel(clock.now() + outbox.lease(queue.LOW) + timedelta(seconds=1)):
        assert outbox.claim(row_id) is not None


@pytest.mark.parametrize("on", queue.QUEUES)
def test_no_row_is_taken_again_while_its_job_may_still_run(on: str) -> None:
    assert outbox.lease(on) > timedelta(seconds=queue.TIME_LIMITS[on])


def test_a_job_that_kills_every_worker_is_given_up_without_another(session: Session) -> None:
    row_id = owe("works")
    for hours in range(outbox.MAX_ATTEMPTS):
        with clock.travel(clock.now() + timedelta(hours=hours)):
            assert outbox.claim(row_id) is not None  # … and then the worker is killed
    with clock.travel(clock.now() + timedelta(hours=20)):
        runner.run(row_id)
    assert ran == []
    assert row(session, row_id).dead_at is not None
    assert session.scalars(select(StaffAlert)).one()


def test_a_periodic_job_notes_how_it_ended(session: Session) -> None:
    outcomes = iter([None, OSError("no"), None])

    @periodic("test")
    def job() -> str:
        if error := next(outcomes):
            raise error
        return "all well"

    job()
    job()
    session.expire_all()
    noted = session.get_one(JobRun, "test")
    assert (noted.ok, noted.detail) == (False, "OSError: no")
    job()
    session.expire_all()
    assert (noted.ok, noted.detail) == (True, "all well")
