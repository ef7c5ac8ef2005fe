"""How an invoice shows tax: by rate, inside the price or on top of it, none at all; and whom it names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bakery.core.money import added_tax, included_tax
from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order, OrderLine
from bakery.payments import receipts
from bakery.payments.receipt_facts import taxes
from bakery.payments.receipt_pdf import percent
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import ShopFactory
from tests.receipts.sales import LOAF, pay, sold, text_of


def text(order: Order, outside: Adapters) -> str:
    return text_of(receipts.get_pdf(order.id, outside.files).data)


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    ShopFactory()


def test_mixed_rates_are_summed_by_rate_with_the_rule_in_a_footnote(outside: Adapters) -> None:
    order = sold()
    pay(order, 10400, "pi_1")
    said = text(order, outside)
    assert "GST 10% $78.18 $7.82 $86.00" in said
    assert "GST-free $18.00 $0.00 $18.00" in said
    assert "Together $96.18 $7.82 $104.00" in said
    assert "GST 10% is included: of each line, amount × 10 ÷ 110, rounded to the cent." in said


def test_a_shop_whose_prices_have_no_tax_in_them(outside: Adapters) -> None:
    order = OrderFactory(confirmed=True, total_cents=11260, tax_cents=860, prices_include_tax=False)
    OrderLineFactory(order_row=order, variant=make_cake(), position=0, tax_cents=860)
    OrderLineFactory(order_row=order, variant=make_loaf(), quantity=2, position=1, **LOAF)
    said = text(order, outside)
    assert "Without GST $104.00 GST $8.60 Total including GST $112.60" in said
    assert "GST 10% $86.00 $8.60 $94.60" in said
    assert "GST 10% is added: of each line, amount × 10 ÷ 100, rounded to the cent." in said


def test_without_any_tax_it_is_an_invoice_and_no_tax_invoice(outside: Adapters) -> None:
    order = OrderFactory(confirmed=True, total_cents=1800, tax_cents=0)
    OrderLineFactory(order_row=order, variant=make_loaf(), quantity=2, position=0, **LOAF)
    said = text(order, outside)
    assert "Tax invoice" not in said
    assert "Invoice R-000001" in said
    assert "No GST is charged on anything here." in said


def test_an_order_of_nothing_claims_no_payment(outside: Adapters) -> None:
    order = OrderFactory(confirmed=True, total_cents=0, tax_cents=0)
    OrderLineFactory(
        order_row=order, variant=make_cake(), position=0, discount_cents=8600, total_cents=0, tax_cents=0
    )
    said = text(order, outside)
    assert "Discount −$86.00" in said and "Balance due $0.00" in said
    assert "receipt of payment" not in said


def test_a_thousand_dollars_or_more_name_who_bought(outside: Adapters) -> None:
    """The tax office wants the buyer's identity or ABN from 1,000 dollars on; here it stands on every invoice."""
    order = OrderFactory(confirmed=True, total_cents=129000, tax_cents=11727, contact_name="Laila Rahimi")
    OrderLineFactory(
        order_row=order,
        variant=make_cake(),
        position=0,
        quantity=15,
        total_cents=129000,
        tax_cents=11727,
        unit_price_cents=8600,
    )
    assert "To Laila Rahimi" in text(order, outside).replace("TO", "To")


def test_a_business_is_named_with_its_abn(outside: Adapters) -> None:
    order = sold(business_name="Quince & Daughters Catering Pty Ltd", business_abn="53004085616")
    said = text(order, outside)
    assert "Quince & Daughters Catering Pty Ltd ABN 53 004 085 616 Laila Rahimi" in said


@pytest.mark.parametrize(
    ("rate", "said"), [(1000, "10"), (1250, "12.5"), (11000, "110"), (5, "0.05"), (0, "0")]
)
def test_rates_read_plainly(rate: int, said: str) -> None:
    assert percent(rate) == said


line = st.tuples(st.integers(0, 10**8), st.sampled_from([("gst", 1000), ("gst_free", 0), ("half", 1250)]))


@given(lines=st.lists(line, min_size=1, max_size=60), include=st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_summary_always_adds_up_to_the_lines(lines: list[Any], include: bool) -> None:
    rows = [
        OrderLine(
            total_cents=cents,
            tax_code=code,
            tax_name=code,
            tax_rate_bp=rate,
            tax_cents=(included_tax if include else added_tax)(cents, rate),
        )
        for cents, (code, rate) in lines
    ]
    summed = taxes(rows, include_tax=include)
    total, tax = sum(row.total_cents for row in rows), sum(row.tax_cents for row in rows)
    assert sum(each["tax_cents"] for each in summed) == tax
    assert sum(each["gross_cents"] for each in summed) == (total if include else total + tax)
    assert all(each["net_cents"] + each["tax_cents"] == each["gross_cents"] for each in summed)


def test_the_day_of_issue_is_the_shops(outside: Adapters) -> None:
    from_midnight = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)
    order = sold(confirmed_at=from_midnight)
    assert "AEDT" in text(order, outside)
