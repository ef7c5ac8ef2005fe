"""How many statements a piece of code sends to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import event

from bakery.infra.db import db

_BOOKKEEPING = ("SAVEPOINT", "RELEASE", "ROLLBACK")


class Queries(list[str]):
    """The statements seen, in order; its repr is what a failing assertion shows."""

    def __repr__(self) -> str:
        return f"{len(self)} queries:\n" + "\n".join(f"  {text}" for text in self)


Counter = Callable[[], AbstractContextManager[Queries]]


@contextmanager
def counting() -> Iterator[Queries]:
    """Collect every statement sent while the block runs; the savepoints of the test frame do not count."""
    seen = Queries()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_BOOKKEEPING):
            seen.append(" ".join(statement.split())[:160])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
