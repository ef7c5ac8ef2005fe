"""A credit note: its number, what it says, and the paper it is printed on."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.db import db
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import credit_notes, receipts, services
from bakery.payments.papers.models import SigningKey
from bakery.payments.papers.verify import Verdict, signed_by, verify
from bakery.payments.refund_models import CreditNote
from bakery.shop.models import Shop
from tests.concurrency.race import race
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import ShopFactory
from tests.fakes.gateway import FakeGateway
from tests.payments import refund_steps as refunds
from tests.payments import steps

NIGHT = datetime.fromisoformat("2026-11-21T13:30:00+00:00")


def make(gateway: FakeGateway) -> Order:
    """A cake and two loaves, paid by card."""
    if db.session.get(Shop, 1) is None:
        ShopFactory()
    order = OrderFactory(total_cents=10_400, tax_cents=782)
    OrderLineFactory(order_row=order, variant=make_cake(), message="Happy 40th Laila", position=0)
    loaf = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}
    OrderLineFactory(
        order_row=order, variant=make_loaf(), quantity=2, product_name="Sourdough", position=1, **loaf
    )
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    return steps.reread(order)


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    return make(gateway)


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_it_says_what_the_tax_office_asks_of_an_adjustment_note(
    order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    with clock.travel(NIGHT):
        receipts.get_pdf(order.id, outside.files)
        refunds.refunded(order, gateway, refunds.units(order, 1, 1))
        note = credit_notes.get_pdf(order.id, "C-000001", outside.files)
    words = text_of(note.data)
    for expected in (
        "Credit note",
        "GST adjustment note",
        "Saffron & Crumb Pty Ltd",
        "ABN 51 824 753 556",
        "C-000001",
        "R-000001",
        order.number,
        "Sunday 22 November 2026",
        "Laila Rahimi",
        "Walnut Cake",
        "Sourdough",
        "$95.00",
        "$7.82",
        "$78.18",
        "to the card that paid",
        "re_1_",
    ):
        assert expected in words, (expected, words)
    # What staff wrote for each other is not the customer's.
    assert "melted" not in words


def test_an_amount_is_spread_and_says_so(order: Order, gateway: FakeGateway, outside: Adapters) -> None:
    refunds.refunded(order, gateway, refunds.amount(1040))
    words = text_of(credit_notes.get_pdf(order.id, "C-000001", outside.files).data)
    assert "A part of its price" in words and "$8.60" in words and "$1.80" in words


def test_it_is_printed_once_and_the_same_bytes_come_again(
    order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    refunds.refunded(order, gateway, refunds.amount(1000))
    first = credit_notes.get_pdf(order.id, "C-000001", outside.files)
    db.session.rollback()
    [note] = refunds.notes(order)
    assert (note.sha256, note.file_key) == (first.sha256, f"credit-notes/C-000001-{first.sha256[:16]}.pdf")
    assert hashlib.sha256(first.data).hexdigest() == first.sha256
    db.session.rollback()
    outside.files.files.clear()
    assert credit_notes.get_pdf(order.id, "C-000001", outside.files) == first


def test_it_is_signed_names_the_business_and_says_where_to_check_it(
    gateway: FakeGateway, outside: Adapters, session: Session
) -> None:
    order = make(gateway)
    order.business_name, order.business_abn = "Quince Pty Ltd", "53004085616"
    session.commit()
    refunds.refunded(order, gateway, refunds.amount(1000))
    note = credit_notes.get_pdf(order.id, "C-000001", outside.files)
    words = text_of(note.data)
    assert "Quince Pty Ltd ABN 53 004 085 616" in words
    assert "http://localhost/receipts/verify" in words
    assert signed_by(note.data, session.scalars(select(SigningKey)).all())
    found = verify(session, note.data)
    assert (found.verdict, found.label) == (Verdict.KEPT, "C-000001")


def test_another_orders_note_and_one_that_does_not_exist_are_not_found(
    order: Order, gateway: FakeGateway, outside: Adapters
) -> None:
    refunds.refunded(order, gateway, refunds.amount(1000))
    other = make(gateway)
    db.session.rollback()
    for order_id, label in ((other.id, "C-000001"), (order.id, "C-000002"), (order.id, "../R-000001")):
        with pytest.raises(NotFound):
            credit_notes.get_pdf(order_id, label, outside.files)


@pytest.mark.parametrize(
    "change",
    ["SET number = 7", "SET snapshot = '{}'", "SET issued_at = now()"],
)
def test_what_it_says_never_changes(
    order: Order, gateway: FakeGateway, session: Session, change: str
) -> None:
    refunds.refunded(order, gateway, refunds.amount(1000))
    with pytest.raises(DBAPIError, match="does not change"):
        session.execute(text(f"UPDATE credit_note {change}"))


def test_none_is_deleted(order: Order, gateway: FakeGateway, session: Session) -> None:
    refunds.refunded(order, gateway, refunds.amount(1000))
    with pytest.raises(DBAPIError, match="is kept until"):
        session.execute(text("DELETE FROM credit_note"))


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_database")
def test_numbers_have_no_gaps_however_many_refunds_end_at_once(app: Flask, gateway: FakeGateway) -> None:
    orders = [make(gateway) for _ in range(4)]
    ids = [
        refunds.approved(order, refunds.amount(cents), by=refunds.who())
        for order in orders
        for cents in (100, 200, 300)
    ]
    answers = race(
        app, [lambda request_id=request_id: services.run_refund(request_id, gateway) for request_id in ids]
    )
    assert answers == [None] * 12
    db.session.rollback()
    numbers = sorted(db.session.scalars(select(CreditNote.number)))
    assert numbers == list(range(1, 13))


@pytest.mark.concurrency
@pytest.mark.usefixtures("real_database")
def test_a_number_that_is_rolled_back_is_given_to_the_next(
    app: Flask, gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = make(gateway)
    first = refunds.approved(order, refunds.amount(100))
    with monkeypatch.context() as patch:
        patch.setattr("bakery.payments.operations.refund_parts.outbox.owe", _breaks)
        with pytest.raises(RuntimeError):
            services.run_refund(first, gateway)
    assert refunds.notes(order) == []
    services.run_refund(first, gateway)
    assert [note.label for note in refunds.notes(order)] == ["C-000001"]


def _breaks(*_: object, **__: object) -> None:
    raise RuntimeError("the outbox is full")
