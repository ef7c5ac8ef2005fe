"""Refunds that were decided by lines: the journal takes back what the credit note says, and names it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.integrations.adapters import Adapters
from bakery.orders.models import Order
from bakery.payments.papers import export
from bakery.payments.refund_models import CreditNote
from tests.factories.shop import make_tax_rates
from tests.fakes.gateway import FakeGateway
from tests.journal import books
from tests.journal.books import balances, journal, lines
from tests.payments import refund_steps as refunds
from tests.receipts.test_credit_notes import make

ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


@pytest.fixture
def gateway(outside: Adapters) -> FakeGateway:
    assert isinstance(outside.gateway, FakeGateway)
    return outside.gateway


@pytest.fixture
def order(session: Session, gateway: FakeGateway) -> Order:
    """A cake of 86.00 and two loaves of 9.00 without GST, paid by card and invoiced."""
    make_tax_rates()
    order = make(gateway)
    books.invoice(order)
    return order


def test_a_loaf_given_back_takes_no_gst_with_it(order: Order, gateway: FakeGateway) -> None:
    refunds.refunded(order, gateway, refunds.units(order, 0, 1))
    refund = journal()[-1]
    assert lines(refund) == [("stripe", -900), ("refunds", 900)]
    assert (refund.kind, refund.document) == ("refund", "C-000001")
    # The cake afterwards takes all of its own.
    refunds.refunded(order, gateway, refunds.units(order, 1))
    assert lines(journal()[-1]) == [("stripe", -8600), ("refunds", 7818), ("gst", 782)]
    refunds.refunded(order, gateway)
    assert balances() == {"sales:gst": -7818, "sales:gst_free": -1800, "refunds": 9618}


def test_the_journals_gst_is_the_invoices_less_the_credit_notes(
    order: Order, gateway: FakeGateway, session: Session
) -> None:
    for choice in (refunds.units(order, 0, 1), refunds.amount(1234), refunds.amount(77)):
        refunds.refunded(order, gateway, choice)
    totals = export.tax_totals(session, *ALWAYS)
    assert -balances()["gst"] == sum(total.tax_cents for total in totals)
    notes = session.scalars(select(CreditNote.snapshot)).all()
    assert len(notes) == 3
    assert balances()["refunds"] == sum(tax["net_cents"] for facts in notes for tax in facts["taxes"])
    rows = [row for row in export.tax_rows(session, *ALWAYS) if row.kind == "Credit note"]
    assert {row.label for row in rows} == {"C-000001", "C-000002", "C-000003"}
    assert all(row.gross_cents < 0 for row in rows)


def test_a_refund_in_two_parts_shares_its_lines_between_them(gateway: FakeGateway, session: Session) -> None:
    """One wish that goes back by card and in cash: together what its credit note says."""
    make_tax_rates()
    order = make(gateway)
    books.invoice(order)
    refunds.refunded(order, gateway, refunds.amount(10_000))
    refunds.refunded(order, gateway)
    assert "gst" not in balances()
