"""The one way to change the database: open, lock, check, write, commit, then ring the bells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bakery.infra.db import db

log = structlog.get_logger(__name__)
_HOOKS = "after_commit_hooks"
_ONLY_READS = "only_reads"
T = TypeVar("T")
# Postgres ended the transaction because of another one: deadlock, serialisation failure. It may go on now.
_OTHERS_FAULT = frozenset({"40P01", "40001"})


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction on the request's or job's session. Refuses to nest: pass the session down instead.

    Hooks given to `after_commit` run once the commit has happened; one that fails is logged, since what
    it would have started is owed in a row (outbox) and found again by the sweeper.
    """
    session = cast(Session, db.session())
    if _HOOKS in session.info:
        raise RuntimeError("already in a transaction: pass the session down")
    if _ONLY_READS in session.info:
        raise RuntimeError("this request said that it only reads")
    hooks: list[Callable[[], object]] = []
    session.info[_HOOKS] = hooks
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_HOOKS]
    for hook in hooks:
        try:
            hook()
        except Exception:
            log.exception("after_commit_hook_failed")


def after_commit(session: Session, hook: Callable[[], object]) -> None:
    """Run `hook` once the open transaction has committed; never when it rolls back."""
    session.info[_HOOKS].append(hook)


def end_read() -> None:
    """Give the connection back in the middle of a request, before something slow (Stripe) is called."""
    session = cast(Session, db.session())
    if _HOOKS in session.info:
        raise RuntimeError("a transaction is open: commit it first")
    session.rollback()


def only_read() -> Session:
    """The session for a page that asks one thing and changes nothing: each query by itself, no BEGIN, no ROLLBACK.

    Three messages to the database become one. Refused where a transaction is open, unless it has only found out
    who is asking: then this page goes on in it. From here on this request cannot open one.
    """
    session = cast(Session, db.session())
    if _HOOKS in session.info:
        raise RuntimeError("a transaction is open: read in it")
    # Bound to one connection (in tests), it lives in whatever that connection has begun.
    if isinstance(session.get_bind(), Engine) and not session.in_transaction():
        session.info[_ONLY_READS] = True
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
    return session


def retrying(work: Callable[[], T], *, attempts: int = 2) -> T:
    """Run `work`, which opens its own transaction, and once more if another transaction made it fail."""
    for left in range(attempts - 1, -1, -1):
        try:
            return work()
        except OperationalError as error:
            state = getattr(error.orig, "sqlstate", None)
            if left == 0 or state not in _OTHERS_FAULT:
                raise
            log.warning("transaction_retried", sqlstate=state)
    raise AssertionError("unreachable")
