"""A large table in pieces, by its key: memory does not grow with the shop, and no transaction lasts long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.sql.elements import TextClause

from bakery.infra.transaction import transaction

AT_ONCE = 10_000
# Told how much of a table is done, from 0 to 1.
Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows whose id is above `after` and not above `upto`; `done` of the table once it is read."""

    after: int
    upto: int
    done: float


def pieces(table: Any) -> Iterator[Piece]:
    """All of a table that is there now."""
    with transaction() as session:
        last = session.scalar(select(func.max(table.id))) or 0
    after = 0
    while after < last:
        with transaction() as session:
            ids = select(table.id).where(table.id > after).order_by(table.id).limit(AT_ONCE).subquery()
            upto = session.scalar(select(func.max(ids.c.id)))
        if upto is None:
            return
        yield Piece(after, int(upto), min(1.0, upto / last))
        after = int(upto)


def rows_of(query: TextClause, piece: Piece, **values: Any) -> Sequence[Row[Any]]:
    """What a query finds in a piece: it names `:after` and `:upto`."""
    with transaction() as session:
        return session.execute(query, {"after": piece.after, "upto": piece.upto, **values}).all()
