"""Differences as rows: found, found again, gone by themselves, explained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, literal_column, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.actor import Actor
from bakery.core.errors import Conflict, Invalid, NotFound
from bakery.infra.transaction import transaction
from bakery.messages.models import StaffAlert
from bakery.messages.operations import raise_alert, resolve_alert
from bakery.payments.books.kinds import MEANINGS, DifferenceKind, Found
from bakery.payments.books.models import BooksDifference, DifferenceState
from bakery.people import audit

ALERT = "books_differ"
_OPEN = BooksDifference.state == DifferenceState.OPEN


def record(session: Session, run_id: int, found: Sequence[Found]) -> int:
    """Write down what a run found; answers how many are open for the first time.

    One that is open already is counted once more. One that was explained stays so while it is the same.
    """
    explained = _explained(session, found)
    for difference_id in explained.values():
        session.execute(
            update(BooksDifference)
            .where(BooksDifference.id == difference_id)
            .values(times=BooksDifference.times + 1, last_run_id=run_id)
        )
    return sum(_open(session, run_id, each) for each in found if _key(each) not in explained)


def close_gone(
    session: Session, run_id: int, kinds: Sequence[DifferenceKind], begin: datetime, end: datetime
) -> int:
    """Close what this run compared and did not find any more; answers how many.

    `begin` and `end`: what it compared of things that happened at a time.
    """
    within = and_(BooksDifference.about_at >= begin, BooksDifference.about_at < end)
    done = session.execute(
        update(BooksDifference)
        .where(
            _OPEN,
            BooksDifference.last_run_id < run_id,
            BooksDifference.kind.in_(kinds),
            or_(BooksDifference.about_at.is_(None), within),
        )
        .values(
            state=DifferenceState.FIXED,
            ended_at=clock.now(),
            note="It was gone when the books were proved again.",
        )
        .returning(BooksDifference.id)
    )
    return len(done.all())


def count_open(session: Session) -> int:
    """How many wait for somebody."""
    return session.scalar(select(func.count()).where(_OPEN)) or 0


def tell_staff(session: Session) -> int:
    """One alert while anything is open; it is settled by itself once nothing is. Answers how many are open."""
    number = count_open(session)
    if number:
        one = number == 1
        raise_alert(
            session,
            kind=ALERT,
            key="books:open",
            text=f"The books differ in {number} {'place' if one else 'places'}. "
            "See what to do at Money, Books (/admin/insights/reconciliation).",
        )
    else:
        alert = session.scalar(
            select(StaffAlert).where(StaffAlert.unique_key == "books:open").with_for_update()
        )
        if alert is not None:
            resolve_alert(session, alert, None)
    return number


def explain(difference_id: int, reason: str, actor: Actor) -> None:
    """Keep why a difference may stay. Refuses one that is over, and too few words."""
    reason = reason.strip()
    if len(reason) < 5:
        raise Invalid("Say in a sentence how it came about and why it may stay.", field="reason")
    if len(reason) > 500:
        raise Invalid("Say it in up to 500 characters.", field="reason")
    with transaction() as session:
        difference = lock(session, difference_id)
        close(session, difference, DifferenceState.EXPLAINED, reason, actor)
        tell_staff(session)


def lock(session: Session, difference_id: int) -> BooksDifference:
    """An open difference, locked. Raises NotFound, and Conflict when it is over."""
    difference = session.get(BooksDifference, difference_id, with_for_update=True, populate_existing=True)
    if difference is None:
        raise NotFound("There is no such difference.")
    if difference.state != DifferenceState.OPEN:
        raise Conflict("This difference is settled already.")
    return difference


def close(
    session: Session, difference: BooksDifference, state: DifferenceState, note: str, actor: Actor
) -> None:
    """Settle a locked difference, with who did it and why, also in the audit log."""
    difference.state, difference.note, difference.ended_at = state, note[:500], clock.now()
    difference.actor_id, difference.actor_label = actor.id, actor.label
    audit.record(
        session,
        actor,
        f"books.{'explain' if state == DifferenceState.EXPLAINED else 'fix'}",
        "books_difference",
        difference.id,
        before={"words": difference.words},
        after={"state": difference.state},
        reason=note,
    )
    session.flush()


def _key(found: Found) -> tuple[str, str]:
    return found.kind.value, found.subject


def _explained(session: Session, found: Sequence[Found]) -> dict[tuple[str, str], int]:
    """What of it was explained with the very same amounts."""
    if not found:
        return {}
    by_key = {_key(each): each for each in found}
    rows = session.scalars(
        select(BooksDifference)
        .where(
            BooksDifference.state == DifferenceState.EXPLAINED,
            tuple_(BooksDifference.kind, BooksDifference.subject).in_(by_key),
        )
        .order_by(BooksDifference.id)
    )
    same: dict[tuple[str, str], int] = {}
    for row in rows:
        now = by_key[(row.kind, row.subject)]
        if (row.expected_cents, row.found_cents) == (now.expected_cents, now.found_cents):
            same[(row.kind, row.subject)] = row.id
    return same


def _open(session: Session, run_id: int, found: Found) -> bool:
    """One more row, or one more time. Whether it is new."""
    told = {
        "order_id": found.order_id,
        "stripe_id": found.stripe_id,
        "expected_cents": found.expected_cents,
        "found_cents": found.found_cents,
        "currency": found.currency,
        "words": found.words[:500],
        "fix": found.fix or MEANINGS[found.kind].fix,
        "about_at": found.about_at,
        "last_run_id": run_id,
    }
    statement = insert(BooksDifference).values(
        **told,
        kind=found.kind,
        subject=found.subject,
        state=DifferenceState.OPEN,
        times=1,
        first_run_id=run_id,
        found_at=clock.now(),
        note="",
        actor_label="",
    )
    new: bool = session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject"],
            # Word for word: a prepared statement does not know that a parameter is this state.
            index_where=text("state = 'OPEN'"),
            set_={**told, "times": BooksDifference.times + 1},
        ).returning(literal_column("xmax = 0"))
    ).scalar_one()
    return new
