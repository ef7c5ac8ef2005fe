"""Long work as rows: asked for, under way, over. One run of a kind at a time, whoever asks and whatever is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict
from bakery.core.states import Machine
from bakery.infra.db import db
from bakery.infra.transaction import transaction

# A run says every few seconds how far it is. One that has been silent for so long has lost its process.
SILENT = timedelta(minutes=3)
MAX_TEXT = 500
_OPEN = ("QUEUED", "RUNNING")

R = TypeVar("R", bound=Any)


@dataclass(frozen=True)
class LongRuns(Generic[R]):
    """The runs of one kind. `table` has state, percent, step, outcome, asked_at, started_at, heard_at, ended_at,
    actor_id and actor_label, and a unique index that allows one open run; `machine` knows QUEUED, RUNNING, DONE and
    FAILED.

    `waits` is said of a run that nobody has begun, `under_way` ("… (40 %): Reading") of one that runs.
    """

    table: type[R]
    machine: Machine[Any]
    states: type[StrEnum]
    waits: str
    under_way: str

    @property
    def _lock(self) -> Any:
        return func.hashtextextended(self.table.__tablename__, 0)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Held by the one run that is worked on, on a connection of its own: a killed process lets go of it.

        Refuses with Conflict while another process holds it.
        """
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.scalar(select(func.pg_try_advisory_lock(self._lock))):
                raise Conflict(self._busy(db.session()))
            try:
                yield
            finally:
                connection.execute(select(func.pg_advisory_unlock(self._lock)))

    @contextmanager
    def asking(self) -> Iterator[Session]:
        """A transaction in which a run may be asked for. Refuses with Conflict while one is open."""
        try:
            with transaction() as session:
                if self.is_busy(session):
                    raise Conflict(self._busy(session))
                yield session
        except IntegrityError:
            # Asked for at the same moment: the other one was faster.
            raise Conflict(self._busy(db.session())) from None

    def is_busy(self, session: Session) -> bool:
        """Whether a run is open. One whose process is gone is closed: it says RUNNING, has long been silent, and nobody
        holds the lock.
        """
        run = self.open_run(session)
        if run is None:
            return False
        if self.is_silent(run) and session.scalar(select(func.pg_try_advisory_xact_lock(self._lock))):
            self.end(session, run.id, self.states["FAILED"], "Its process ended without a word.")
            return False
        return True

    def new(self, session: Session, actor: Actor, **own: Any) -> R:
        """A run that waits for its worker; `own`: what else its row says."""
        now = clock.now()
        run = self.table(
            state=self.states["QUEUED"],
            step="Waiting for the worker",
            asked_at=now,
            heard_at=now,
            actor_id=actor.id,
            actor_label=actor.label,
            **own,
        )
        session.add(run)
        session.flush()
        return run

    def open_run(self, session: Session) -> R | None:
        """The run that waits or is under way, locked."""
        query = select(self.table).where(self.table.state.in_(_OPEN)).with_for_update()
        return session.scalar(query.execution_options(populate_existing=True))

    def get(self, session: Session, run_id: int) -> R | None:
        """One run, locked, as it is now."""
        return session.get(self.table, run_id, with_for_update=True, populate_existing=True)

    def start(self, run: R) -> int | None:
        """Take a locked run over. The caller is `alone`, so one that says RUNNING has lost its process. Answers its id;
        None when it is over already.
        """
        if run.state not in _OPEN:
            return None
        self._check(run, self.states["RUNNING"])
        run.state, run.percent, run.step = self.states["RUNNING"], 0, "Starting"
        run.started_at = run.heard_at = clock.now()
        return int(run.id)

    def note(self, run_id: int, percent: int, step: str) -> None:
        """How far it is, at once for everybody to see."""
        with transaction() as session:
            session.execute(
                update(self.table)
                .where(self.table.id == run_id, self.table.state == self.states["RUNNING"])
                .values(percent=min(max(percent, 0), 100), step=step[:200], heard_at=clock.now())
            )

    def end(self, session: Session, run_id: int, state: StrEnum, outcome: str) -> R:
        """Close a run; the caller says the rest in its row. Refuses (InvalidTransition) one that is over."""
        run = session.get_one(self.table, run_id, with_for_update=True, populate_existing=True)
        self._check(run, state)
        run.state, run.outcome = state, outcome[:MAX_TEXT]
        run.ended_at = run.heard_at = clock.now()
        if state == self.states["DONE"]:
            run.percent = 100
        return run

    def give_up(self, run_id: int, why: str) -> bool:
        """No further attempt follows. False when the run was over already."""
        with transaction() as session:
            run = self.get(session, run_id)
            if run is None or run.state not in _OPEN:
                return False
            self.end(session, run_id, self.states["FAILED"], why)
            return True

    def is_silent(self, run: R) -> bool:
        """Whether a run that should be under way has not been heard of for long."""
        return bool(run.state == self.states["RUNNING"] and clock.now() - run.heard_at > SILENT)

    def _check(self, run: R, state: StrEnum) -> None:
        self.machine.check(self.states(run.state), state)

    def _busy(self, session: Session) -> str:
        run = session.scalar(select(self.table).where(self.table.state.in_(_OPEN)))
        if run is None or run.state == self.states["QUEUED"]:
            return self.waits
        return f"{self.under_way} ({run.percent} %): {run.step}."
