"""A receipt for what is paid after the tax invoice: its own series, what is still due, and no GST a second time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.errors import Invalid, NotFound
from bakery.infra.db import db
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.models import PaymentKind, Receipt, TransactionKind
from bakery.payments.papers.models import PaymentReceipt
from tests.factories.orders import OrderFactory
from tests.factories.shop import ShopFactory
from tests.receipts.sales import enter, pay, sold, text_of, with_deposit


def issue(order: Order, row: int) -> int:
    with transaction() as session:
        return receipts.issue_payment_receipt(session, order.id, row).id


@pytest.fixture
def order(session: Session) -> Order:
    ShopFactory()
    return with_deposit(number="SC-7K3M-Q9")


def test_the_balance_paid_has_a_receipt_that_says_nothing_is_due(order: Order, outside: Adapters) -> None:
    invoice = receipts.get_pdf(order.id, outside.files)
    balance = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    text = text_of(receipts.get_payment_pdf(issue(order, balance), outside.files).data)
    for words in (
        "Payment receipt",
        "for tax invoice R-000001",
        "P-000001",
        "SC-7K3M-Q9",
        "$52.00 received by card",
        "pi_balance",
        "Nothing more is due $0.00",
        "This is not a tax invoice.",
    ):
        assert words in text, words
    assert text.count("$52.00") == 3  # what came, and both payments of the statement
    assert "GST included" not in text and "GST summary" not in text
    # The invoice stays what it was.
    assert receipts.get_pdf(order.id, outside.files) == invoice
    assert "Balance due by" in text_of(invoice.data)


def test_a_part_of_the_balance_says_what_is_still_due(order: Order, outside: Adapters) -> None:
    row = enter(order, TransactionKind.CASH, 2000, "counter-1")
    text = text_of(receipts.get_payment_pdf(issue(order, row), outside.files).data)
    assert "$20.00 received in cash" in text
    assert "Balance due $32.00" in text


def test_an_invoice_that_was_not_out_yet_comes_first(order: Order, session: Session) -> None:
    issue(order, pay(order, 5200, "pi_balance", PaymentKind.BALANCE))
    assert session.scalars(select(Receipt.order_id)).all() == [order.id]


def test_a_payment_has_one_receipt_however_often_it_is_asked_for(order: Order, session: Session) -> None:
    row = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    assert issue(order, row) == issue(order, row)
    assert [each.label for each in receipts.list_payment_receipts(session, order.id)] == ["P-000001"]


def test_what_is_no_payment_towards_the_order_has_none(order: Order, session: Session) -> None:
    surplus = pay(order, 5200, "pi_twice", PaymentKind.BALANCE, surplus=True)
    refund = enter(order, TransactionKind.REFUND, -1000, "re_1", credits=True)
    fee = enter(order, TransactionKind.FEE, -180, "txn_1")
    others = pay(with_deposit(), 100, "pi_other")
    for row in (surplus, refund, fee, others, 10**9):
        with pytest.raises(Invalid):
            issue(order, row)
    assert session.scalars(select(PaymentReceipt)).all() == []


def test_an_order_that_was_never_confirmed_has_none(session: Session) -> None:
    ShopFactory()
    order = OrderFactory(expired=True)
    with pytest.raises(NotFound):
        issue(order, pay(order, 8600, "pi_late"))


def test_a_refund_between_the_payments_changes_nothing_of_what_is_due(order: Order, session: Session) -> None:
    enter(order, TransactionKind.REFUND, -1800, "re_1", credits=True)
    row = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    with transaction() as open_session:
        facts = receipts.issue_payment_receipt(open_session, order.id, row).snapshot
    assert facts["due_cents"] == 0
    assert facts["credited_cents"] == 1800


def test_the_invoice_leaves_out_money_that_goes_back(session: Session, outside: Adapters) -> None:
    ShopFactory()
    order = sold()
    pay(order, 10400, "pi_1")
    pay(order, 10400, "pi_twice", surplus=True)
    text = text_of(receipts.get_pdf(order.id, outside.files).data)
    assert "Balance due $0.00" in text
    assert "pi_twice" not in text


@pytest.mark.concurrency
def test_two_who_issue_one_payments_receipt_at_once_make_one(app: Flask, real_database: None) -> None:
    ShopFactory()
    order = with_deposit()
    row = pay(order, 5200, "pi_balance", PaymentKind.BALANCE)
    order_id = order.id
    db.session.remove()
    start = threading.Barrier(6)

    def one(_: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                with transaction() as session:
                    return receipts.issue_payment_receipt(session, order_id, row).label
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(one, range(6))) == {"P-000001"}
