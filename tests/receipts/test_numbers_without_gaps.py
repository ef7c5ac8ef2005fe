"""Many receipts at once get consecutive numbers, whoever rolls back or is killed; controls show what the lock does."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.payments import receipts
from bakery.payments.models import Receipt, ReceiptSeries
from bakery.payments.operations import numbering
from tests.factories.orders import OrderFactory
from tests.factories.shop import ShopFactory

pytestmark = pytest.mark.concurrency
BUYERS = 12


def issue_at_once(app: Flask, order_ids: list[int]) -> list[str]:
    """What each thread met: "" when all went well."""
    start = threading.Barrier(len(order_ids))

    def one(order_id: int) -> str:
        with app.app_context():
            try:
                start.wait()
                with transaction() as session:
                    receipts.issue(session, order_id)
                    if order_id % 4 == 0:
                        raise LookupError("something else in this transaction failed")
            except (LookupError, IntegrityError) as error:
                return type(error).__name__
            finally:
                db.session.remove()
            return ""

    with ThreadPoolExecutor(len(order_ids)) as pool:
        return list(pool.map(one, order_ids))


def confirmed_orders() -> list[int]:
    ShopFactory()
    ids = [OrderFactory(confirmed=True).id for _ in range(BUYERS)]
    # SQLAlchemy compiles a statement's class on first use, and that is not made for twelve threads.
    with pytest.raises(LookupError), transaction() as session:
        receipts.issue(session, ids[0])
        raise LookupError
    db.session.remove()
    return ids


def numbers() -> list[int]:
    return sorted(db.session.scalars(select(Receipt.number)))


def test_numbers_follow_one_another_also_when_some_roll_back(app: Flask, real_database: None) -> None:
    met = issue_at_once(app, confirmed_orders())
    assert met.count("LookupError") == BUYERS // 4
    assert "IntegrityError" not in met
    assert numbers() == list(range(1, BUYERS - BUYERS // 4 + 1))


def test_one_order_asked_for_at_once_has_one_receipt(app: Flask, real_database: None) -> None:
    ShopFactory()
    order_id = OrderFactory(id=1001, confirmed=True).id
    db.session.remove()
    assert set(issue_at_once(app, [order_id] * 6)) == {""}
    assert numbers() == [1]


def unlocked(session: Session, series: str) -> int:
    """The control: read, then write, as anybody would without the series' lock."""
    session.execute(insert(ReceiptSeries).values(code=series, last_number=0).on_conflict_do_nothing())
    last = session.scalars(select(ReceiptSeries.last_number).where(ReceiptSeries.code == series)).one()
    time.sleep(0.05)
    return last + 1


def test_without_the_lock_two_receipts_want_the_same_number(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = confirmed_orders()
    with transaction() as session:
        session.add(ReceiptSeries(code=receipts.SERIES, last_number=0))
    monkeypatch.setattr(numbering, "next_number", unlocked)
    assert "IntegrityError" in issue_at_once(app, orders)


def test_with_a_sequence_of_the_database_instead_there_would_be_gaps(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = confirmed_orders()
    with transaction() as session:
        session.add(ReceiptSeries(code=receipts.SERIES, last_number=0))
        session.execute(text("CREATE SEQUENCE numbers_with_gaps"))
    try:
        with monkeypatch.context() as patch:
            patch.setattr(
                numbering,
                "next_number",
                lambda session, series: session.scalar(text("SELECT nextval('numbers_with_gaps')")),
            )
            issue_at_once(app, orders)
        assert numbers() != list(range(1, len(numbers()) + 1))
    finally:
        db.session.rollback()
        with transaction() as session:
            session.execute(text("DROP SEQUENCE numbers_with_gaps"))


def test_a_killed_process_takes_no_number_with_it(app: Flask, real_database: None) -> None:
    orders = confirmed_orders()
    script = Path(__file__).with_name("holds_a_number.py")
    for order_id in orders[:2]:
        child = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.receipts.holds_a_number",
                str(db.engine.url.database),
                str(order_id),
            ],
            cwd=script.parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        with child.stdout:
            assert child.stdout.readline().strip() == f"R-{len(numbers()) + 1:06d}"
            # The number is taken, its transaction open, and others are waiting for theirs.
            child.kill()
        assert child.wait(10) == -signal.SIGKILL
        assert set(issue_at_once(app, [n for n in orders[2:] if n % 4][:2])) == {""}
        db.session.remove()
    rest = [order_id for order_id in orders if order_id % 4]
    assert set(issue_at_once(app, rest)) == {""}
    assert numbers() == list(range(1, len(rest) + 1))


def test_numbers_and_times_go_up_together(app: Flask, real_database: None) -> None:
    issue_at_once(app, confirmed_orders())
    rows = db.session.execute(select(Receipt.number, Receipt.issued_at).order_by(Receipt.number)).all()
    assert [row.issued_at for row in rows] == sorted(row.issued_at for row in rows)


def test_series_count_by_themselves(session: Session) -> None:
    taken = [numbering.next_number(session, series) for series in ("R", "C", "R", "P", "C", "R")]
    assert taken == [1, 1, 2, 1, 2, 3]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE receipt_series SET last_number = last_number + 2",
        "UPDATE receipt_series SET last_number = last_number - 1",
        "UPDATE receipt_series SET last_number = last_number",
        "DELETE FROM receipt_series",
    ],
)
def test_the_database_lets_a_series_go_on_by_one_alone(session: Session, statement: str) -> None:
    numbering.next_number(session, "C")
    with pytest.raises(IntegrityError):
        session.execute(text(statement))


def test_papers_are_counted_against_their_series(session: Session) -> None:
    ShopFactory()
    with transaction() as open_session:
        receipts.issue(open_session, OrderFactory(confirmed=True).id)
    assert receipts.missing_numbers(session) == []
    numbering.next_number(session, receipts.SERIES)
    assert receipts.missing_numbers(session) == ["Series R is at 2 with 1 papers."]
