"""Proofs of the books as rows: asked for, under way, over. One at a time, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.infra import outbox, queue
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.payments.books.models import BOOKS_RUN, OPEN_BOOKS_RUN, STRIPE, BooksRun, BooksRunState
from bakery.people import audit
from bakery.shop.models import Shop

JOB = "jobs.books.prove"
_LOCK = func.hashtextextended("books_run", 0)
# A proof says every few seconds how far it is. One that has been silent for so long has lost its process.
SILENT = timedelta(minutes=3)
# When the shop sleeps, and the day before is over everywhere.
HOUR = time(3)
# So many nights are read again from Stripe, in case something of theirs came late.
READ_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Period:
    """The shop's days, both included; without the first it begins with the books themselves."""

    first: date | None
    last: date


@contextmanager
def alone() -> Iterator[None]:
    """Held by the one proof that runs, on a connection of its own: a killed process lets go of it.

    Refuses with Conflict while another process holds it.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(select(func.pg_try_advisory_lock(_LOCK))):
            raise Conflict(_busy(db.session()))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(_LOCK)))


def zone_of(session: Session) -> str:
    """The shop's time zone."""
    return session.scalars(select(Shop.time_zone)).first() or "UTC"


def ask(actor: Actor, first: date | None = None, last: date | None = None) -> int:
    """Owe a proof to the worker of the low queue. Answers its id.

    Refuses with Conflict while one is open, and a period that ends before it begins, or has not begun.
    """
    try:
        with transaction() as session:
            period = check_period(session, first, last)
            _bury(session)
            if _open_run(session) is not None:
                raise Conflict(_busy(session))
            run = _new(session, actor, period)
            audit.record(session, actor, "books.prove", "books_run", run.id)
            outbox.owe(session, JOB, run.id, on=queue.LOW, key=f"books-run:{run.id}")
            return run.id
    except IntegrityError:
        # Asked for at the same moment: the other one was faster.
        raise Conflict(_busy(db.session())) from None


def ask_nightly() -> str:
    """Owe this night's proof of everything, once, however often it is asked from 3 in the morning on.

    One that failed is asked for again an hour later. Says what it did.
    """
    with transaction() as session:
        due = last_due(clock.now().astimezone(ZoneInfo(zone_of(session))))
        asked = session.scalar(
            select(func.max(BooksRun.asked_at)).where(
                BooksRun.actor_label == SYSTEM.label, BooksRun.state != BooksRunState.FAILED
            )
        )
        if asked is not None and asked >= due:
            return f"done for the night to {due.date()}"
        _bury(session)
        if _open_run(session) is not None:
            return "another proof is under way"
        run = _new(session, SYSTEM, check_period(session, None, None))
        outbox.owe(session, JOB, run.id, on=queue.LOW, key=f"books-run:{run.id}")
        return f"asked for the night to {due.date()}"


def check_period(session: Session, first: date | None, last: date | None) -> Period:
    """The period that was meant: until today where nothing else is said. Refuses one that cannot be (Invalid)."""
    today = clock.today(zone_of(session))
    last = min(last or today, today)
    if first is not None and first > last:
        raise Invalid("The first day is after the last one, or has not come yet.", field="from")
    return Period(first, last)


def last_due(now: datetime) -> datetime:
    """The last 3 in the morning, in the zone of `now`."""
    due = datetime.combine(now.date(), HOUR, now.tzinfo)
    return due if due <= now else datetime.combine(now.date() - timedelta(days=1), HOUR, now.tzinfo)


def begin(
    run_id: int | None, actor: Actor, first: date | None = None, last: date | None = None
) -> int | None:
    """Take a run over, or open one (`run_id` None). The caller is `alone`, so what is open has lost its process.

    Answers its id; None when the run is over already.
    """
    with transaction() as session:
        if run_id is None:
            period = check_period(session, first, last)
            left = _open_run(session)
            if left is not None:
                end(session, left.id, BooksRunState.FAILED, "Another proof was begun in its place.")
            run_id = _new(session, actor, period).id
        run = session.get(BooksRun, run_id, with_for_update=True, populate_existing=True)
        if run is None:
            raise NotFound("There is no such proof of the books.")
        if run.state not in OPEN_BOOKS_RUN:
            return None
        BOOKS_RUN.check(BooksRunState(run.state), BooksRunState.RUNNING)
        run.state, run.percent, run.step = BooksRunState.RUNNING, 0, "Starting"
        run.started_at = run.heard_at = clock.now()
        return run.id


def note(run_id: int, percent: int, step: str) -> None:
    """How far it is, at once for everybody to see."""
    with transaction() as session:
        session.execute(
            update(BooksRun)
            .where(BooksRun.id == run_id, BooksRun.state == BooksRunState.RUNNING)
            .values(percent=min(max(percent, 0), 100), step=step[:200], heard_at=clock.now())
        )


def end(session: Session, run_id: int, state: BooksRunState, outcome: str) -> BooksRun:
    """Close a run; the caller says the rest in its row. Refuses (InvalidTransition) one that is over."""
    run = session.get_one(BooksRun, run_id, with_for_update=True, populate_existing=True)
    BOOKS_RUN.check(BooksRunState(run.state), state)
    now = clock.now()
    run.state, run.outcome, run.ended_at, run.heard_at = state, outcome[:500], now, now
    run.took_ms = int((now - (run.started_at or now)).total_seconds() * 1000)
    if state == BooksRunState.DONE:
        run.percent = 100
    return run


def give_up(run_id: int, why: str) -> bool:
    """No further attempt follows. False when the run was over already."""
    with transaction() as session:
        run = session.get(BooksRun, run_id, with_for_update=True, populate_existing=True)
        if run is None or run.state not in OPEN_BOOKS_RUN:
            return False
        end(session, run_id, BooksRunState.FAILED, why)
        return True


def is_silent(run: BooksRun) -> bool:
    """Whether a proof that should be under way has not been heard of for long."""
    return run.state == BooksRunState.RUNNING and clock.now() - run.heard_at > SILENT


def _new(session: Session, actor: Actor, period: Period) -> BooksRun:
    now = clock.now()
    run = BooksRun(
        account=STRIPE,
        from_on=period.first,
        to_on=period.last,
        state=BooksRunState.QUEUED,
        step="Waiting for the worker",
        asked_at=now,
        heard_at=now,
        actor_id=actor.id,
        actor_label=actor.label,
    )
    session.add(run)
    session.flush()
    return run


def _open_run(session: Session) -> BooksRun | None:
    return session.scalar(
        select(BooksRun)
        .where(BooksRun.account == STRIPE, BooksRun.state.in_(OPEN_BOOKS_RUN))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _bury(session: Session) -> None:
    """Close a run whose process is gone: it says RUNNING, has long been silent, and nobody holds the lock."""
    run = _open_run(session)
    if run is not None and is_silent(run) and session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
        end(session, run.id, BooksRunState.FAILED, "Its process ended without a word.")


def _busy(session: Session) -> str:
    run = session.scalar(select(BooksRun).where(BooksRun.state.in_(OPEN_BOOKS_RUN)))
    if run is None or run.state == BooksRunState.QUEUED:
        return "A proof of the books has been asked for already and waits for its worker."
    return f"The books are being proved ({run.percent} %): {run.step}."
