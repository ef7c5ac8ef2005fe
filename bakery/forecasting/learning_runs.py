"""Trainings of the price model as rows: asked for, under way, over. One at a time, whoever asks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import NotFound
from bakery.forecasting.models import PriceRetraining
from bakery.forecasting.states import RUN, RunState
from bakery.infra import outbox, queue
from bakery.infra.long_runs import LongRuns
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.shop.models import Shop

JOB = "jobs.learning.retrain"
# Before the bakery's day begins.
WEEKDAY, HOUR = 0, time(3)
# A shop that has never trained does so in a night, not in the middle of the day it was set up.
FIRST_WITHIN = timedelta(hours=6)

_RUNS = LongRuns(
    PriceRetraining,
    RUN,
    RunState,
    waits="A retraining has been asked for already and waits for its worker.",
    under_way="A retraining is under way",
)
alone, note, give_up, is_silent = _RUNS.alone, _RUNS.note, _RUNS.give_up, _RUNS.is_silent


def ask(actor: Actor) -> int:
    """Owe a training to the worker of the low queue. Answers its id. Refuses with Conflict while one is open."""
    with _RUNS.asking() as session:
        run = _RUNS.new(session, actor)
        audit.record(session, actor, "models.retrain", "price_retraining", run.id)
        _owe(session, run, f"price-retraining:{run.id}")
        return run.id


def ask_weekly() -> str:
    """Owe this week's training, once, however often it is asked from Monday morning on. Says what it did."""
    with transaction() as session:
        zone = ZoneInfo(session.scalars(select(Shop.time_zone)).first() or "UTC")
        due = last_due(clock.now().astimezone(zone))
        if clock.now() > due + FIRST_WITHIN and session.scalar(select(PriceRetraining.id).limit(1)) is None:
            return "never trained yet: waits for Monday morning"
        by_itself = PriceRetraining.actor_label == SYSTEM.label
        asked = session.scalar(select(func.max(PriceRetraining.asked_at)).where(by_itself))
        if asked is not None and asked >= due:
            return f"done for the week of {due.date()}"
        if _RUNS.is_busy(session):
            return "another training is open"
        _owe(session, _RUNS.new(session, SYSTEM), f"price-retraining:week:{due.date()}")
        return f"asked for the week of {due.date()}"


def last_due(now: datetime) -> datetime:
    """The last Monday, 3 in the morning, in the zone of `now`."""
    day: date = now.date() - timedelta(days=(now.weekday() - WEEKDAY) % 7)
    due = datetime.combine(day, HOUR, now.tzinfo)
    return due if due <= now else datetime.combine(day - timedelta(days=7), HOUR, now.tzinfo)


def begin(run_id: int | None, actor: Actor) -> int | None:
    """Take a run over, or open one (`run_id` None: the one that waits, or a new one). The caller is `alone`.

    Answers its id; None when the run is over already.
    """
    with transaction() as session:
        run = _RUNS.get(session, run_id) if run_id else _RUNS.open_run(session) or _RUNS.new(session, actor)
        if run is None:
            raise NotFound("There is no such retraining.")
        return _RUNS.start(run)


def end(
    session: Session, run_id: int, state: RunState, outcome: str, version_id: int | None = None
) -> None:  # fmt: skip
    """Close a run. Refuses (InvalidTransition) one that is over."""
    _RUNS.end(session, run_id, state, outcome).version_id = version_id
    session.flush()


def _owe(session: Session, run: PriceRetraining, key: str) -> None:
    outbox.owe(session, JOB, run.id, on=queue.LOW, key=key)
