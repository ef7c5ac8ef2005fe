"""The one way to change the database: open, lock, check, write, commit, then ring the bells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import structlog
from sqlalchemy.orm import Session

from bakery.infra.db import db

log = structlog.get_logger(__name__)
_HOOKS = "after_commit_hooks"


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction on the request's or job's session. Refuses to nest: pass the session down instead.

    Hooks given to `after_commit` run once the commit has happened; one that fails is logged, since what
    it would have started is owed in a row (outbox) and found again by the sweeper.
    """
    session = cast(Session, db.session())
    if _HOOKS in session.info:
        raise RuntimeError("already in a transaction: pass the session down")
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
