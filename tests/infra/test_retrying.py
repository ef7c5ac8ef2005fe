import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from bakery.infra.transaction import retrying


def failing(error: type[Exception], times: int):
    calls: list[int] = []

    def work() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise OperationalError("UPDATE …", {}, error())
        return len(calls)

    return work, calls


def test_a_lost_deadlock_is_tried_once_more() -> None:
    work, _ = failing(psycopg.errors.DeadlockDetected, 1)
    assert retrying(work) == 2


def test_but_not_for_ever() -> None:
    work, calls = failing(psycopg.errors.DeadlockDetected, 9)
    with pytest.raises(OperationalError):
        retrying(work)
    assert len(calls) == 2


@pytest.mark.parametrize("error", [psycopg.errors.LockNotAvailable, psycopg.OperationalError])
def test_a_database_that_is_away_or_busy_is_not_asked_again(error: type[Exception]) -> None:
    work, calls = failing(error, 1)
    with pytest.raises(OperationalError):
        retrying(work)
    assert len(calls) == 1
