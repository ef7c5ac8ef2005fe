"""Numbers without gaps: the next one of a series, in the transaction of the paper that gets it."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from bakery.payments.models import ReceiptSeries


def next_number(session: Session, series: str) -> int:
    """The number after the last one of the series, which begins at 1 with the first call.

    The series stays locked until the transaction ends: numbers follow one another in the order of their commits, and
    one that is rolled back is given to the next. The last lock that a transaction takes; of several series, in the
    order of their codes from Z to A (`R` before `P` before `C`).
    """
    lock_series(session, series)
    return session.scalars(
        update(ReceiptSeries)
        .where(ReceiptSeries.code == series)
        .values(last_number=ReceiptSeries.last_number + 1)
        .returning(ReceiptSeries.last_number)
    ).one()


def lock_series(session: Session, series: str) -> None:
    """Whoever else wants a number of this series waits until our transaction ends."""
    session.execute(insert(ReceiptSeries).values(code=series, last_number=0).on_conflict_do_nothing())
    row = select(ReceiptSeries.code).where(ReceiptSeries.code == series)
    session.execute(row.with_for_update(key_share=True))
