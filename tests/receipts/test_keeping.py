"""Papers are kept for the legal time: until when, who may delete them, and what is not there any more."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.integrations.files.port import FilesUnavailable
from bakery.payments import receipts
from bakery.payments.models import PaymentKind, Receipt
from bakery.shop.models import Shop
from tests.factories.shop import ShopFactory
from tests.receipts.sales import pay, sold, with_deposit

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    ShopFactory()


def issued(**changes: object) -> Receipt:
    order = sold(**changes)
    with transaction() as session:
        return receipts.issue(session, order.id)


def test_it_is_kept_for_five_years_after_the_sale_is_done(session: Session) -> None:
    with clock.travel(NOW):
        assert issued(pickup_at=NOW + timedelta(days=30)).keep_until == date(2031, 12, 28)
        assert issued(pickup_at=NOW - timedelta(days=1)).keep_until == date(2031, 11, 28)


def test_the_shop_may_keep_for_longer_but_not_for_less(session: Session) -> None:
    session.execute(update(Shop).values(document_years=7))
    session.commit()
    with clock.travel(NOW):
        assert issued(pickup_at=NOW).keep_until == date(2033, 11, 28)
    with pytest.raises(IntegrityError):
        session.execute(update(Shop).values(document_years=4))


def test_a_leap_day_is_kept_until_the_day_after() -> None:
    on = datetime(2028, 2, 29, 3, tzinfo=UTC)
    with clock.travel(on):
        assert issued(pickup_at=on).keep_until == date(2033, 3, 1)


def test_nobody_deletes_it_before_and_anybody_may_after(session: Session) -> None:
    old, new = issued(), issued()
    session.execute(text("ALTER TABLE receipt DISABLE TRIGGER keep_paper"))
    session.execute(update(Receipt).where(Receipt.id == old.id).values(keep_until=date(2020, 1, 1)))
    session.execute(text("ALTER TABLE receipt ENABLE TRIGGER keep_paper"))
    session.execute(text("DELETE FROM receipt WHERE id = :id"), {"id": old.id})
    with pytest.raises(IntegrityError, match="is kept until"), session.begin_nested():
        session.execute(text("DELETE FROM receipt WHERE id = :id"), {"id": new.id})


def test_what_is_missing_is_found_and_why(session: Session, outside: Adapters) -> None:
    good, lost, damaged, unprinted = (issued() for _ in range(4))
    for paper in (good, lost, damaged):
        receipts.get_pdf(paper.order_id, outside.files)
    session.expire_all()
    keys = {paper.id: paper.file_key for paper in session.scalars(select(Receipt))}
    del outside.files.files[keys[lost.id]]
    outside.files.files[keys[damaged.id]] += b" "
    found = receipts.missing_files(session, outside.files, clock.now() - timedelta(days=1))
    assert [(each.label, each.why) for each in found] == [
        (lost.label, "its file is missing"),
        (damaged.label, "its file is another"),
        (unprinted.label, "never printed"),
    ]
    assert {each.order_id for each in found} == {lost.order_id, damaged.order_id, unprinted.order_id}
    assert receipts.missing_files(session, outside.files, clock.now() + timedelta(seconds=1)) == []
    # Asked for, each is there again.
    for each in found:
        receipts.get_pdf(each.order_id, outside.files)
    assert receipts.missing_files(session, outside.files, clock.now() - timedelta(days=1)) == []


def test_payment_receipts_are_looked_for_too_and_the_demo_is_not(session: Session, outside: Adapters) -> None:
    order = with_deposit()
    row = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    with transaction() as open_session:
        paper = receipts.issue_payment_receipt(open_session, order.id, row)
        label, paper_id = paper.label, paper.id
    issued(is_demo=True)
    receipts.get_pdf(order.id, outside.files)
    since = clock.now() - timedelta(days=1)
    assert [each.label for each in receipts.missing_files(session, outside.files, since)] == [label]
    receipts.get_payment_pdf(paper_id, outside.files)
    assert receipts.missing_files(session, outside.files, since) == []
    assert sorted(key.split("/")[0] for key in outside.files.files) == ["payment-receipts", "receipts"]


def test_a_store_that_is_away_is_no_missing_file(session: Session, outside: Adapters) -> None:
    receipts.get_pdf(issued().order_id, outside.files)
    outside.files.failing = FilesUnavailable("away")
    with pytest.raises(FilesUnavailable):
        receipts.missing_files(session, outside.files, clock.now() - timedelta(days=1))
