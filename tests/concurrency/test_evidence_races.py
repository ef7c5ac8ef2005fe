"""One sale is written down by several workers at once: one record, and one line of them."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from bakery.aftercare import evidence
from bakery.aftercare.models import EvidenceKind, EvidenceRecord
from bakery.aftercare.sealing import first_broken
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import receipts
from tests.concurrency.test_payment_races import at_once
from tests.factories.shop import ShopFactory
from tests.fakes.files import FakeFiles
from tests.fakes.gateway import FakeGateway
from tests.payments import steps

pytestmark = [pytest.mark.concurrency, pytest.mark.usefixtures("real_database")]


@pytest.fixture
def paid(outside: Adapters) -> Order:
    assert isinstance(outside.gateway, FakeGateway)
    ShopFactory()
    order = steps.pending()
    steps.open_page(order, outside.gateway)
    steps.pay(order, outside.gateway)
    return steps.reread(order)


def test_six_workers_write_one_record(app: Flask, paid: Order) -> None:
    order_id, files = paid.id, FakeFiles()
    receipts.get_pdf(order_id, files)
    work = [lambda: evidence.store_record(order_id, EvidenceKind.SALE, "sale", files)] * 6
    assert sorted(map(str, at_once(app, *work))) == ["False"] * 5 + ["True"]
    assert db.session.scalar(select(func.count()).select_from(EvidenceRecord)) == 1


def test_records_of_several_occasions_at_once_follow_each_other(app: Flask, paid: Order) -> None:
    order_id, files = paid.id, FakeFiles()
    receipts.get_pdf(order_id, files)
    work = [
        lambda n=n: evidence.store_record(order_id, EvidenceKind.HANDOVER, f"handover:{n}", files)
        for n in range(6)
    ]
    assert at_once(app, *work) == [True] * 6
    records = evidence.list_records(db.session(), order_id)
    assert len(records) == 6 and first_broken(records) is None
