"""The audit log cannot be changed, and nothing that staff do is missing from it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core.actor import Actor
from bakery.infra.transaction import transaction
from bakery.people import audit
from bakery.people.models import AuditEntry


def _entry() -> None:
    with transaction() as session:
        audit.record(session, Actor(None, "test", "203.0.113.9"), "order.move", "order", "SC-7K3M-Q9")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET action = 'nothing'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
def test_the_database_itself_refuses_to_change_the_audit_log(session: Session, statement: str) -> None:
    _entry()
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))
    row = session.scalars(select(AuditEntry)).one()
    assert (row.action, str(row.ip)) == ("order.move", "203.0.113.9")


def test_a_change_that_is_rolled_back_leaves_no_entry(session: Session) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as open_session:
        audit.record(open_session, Actor(None, "test"), "order.move", "order", "SC-7K3M-Q9")
        raise ZeroDivisionError
    assert session.scalars(select(AuditEntry)).all() == []
