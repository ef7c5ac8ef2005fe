"""What the page of the books shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from bakery.infra.transaction import end_read
from bakery.orders.models import Order
from bakery.payments.books.models import BooksDifference, BooksRun, BooksRunState, DifferenceState

SHOWN_RUNS = 10
PAGE_SIZE = 50
EXPORT_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A difference with its order's number, if it is about one."""

    difference: BooksDifference
    number: str | None


@dataclass(frozen=True, slots=True)
class DifferencePage:
    rows: Sequence[Shown]
    total: int


def list_runs(session: Session) -> Sequence[BooksRun]:
    """The last proofs, newest first."""
    return session.scalars(select(BooksRun).order_by(BooksRun.id.desc()).limit(SHOWN_RUNS)).all()


def latest_run(session: Session) -> BooksRun | None:
    """The proof that was asked for last."""
    return session.scalar(select(BooksRun).order_by(BooksRun.id.desc()).limit(1))


def last_proof(session: Session) -> BooksRun | None:
    """The last one that came to its end: what its sums say still counts."""
    query = select(BooksRun).where(BooksRun.state == BooksRunState.DONE)
    return session.scalar(query.order_by(BooksRun.id.desc()).limit(1))


def count_by_state(session: Session) -> dict[str, int]:
    """How many differences are open, fixed, explained."""
    rows = session.execute(select(BooksDifference.state, func.count()).group_by(BooksDifference.state))
    counts = {str(state): int(number) for state, number in rows}
    return {state.value: counts.get(state, 0) for state in DifferenceState}


def list_differences(session: Session, state: DifferenceState, page: int) -> DifferencePage:
    """One page of differences of a state: open ones as they were found, settled ones the latest first."""
    wanted = BooksDifference.state == state
    total = session.scalar(select(func.count()).where(wanted)) or 0
    order = case((wanted, BooksDifference.ended_at)).desc().nulls_last()
    rows = session.execute(
        select(BooksDifference, Order.number)
        .outerjoin(Order, Order.id == BooksDifference.order_id)
        .where(wanted)
        .order_by(order, BooksDifference.id)
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    ).all()
    return DifferencePage([Shown(row[0], row[1]) for row in rows], total)


def export_differences(session: Session, state: DifferenceState | None) -> Iterator[Shown]:
    """Every difference (of a state), `EXPORT_CHUNK` at a time: nothing stays open while a file is taken."""
    after = 0
    query = select(BooksDifference, Order.number).outerjoin(Order, Order.id == BooksDifference.order_id)
    if state is not None:
        query = query.where(BooksDifference.state == state)
    while True:
        piece = query.where(BooksDifference.id > after).order_by(BooksDifference.id).limit(EXPORT_CHUNK)
        rows = [Shown(row[0], row[1]) for row in session.execute(piece)]
        for row in rows:
            session.expunge(row.difference)
        end_read()
        if not rows:
            return
        yield from rows
        after = rows[-1].difference.id
