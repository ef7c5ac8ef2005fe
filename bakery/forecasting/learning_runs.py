"""Trainings of the price model as rows: asked for, under way, over. One at a time, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, NotFound
from bakery.forecasting.models import PRICING, PriceRetraining
from bakery.forecasting.states import OPEN_RUNS, RUN, RunState
from bakery.infra import outbox, queue
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.shop.models import Shop

JOB = "jobs.learning.retrain"
_LOCK = func.hashtextextended("price_retraining", 0)
MAX_TEXT = 500
# A training says every few seconds how far it is. One that has been silent for so long has lost its process.
SILENT = timedelta(minutes=3)
# Before the bakery's day begins.
WEEKDAY, HOUR = 0, time(3)
# A shop that has never trained does so in a night, not in the middle of the day it was set up.
FIRST_WITHIN = timedelta(hours=6)


@contextmanager
def alone() -> Iterator[None]:
    """Held by the one training that runs, on a connection of its own: a killed process lets go of it.

    Refuses with Conflict while another process holds it.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            raise Conflict(_busy(db.session()))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_LOCK)))


def ask(actor: Actor) -> int:
    """Owe a training to the worker of the low queue. Answers its id. Refuses with Conflict while one is open."""
    try:
        with transaction() as session:
            _bury(session)
            if _open_run(session) is not None:
                raise Conflict(_busy(session))
            run = _new(session, actor)
            audit.record(session, actor, "models.retrain", "price_retraining", run.id)
            _owe(session, run, f"price-retraining:{run.id}")
            return run.id
    except IntegrityError:
        # Asked for at the same moment: the other one was faster.
        raise Conflict(_busy(db.session())) from None


def ask_weekly() -> str:
    """Owe this week's training, once, however often it is asked from Monday morning on. Says what it did."""
    with transaction() as session:
        zone = ZoneInfo(session.scalars(select(Shop.time_zone)).first() or "UTC")
        due = last_due(clock.now().astimezone(zone))
        if clock.now() > due + FIRST_WITHIN and session.scalar(select(PriceRetraining.id).limit(1)) is None:
            return "never trained yet: waits for Monday morning"
        asked = session.scalar(select(func.max(PriceRetraining.asked_at)).where(_scheduled()))
        if asked is not None and asked >= due:
            return f"done for the week of {due.date()}"
        _bury(session)
        if _open_run(session) is not None:
            return "another training is open"
        run = _new(session, SYSTEM)
        _owe(session, run, f"price-retraining:week:{due.date()}")
        return f"asked for the week of {due.date()}"


def last_due(now: datetime) -> datetime:
    """The last Monday, 3 in the morning, in the zone of `now`."""
    day: date = now.date() - timedelta(days=(now.weekday() - WEEKDAY) % 7)
    due = datetime.combine(day, HOUR, now.tzinfo)
    return due if due <= now else datetime.combine(day - timedelta(days=7), HOUR, now.tzinfo)


def begin(run_id: int | None, actor: Actor) -> int | None:
    """Take a run over, or open one (`run_id` None: the one that waits, or a new one). The caller is `alone`.

    Answers its id; None when the run is over already. Runs that another process left behind are closed.
    """
    with transaction() as session:
        run = session.get(PriceRetraining, run_id, with_for_update=True) if run_id else _open_run(session)
        if run_id and run is None:
            raise NotFound("There is no such retraining.")
        if run is None:
            run = _new(session, actor)
        if run.state not in OPEN_RUNS:
            return None
        RUN.check(RunState(run.state), RunState.RUNNING)
        run.state, run.percent, run.step = RunState.RUNNING, 0, "Starting"
        run.started_at = run.heard_at = clock.now()
        return run.id


def note(run_id: int, percent: int, step: str) -> None:
    """How far it is, at once for everybody to see."""
    with transaction() as session:
        session.execute(
            update(PriceRetraining)
            .where(PriceRetraining.id == run_id, PriceRetraining.state == RunState.RUNNING)
            .values(percent=min(max(percent, 0), 100), step=step[:200], heard_at=clock.now())
        )


def end(
    session: Session, run_id: int, state: RunState, outcome: str, version_id: int | None = None
) -> None:  # fmt: skip
    """Close a run. Refuses (InvalidTransition) one that is over."""
    run = session.get_one(PriceRetraining, run_id, with_for_update=True, populate_existing=True)
    RUN.check(RunState(run.state), state)
    now = clock.now()
    run.state, run.outcome, run.version_id = state, outcome[:MAX_TEXT], version_id
    run.ended_at = run.heard_at = now
    if state == RunState.DONE:
        run.percent = 100
    session.flush()


def give_up(run_id: int, why: str) -> bool:
    """No further attempt follows. False when the run was over already."""
    with transaction() as session:
        run = session.get(PriceRetraining, run_id, with_for_update=True)
        if run is None or run.state not in OPEN_RUNS:
            return False
        end(session, run_id, RunState.FAILED, why)
        return True


def is_silent(run: PriceRetraining) -> bool:
    """Whether a run that should be under way has not been heard of for long."""
    return run.state == RunState.RUNNING and clock.now() - run.heard_at > SILENT


def _new(session: Session, actor: Actor) -> PriceRetraining:
    now = clock.now()
    run = PriceRetraining(
        model=PRICING,
        state=RunState.QUEUED,
        step="Waiting for the worker",
        asked_at=now,
        heard_at=now,
        actor_id=actor.id,
        actor_label=actor.label,
    )
    session.add(run)
    session.flush()
    return run


def _owe(session: Session, run: PriceRetraining, key: str) -> None:
    outbox.owe(session, JOB, run.id, on=queue.LOW, key=key)


def _open_run(session: Session) -> PriceRetraining | None:
    return session.scalar(
        select(PriceRetraining)
        .where(PriceRetraining.model == PRICING, PriceRetraining.state.in_(OPEN_RUNS))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _bury(session: Session) -> None:
    """Close a run whose process is gone: it says RUNNING, has long been silent, and nobody holds the lock."""
    run = _open_run(session)
    if run is not None and is_silent(run) and session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        end(session, run.id, RunState.FAILED, "Its process ended without a word.")


def _scheduled():  # type: ignore[no-untyped-def]
    return PriceRetraining.actor_label == SYSTEM.label


def _busy(session: Session) -> str:
    run = session.scalar(
        select(PriceRetraining).where(PriceRetraining.model == PRICING, PriceRetraining.state.in_(OPEN_RUNS))
    )
    if run is None or run.state == RunState.QUEUED:
        return "A retraining has been asked for already and waits for its worker."
    return f"A retraining is under way ({run.percent} %): {run.step}."
