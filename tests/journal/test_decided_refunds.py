"""Refunds that were decided by lines: the journal takes back what the credit note says, and names it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.orders.models import Order
from bakery.payments import services
from bakery.payments.journal.sharing import Credit, share_credits
from bakery.payments.papers import export
from bakery.payments.refund_models import CreditNote
from bakery.payments.services import cancel_with_refund, refund_requests
from bakery.people.models import Role
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory
from tests.factories.shop import make_tax_rates
from tests.fakes.gateway import FakeGateway
from tests.journal import books
from tests.journal.books import balances, journal, lines
from tests.payments import cards, steps
from tests.payments import refund_steps as refunds
from tests.receipts.test_credit_notes import make

ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


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


def deposit_paid(order: Order, gateway: FakeGateway) -> Order:
    steps.open_page(order, gateway)
    steps.pay(order, gateway)
    books.invoice(order)
    return order


def called_off(order: Order, gateway: FakeGateway) -> CreditNote:
    """Cancelled, and what comes back has gone."""
    request_id = cancel_with_refund(order.id, refunds.who(), "the customer rang")
    assert request_id is not None
    refund_requests.approve(request_id, refunds.who(Role.OWNER, "Farid"))
    services.run_refund(request_id, gateway)
    [note] = refunds.notes(order)
    return note


def test_a_deposit_that_goes_back_with_its_order_leaves_no_gst(
    session: Session, gateway: FakeGateway
) -> None:
    """The credit note has half of an odd cent's tax, rounded up; the open part takes back the other half."""
    note = called_off(deposit_paid(cards.with_deposit(), gateway), gateway)
    assert (note.snapshot["total_cents"], note.snapshot["tax_cents"]) == (5275, 480)
    sums = balances()
    assert "gst" not in sums and sums["refunds"] == 9591
    # The papers say the same, with a line of its own for what has no paper.
    rows = list(export.tax_rows(session, *ALWAYS))
    [off] = [row for row in rows if row.kind == "Called off, not paid"]
    [entry] = [entry for entry in journal() if entry.kind == "cancellation"]
    assert (off.label, off.at, off.order_number) == (entry.number, entry.at, entry.order_number)
    assert (off.net_cents, off.tax_cents, off.gross_cents) == (-4796, -479, -5275)
    assert off.buyer and off.tax_name == "GST 10%" and off.rate_bp == 1000
    assert [row.tax_cents for row in rows] == [959, -479, -480]
    totals = {total.name: total.tax_cents for total in export.tax_totals(session, *ALWAYS)}
    assert totals == {"GST 10%": 479, "Called off, not paid: GST 10%": -479}


def test_what_was_called_off_ties_rate_by_rate(session: Session, gateway: FakeGateway) -> None:
    make_tax_rates()
    make(gateway)
    order = OrderFactory(total_cents=10_400, tax_cents=782, deposit_cents=3333)
    OrderLineFactory(order_row=order, variant=make_cake(), position=0)
    loaf = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}
    OrderLineFactory(order_row=order, variant=make_loaf(), quantity=2, position=1, **loaf)
    called_off(deposit_paid(order, gateway), gateway)
    entered: dict[str, list[int]] = {}
    for line in (line for entry in journal() for line in entry.lines if line.tax_code):
        sums = entered.setdefault(line.tax_code, [0, 0])
        sums[line.slot == "gst"] += line.credit_cents - line.debit_cents
    told: dict[str, list[int]] = {}
    for row in export.tax_rows(session, *ALWAYS):
        sums = told.setdefault(row.tax_code, [0, 0])
        sums[0], sums[1] = sums[0] + row.net_cents, sums[1] + row.tax_cents
    assert told == entered == {"gst": [0, 0], "gst_free": [0, 0]}
    assert sum(total.gross_cents for total in export.tax_totals(session, *ALWAYS)) == 0


def test_what_was_decided_comes_off_before_what_nobody_decided_on() -> None:
    """A refund of the whole cake is decided after half of the order went back by nobody's lines."""
    sale = {"gst": (1000, 100), "gst_free": (900, 0)}
    half, cake = Credit("half", 1000), Credit("cake", 1000, known={"gst": (909, 91)})
    back = Credit("back", -1000, undoes="cake", known={"gst": (-909, -91)})
    again = Credit("again", 1000, known={"gst": (909, 91)})
    shares = share_credits(sale, [half, cake, back, again])
    assert shares["half"] == {"gst": (91, 9), "gst_free": (900, 0)}
    for place in (0, 1):
        off = sum(each[place] for of_one in shares.values() for each in of_one.values())
        assert off == sum(each[place] for each in sale.values())
