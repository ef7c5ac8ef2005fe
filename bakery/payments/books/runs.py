"""Proofs of the books as rows: asked for, under way, over. One at a time, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import SYSTEM, Actor
from bakery.core.errors import Invalid, NotFound
from bakery.infra import outbox, queue
from bakery.infra.long_runs import LongRuns
from bakery.infra.transaction import transaction
from bakery.payments.books.models import BOOKS_RUN, BooksRun, BooksRunState
from bakery.people import audit
from bakery.shop.models import Shop

JOB = "jobs.books.prove"
# When the shop sleeps, and the day before is over everywhere.
HOUR = time(3)
# So many nights are read again from Stripe, in case something of theirs came late.
READ_AGAIN = timedelta(days=7)

_RUNS = LongRuns(
    BooksRun,
    BOOKS_RUN,
    BooksRunState,
    waits="A proof of the books has been asked for already and waits for its worker.",
    under_way="The books are being proved",
)
alone, note, give_up, is_silent = _RUNS.alone, _RUNS.note, _RUNS.give_up, _RUNS.is_silent


@dataclass(frozen=True, slots=True)
class Period:
    """The shop's days, both included; without the first it begins with the books themselves."""

    first: date | None
    last: date


def zone_of(session: Session) -> str:
    """The shop's time zone."""
    return session.scalars(select(Shop.time_zone)).first() or "UTC"


def ask(actor: Actor, first: date | None = None, last: date | None = None) -> int:
    """Owe a proof to the worker of the low queue. Answers its id.

    Refuses with Conflict while one is open, and a period that ends before it begins, or has not begun.
    """
    with _RUNS.asking() as session:
        run = _new(session, actor, check_period(session, first, last))
        audit.record(session, actor, "books.prove", "books_run", run.id)
        _owe(session, run)
        return run.id


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
        if _RUNS.is_busy(session):
            return "another proof is under way"
        _owe(session, _new(session, SYSTEM, check_period(session, None, None)))
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
            left = _RUNS.open_run(session)
            if left is not None:
                end(session, left.id, BooksRunState.FAILED, "Another proof was begun in its place.")
            run_id = _new(session, actor, period).id
        run = _RUNS.get(session, run_id)
        if run is None:
            raise NotFound("There is no such proof of the books.")
        return _RUNS.start(run)


def end(session: Session, run_id: int, state: BooksRunState, outcome: str) -> BooksRun:
    """Close a run; the caller says the rest in its row. Refuses (InvalidTransition) one that is over."""
    run = _RUNS.end(session, run_id, state, outcome)
    took = clock.now() - (run.started_at or clock.now())
    run.took_ms = int(took.total_seconds() * 1000)
    return run


def _new(session: Session, actor: Actor, period: Period) -> BooksRun:
    return _RUNS.new(session, actor, from_on=period.first, to_on=period.last)


def _owe(session: Session, run: BooksRun) -> None:
    outbox.owe(session, JOB, run.id, on=queue.LOW, key=f"books-run:{run.id}")
