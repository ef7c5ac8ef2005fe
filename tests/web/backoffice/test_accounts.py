"""/admin/insights/accounts: the accountant's files, and what stands on the page beside them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bakery.core import clock
from bakery.orders.models import Order, OrderLine
from bakery.payments.journal.models import BookAccount
from bakery.payments.models import TransactionKind
from bakery.payments.papers import export, kinds
from bakery.people.models import AuditEntry, Role
from tests.factories.people import sign_in
from tests.factories.shop import ShopFactory, make_tax_rates
from tests.journal import books
from tests.receipts.sales import enter, pay, sold, with_deposit

AT = "/admin/insights/accounts"
NOVEMBER = "?from=2026-11-01&to=2026-11-30"


@pytest.fixture(autouse=True)
def shop(session: Session) -> None:
    ShopFactory()
    make_tax_rates()


@pytest.fixture
def manager(client: FlaskClient) -> FlaskClient:
    sign_in(client, role=Role.MANAGER)
    return client


def sale(at: str, **changes: Any) -> Order:
    """104.00 paid and invoiced at that instant."""
    with clock.travel(datetime.fromisoformat(at)):
        order = sold(**changes)
        pay(order, 10400, f"pi_{order.id}")
        books.invoice(order)
    return order


def read(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"{AT}{address}")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_journal_of_a_month_balances_and_ends_where_the_month_does(manager: FlaskClient) -> None:
    sale("2026-10-31T12:59:00+00:00")  # 23:59 on the 31st in Sydney
    first = sale("2026-10-31T13:01:00+00:00")  # 00:01 on the 1st
    last = sale("2026-11-30T12:59:00+00:00")
    sale("2026-11-30T13:00:00+00:00")
    rows = read(manager, f"/journal.csv{NOVEMBER}")
    assert {row["order"] for row in rows} == {first.number, last.number}
    assert {row["date"] for row in rows} == {"2026-11-01", "2026-11-30"}
    assert sum(Decimal(row["debit"]) for row in rows) == sum(Decimal(row["credit"]) for row in rows) == 416
    [gst] = [row for row in rows if row["account"] == "2200" and row["order"] == first.number]
    assert (gst["account_name"], gst["credit"], gst["debit"], gst["tax_code"]) == (
        "GST collected", "7.82", "0.00", "gst",
    )  # fmt: skip
    [charge] = [row for row in rows if row["stripe_id"] == f"pi_{first.id}" and row["debit"] != "0.00"]
    assert (charge["kind"], charge["account"], charge["debit"]) == ("charge", "1110", "104.00")


def test_the_documents_of_a_day_have_their_tax_by_rate_and_the_buyer(manager: FlaskClient) -> None:
    sale("2026-11-20T03:00:00+00:00", business_name="Quince Pty Ltd", business_abn="53004085616")
    rows = read(manager, "/documents.csv?from=2026-11-20")
    assert [(row["number"], row["tax"], row["rate_percent"], row["net"], row["gst"], row["gross"]) for row in rows] == [
        ("R-000001", "GST 10%", "10.00", "78.18", "7.82", "86.00"),
        ("R-000001", "GST-free", "0.00", "18.00", "0.00", "18.00"),
    ]  # fmt: skip
    assert {(row["buyer"], row["buyer_abn"], row["date"], row["time"]) for row in rows} == {
        ("Quince Pty Ltd", "53004085616", "2026-11-20", "14:00")
    }


def test_both_files_and_the_page_tell_the_same_gst(manager: FlaskClient) -> None:
    for day in (3, 9, 27):
        order = sale(f"2026-11-{day:02d}T03:00:00+00:00")
    with clock.travel(datetime(2026, 11, 28, tzinfo=UTC)):
        enter(order, TransactionKind.REFUND, -10400, "re_1", credits=True)
        rows = read(manager, f"/journal.csv{NOVEMBER}")
        documents = read(manager, f"/documents.csv{NOVEMBER}")
        page = manager.get(f"{AT}{NOVEMBER}")
    gst = [row for row in rows if row["account"] == "2200"]
    assert sum(Decimal(row["credit"]) for row in gst) == sum(Decimal(row["gst"]) for row in documents)
    assert sum(Decimal(row["debit"]) for row in gst) == Decimal("7.82")
    assert page.status_code == 200
    assert "R-000001 to R-000003" in page.text
    assert "$23.46" in page.text  # invoiced GST, and credited to its account


def test_what_was_called_off_and_not_paid_has_lines_of_its_own(manager: FlaskClient) -> None:
    with clock.travel(datetime(2026, 11, 20, 3, tzinfo=UTC)):
        order = with_deposit()
        books.invoice(order)
        number = order.number
    with clock.travel(datetime(2026, 11, 24, 3, tzinfo=UTC)):
        books.call_off(order)
    documents = read(manager, f"/documents.csv{NOVEMBER}")
    off = [row for row in documents if row["document"] == "Called off, not paid"]
    assert {(row["date"], row["order"], row["number"][:2]) for row in off} == {("2026-11-24", number, "X-")}
    assert all(Decimal(row["gst"]) <= 0 and Decimal(row["net"]) < 0 for row in off)
    gst = [row for row in read(manager, f"/journal.csv{NOVEMBER}") if row["account"] == "2200"]
    owed = sum(Decimal(row["credit"]) - Decimal(row["debit"]) for row in gst)
    assert 0 < owed == sum(Decimal(row["gst"]) for row in documents)
    page = manager.get(f"{AT}{NOVEMBER}").text
    assert "Called off, not paid: GST 10%" in page
    # Before the day of the cancellation nothing was.
    assert "Called off" not in manager.get(f"{AT}?from=2026-11-20&to=2026-11-23").text


def test_no_cell_is_a_formula_and_amounts_are_numbers(manager: FlaskClient) -> None:
    order = sale("2026-11-20T03:00:00+00:00", contact_name="=cmd()", business_name="@SUM(A1)")
    with clock.travel(datetime(2026, 11, 20, 4, tzinfo=UTC)):
        enter(order, TransactionKind.ADJUSTMENT, -100, "fix", note="+1")
        enter(order, TransactionKind.CASH, 100, "-2", note="=1")
    [buyer] = {row["buyer"] for row in read(manager, f"/documents.csv{NOVEMBER}")}
    assert buyer == "'@SUM(A1)"
    rows = read(manager, f"/journal.csv{NOVEMBER}")
    assert all(not row["note"].startswith(("=", "+", "-", "@")) for row in rows)
    assert all(Decimal(row["debit"]) >= 0 and Decimal(row["credit"]) >= 0 for row in rows)


def test_what_was_given_back_in_the_documents_is_a_negative_number(
    manager: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale("2026-11-20T03:00:00+00:00")
    credit = kinds.Kind("receipts", "Credit note", kinds.RECEIPT.model, kinds.RECEIPT.print_pdf, -1)
    monkeypatch.setattr(export, "KINDS", (credit,))
    rows = read(manager, f"/documents.csv{NOVEMBER}")
    assert [row["gst"] for row in rows] == ["-7.82", "0.00"]
    assert [total.tax_cents for total in export.tax_totals(session, *_november())] == [-782, 0]


def _november() -> tuple[datetime, datetime]:
    return datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "query", ["?from=x", "?from=2026-11-02&to=2026-11-01", "?from=0001-01-01&to=2026-01-01", "?to=2026-11-01"]
)
def test_what_is_no_range_is_said(manager: FlaskClient, query: str) -> None:
    assert manager.get(AT + query).status_code == 422
    assert manager.get(f"{AT}/journal.csv{query}").status_code == 422


def test_a_day_without_anything_says_so(manager: FlaskClient) -> None:
    page = manager.get(f"{AT}?from=2026-01-01")
    assert "Nothing was issued and no money moved" in page.text
    assert read(manager, "/journal.csv?from=2026-01-01") == []


def test_one_click_leads_to_today_this_month_and_the_tax_year(manager: FlaskClient) -> None:
    with clock.travel(datetime(2026, 11, 28, 3, tzinfo=UTC)):
        page = manager.get(AT).text
    for query in (
        "from=2026-11-28&amp;to=2026-11-28",
        "from=2026-11-27&amp;to=2026-11-27",
        "from=2026-11-01&amp;to=2026-11-28",
        "from=2026-10-01&amp;to=2026-10-31",
        "from=2026-07-01&amp;to=2026-11-28",
        "from=2025-07-01&amp;to=2026-06-30",
    ):
        assert query in page, query


def test_who_may_not_see_the_books_does_not(client: FlaskClient) -> None:
    for role in (Role.BAKER, Role.COUNTER):
        sign_in(client, role=role)
        for path in ("", "/journal.csv", "/documents.csv", "/codes"):
            assert client.get(AT + path).status_code == 403
    sign_in(client, role=Role.MANAGER)
    assert client.get(f"{AT}/codes").status_code == 403


class TestCodes:
    @pytest.fixture
    def owner(self, client: FlaskClient) -> FlaskClient:
        sign_in(client, role=Role.OWNER)
        return client

    def form(self, client: FlaskClient) -> dict[str, str]:
        page = BeautifulSoup(client.get(f"{AT}/codes").text, "html.parser")
        return {field["name"]: field["value"] for field in page.select("form.account-codes input")}

    def test_the_accountants_own_codes_stand_in_the_journal(
        self, owner: FlaskClient, session: Session
    ) -> None:
        sale("2026-11-20T03:00:00+00:00")
        data = self.form(owner) | {"code_gst": "820", "name_gst": "GST", "code_sales_gst": "200"}
        assert owner.post(f"{AT}/codes", data=data).status_code == 303
        rows = read(owner, f"/journal.csv{NOVEMBER}")
        assert {"820", "200", "1110"} <= {row["account"] for row in rows}
        assert {row.slot for row in session.scalars(select(BookAccount))} == {"gst", "sales:gst"}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_type == "accounts")).one()
        assert entry.after["gst"] == ["820", "GST"]

    def test_an_empty_code_is_refused_and_the_rest_is_kept(self, owner: FlaskClient) -> None:
        data = self.form(owner) | {"code_gst": " ", "name_stripe": "Stripe balance"}
        answer = owner.post(f"{AT}/codes", data=data)
        assert answer.status_code == 422
        assert "This cannot be empty." in answer.text and "Stripe balance" in answer.text

    def test_somebody_elses_change_is_not_overwritten(self, owner: FlaskClient, session: Session) -> None:
        mine = self.form(owner)
        assert owner.post(f"{AT}/codes", data=mine | {"code_gst": "820"}).status_code == 303
        answer = owner.post(f"{AT}/codes", data=mine | {"code_fees": "404"})
        assert answer.status_code == 409
        assert session.scalars(select(BookAccount.slot)).all() == ["gst"]

    def test_a_tax_class_that_was_given_up_keeps_an_account(
        self, owner: FlaskClient, session: Session
    ) -> None:
        order = sale("2026-11-20T03:00:00+00:00")
        session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(tax_code="old"))
        session.commit()
        with clock.travel(datetime(2026, 11, 21, tzinfo=UTC)):
            enter(order, TransactionKind.REFUND, -100, "re_1", credits=True)
        assert "old" in {row["tax_code"] for row in read(owner, f"/journal.csv{NOVEMBER}")}
