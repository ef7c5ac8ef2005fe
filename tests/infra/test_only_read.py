"""A page that only reads asks the database once, without BEGIN and ROLLBACK, and can change nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bakery.infra.db import db
from bakery.infra.transaction import only_read, transaction


def test_each_query_stands_by_itself(real_database: None) -> None:
    session = only_read()
    begun = text("SELECT statement_timestamp() = transaction_timestamp(), pg_current_xact_id_if_assigned()")
    assert session.execute(begun).one() == (True, None)
    first = session.scalar(text("SELECT transaction_timestamp()"))
    assert session.scalar(text("SELECT transaction_timestamp()")) > first


def test_a_transaction_is_refused_afterwards(real_database: None) -> None:
    only_read()
    with pytest.raises(RuntimeError, match="only reads"), transaction():
        pass


def test_it_is_refused_inside_a_transaction(real_database: None) -> None:
    with pytest.raises(RuntimeError, match="open"), transaction():
        only_read()


def test_where_somebody_was_looked_up_already_it_reads_on_in_that_transaction(real_database: None) -> None:
    stamp = text("SELECT transaction_timestamp()")
    first = db.session().scalar(stamp)
    assert only_read().scalar(stamp) == first


def test_the_next_request_has_ordinary_transactions_again(real_database: None) -> None:
    only_read().execute(text("SELECT 1"))
    db.session.remove()
    with transaction() as session:
        first = session.scalar(text("SELECT transaction_timestamp()"))
        assert session.scalar(text("SELECT transaction_timestamp()")) == first
