"""Many receipts at once get consecutive numbers. The control shows what the row lock is for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.payments import receipts
from bakery.payments.models import Receipt, ReceiptSeries
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


def test_without_the_lock_two_receipts_want_the_same_number(
    app: Flask, real_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlocked = select(ReceiptSeries).where(ReceiptSeries.code == receipts.SERIES)
    monkeypatch.setattr(receipts, "_lock_series", lambda: unlocked)
    orders = confirmed_orders()
    with transaction() as session:
        session.add(ReceiptSeries(code=receipts.SERIES, last_number=0))
    assert "IntegrityError" in issue_at_once(app, orders)
