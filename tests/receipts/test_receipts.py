"""A receipt: its number, what it says, and the paper it is printed on."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.core.errors import NotFound
from bakery.infra.transaction import transaction
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments import receipts
from bakery.payments.models import Payment, Receipt, Transaction, TransactionKind
from bakery.payments.receipt_pdf import render_pdf
from bakery.shop.models import Shop
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import ShopFactory


@pytest.fixture
def order(session: Session) -> Order:
    """A cake with words and two loaves, paid by card."""
    ShopFactory()
    order = OrderFactory(confirmed=True, number="SC-7K3M-Q9", total_cents=10400, tax_cents=782)
    OrderLineFactory(order_row=order, variant=make_cake(), message="Happy 40th Laila", position=0)
    loaf = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}
    OrderLineFactory(
        order_row=order, variant=make_loaf(), quantity=2, product_name="Sourdough", position=1, **loaf
    )
    with transaction() as open_session:
        payment = Payment(order_id=order.id, amount_cents=10400, currency="AUD", idempotency_key="k")
        open_session.add(payment)
        open_session.flush()
        open_session.add(
            Transaction(
                order_id=order.id,
                payment_id=payment.id,
                kind=TransactionKind.CHARGE,
                amount_cents=10400,
                currency="AUD",
                stripe_id="pi_123",
            )
        )
    return order


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_it_is_a_tax_invoice_as_the_tax_office_asks(order: Order, outside: Adapters) -> None:
    with clock.travel(datetime.fromisoformat("2026-11-21T13:30:00+00:00")):
        receipt = receipts.get_pdf(order.id, outside.files)
    text = text_of(receipt.data)
    for words in (
        "Tax invoice",
        "Saffron & Crumb Pty Ltd",
        "ABN 51 824 753 556",
        "R-000001",
        "SC-7K3M-Q9",
        "Sunday 22 November 2026",  # after midnight in Sydney
        "12:30 am AEDT",
        "Laila Rahimi",
        "Walnut Cake",
        "Happy 40th Laila",
        "$104.00",
        "$7.82",
        "pi_123",
        "Page 1 of 1",
    ):
        assert words in text, words


def test_gst_is_summed_by_rate_and_adds_up(order: Order, outside: Adapters, session: Session) -> None:
    receipts.get_pdf(order.id, outside.files)
    facts = session.scalars(select(Receipt.snapshot)).one()
    summed = [tuple(tax.values()) for tax in facts["taxes"]]
    assert summed == [("gst", "GST 10%", 1000, 7818, 782, 8600), ("gst_free", "GST-free", 0, 1800, 0, 1800)]
    assert sum(tax["gross_cents"] for tax in facts["taxes"]) == facts["total_cents"]


def test_asked_for_twice_it_is_the_same_receipt(order: Order, outside: Adapters, session: Session) -> None:
    first = receipts.get_pdf(order.id, outside.files)
    assert receipts.get_pdf(order.id, outside.files) == first
    row = session.scalars(select(Receipt)).one()
    assert row.sha256 == hashlib.sha256(first.data).hexdigest()
    assert outside.files.get(row.file_key) == first.data


def test_a_lost_or_damaged_file_is_printed_again_byte_for_byte(order: Order, outside: Adapters) -> None:
    first = receipts.get_pdf(order.id, outside.files)
    outside.files.files.clear()
    assert receipts.get_pdf(order.id, outside.files).data == first.data
    for key in outside.files.files:
        outside.files.files[key] = b"damaged"
    assert receipts.get_pdf(order.id, outside.files).data == first.data


def test_what_the_shop_changes_later_does_not_change_it(
    order: Order, outside: Adapters, session: Session
) -> None:
    before = receipts.get_pdf(order.id, outside.files)
    session.execute(update(Shop).values(address="1 Other Street, Auburn NSW 2144"))
    session.execute(update(Order).values(contact_name="Somebody Else"))
    session.commit()
    outside.files.files.clear()
    assert receipts.get_pdf(order.id, outside.files).data == before.data


def test_an_order_that_was_never_confirmed_has_none(session: Session, outside: Adapters) -> None:
    ShopFactory()
    for order_id in (OrderFactory().id, OrderFactory(expired=True).id, 999):
        with pytest.raises(NotFound):
            receipts.get_pdf(order_id, outside.files)
    assert session.scalars(select(Receipt)).all() == []


def facts(lines: int, **changes: Any) -> dict[str, Any]:
    line = {
        "name": "Walnut Cake",
        "size": "8″",
        "message": "",
        "quantity": 1,
        "unit_cents": 8600,
        "discount_cents": 0,
        "total_cents": 8600,
        "tax_code": "gst",
        "tax_rate_bp": 1000,
        "tax_cents": 782,
    }
    shop = {"name": "S", "legal_name": "S Pty Ltd", "tagline": "", "abn": "1", "address": "1 Lane"}
    return {
        "order_number": "SC-7K3M-Q9",
        "issued_at": "2026-11-21T03:12:00+00:00",
        "pickup_at": "2026-11-28T03:00:00+00:00",
        "time_zone": "Australia/Sydney",
        "currency": "AUD",
        "prices_include_tax": True,
        "total_cents": 8600 * lines,
        "tax_cents": 782 * lines,
        "shop": shop | {"phone": "02 5550 1240", "email": "s@saffron.test"},
        "customer": {"name": "Laila", "email": "laila@saffron.test"},
        "lines": [line | changes for _ in range(lines)],
        "taxes": [],
        "payments": [],
    }


def test_a_long_receipt_numbers_its_pages_and_repeats_the_columns() -> None:
    pdf = render_pdf("R-000001", facts(30))
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert len(pages) == 2
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of 2" in page
        assert "AMOUNT" in page.upper()
        assert "R-000001" in page


def test_what_a_customer_wrote_is_text_and_reads_no_file() -> None:
    evil = "<img src='file:///etc/passwd'><link rel=attachment href='file:///etc/passwd'><b>Hi</b>"
    reader = PdfReader(BytesIO(render_pdf("R-000001", facts(1, message=evil))))
    assert "<b>Hi</b>" in reader.pages[0].extract_text()
    assert not reader.attachments


def test_every_font_travels_with_the_pdf() -> None:
    pdf = render_pdf("R-000001", facts(1, message="تولدت مبارک Žofie"))
    fonts = PdfReader(BytesIO(pdf)).pages[0]["/Resources"]["/Font"]
    names = [font.get_object()["/BaseFont"] for font in fonts.values()]
    assert names and all("+Shop-" in name or "+Aref-Ruqaa" in name for name in names)
