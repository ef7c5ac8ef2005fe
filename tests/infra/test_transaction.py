import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.infra import outbox
from bakery.infra.models import Outbox
from bakery.infra.transaction import after_commit, transaction


def test_a_transaction_inside_another_is_refused(session: Session) -> None:
    with transaction(), pytest.raises(RuntimeError, match="pass the session down"):
        with transaction():
            pass


def test_hooks_run_after_the_commit_and_never_after_a_rollback(session: Session) -> None:
    rung: list[str] = []
    with pytest.raises(ZeroDivisionError):
        with transaction() as open_session:
            after_commit(open_session, lambda: rung.append("never"))
            raise ZeroDivisionError
    with transaction() as open_session:
        after_commit(open_session, lambda: rung.append("after"))
        assert rung == []
    assert rung == ["after"]


def test_what_is_owed_under_one_key_is_owed_once(session: Session) -> None:
    for _ in range(2):
        with transaction() as open_session:
            outbox.owe(open_session, "jobs.x.y", 1, key="order:1:receipt")
    assert len(session.scalars(select(Outbox)).all()) == 1


def test_a_claimed_row_is_nobody_elses_until_it_fails_and_its_time_comes(session: Session) -> None:
    with transaction() as open_session:
        outbox.owe(open_session, "jobs.x.y", 1)
    row_id = session.scalars(select(Outbox.id)).one()
    first = outbox.claim(row_id)
    assert first is not None and first.attempt == 1
    assert outbox.claim(row_id) is None
    outbox.fail(first, "no answer")
    assert outbox.claim(row_id) is None  # back-off
