"""/admin/insights/accounts: a day, a month or any range for the accountant, as two files and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.backoffice.csv_files import csv_file
from bakery.backoffice.frame import init_frame
from bakery.core import clock
from bakery.core.errors import Invalid
from bakery.infra.db import db
from bakery.infra.formats import amount
from bakery.orders.staff_queries import day_bounds
from bakery.payments.journal.accounts import read_chart
from bakery.payments.journal.balance import add_up
from bakery.payments.journal.entries import Entry
from bakery.payments.journal.queries import Period, read_journal
from bakery.payments.papers import export
from bakery.payments.papers.tax_row import TaxRow
from bakery.people.rights import Right, has_right
from bakery.shop.queries import get_profile

blueprint = init_frame(Blueprint("books_export", __name__, url_prefix="/admin/insights/accounts"))

# What a page adds up while somebody waits for it; a file takes any number.
MOST_ADDED = 20_000
# The tax year begins in July.
NEW_YEAR = 7
LONGEST = timedelta(days=3700)


@dataclass(frozen=True, slots=True)
class Range:
    """Local days, both included."""

    first: date
    last: date
    zone: str

    @property
    def period(self) -> Period:
        return Period(day_bounds(self.first, self.zone)[0], day_bounds(self.last, self.zone)[1])

    @property
    def query(self) -> str:
        return f"from={self.first}&to={self.last}"

    def file(self, name: str) -> str:
        """`journal-2026-11-01-to-2026-11-30.csv`."""
        return f"{name}-{self.first}-to-{self.last}.csv"


@blueprint.get("")
def show() -> ResponseReturnValue:
    """The page: what was issued and moved in the range, and the files of it."""
    session = db.session()
    zone = get_profile(session).time_zone
    today = clock.today(zone)
    problem, status = "", 200
    try:
        chosen = _range()
    except Invalid as error:
        problem, status = error.message, 422
        chosen = Range(today.replace(day=1), today, zone)
    period = chosen.period
    documents = export.issued(session, period.start, period.end)
    totals = export.tax_totals(session, period.start, period.end)
    sums = _sums(period)
    page = render_template(
        "backoffice/accounts/index.html",
        chosen=chosen,
        presets=_presets(today, zone),
        problem=problem,
        documents=documents,
        totals=totals,
        sums=sums,
        most=MOST_ADDED,
        may_name=has_right(current_user.role, Right.MANAGE_SETTINGS),
    )
    return page, status


@blueprint.get("/documents.csv")
def documents() -> Response:
    """Every tax invoice and credit note of the range, a row for each of its tax classes."""
    chosen = _range()
    personal = has_right(current_user.role, Right.SEE_PERSONAL_DATA)
    zone = ZoneInfo(chosen.zone)
    found = export.tax_rows(db.session(), chosen.period.start, chosen.period.end)
    rows = (_document(row, zone, personal) for row in found)
    return csv_file(chosen.file("documents"), DOCUMENT, rows)


@blueprint.get("/journal.csv")
def journal() -> Response:
    """Every line of the range's double entries."""
    chosen = _range()
    chart = read_chart(db.session())
    zone = ZoneInfo(chosen.zone)

    def rows() -> Iterator[list[object]]:
        for entry in read_journal(db.session(), chosen.period):
            on = entry.at.astimezone(zone)
            for line in entry.lines:
                account = chart.account(line.slot)
                yield [
                    on.date().isoformat(), entry.number, entry.kind, account.code, account.name,
                    amount(line.debit_cents, entry.currency), amount(line.credit_cents, entry.currency),
                    line.tax_code, entry.currency, entry.order_number, entry.document, entry.stripe_id, entry.note,
                ]  # fmt: skip

    return csv_file(chosen.file("journal"), JOURNAL, rows())


DOCUMENT = (
    "date", "time", "document", "number", "order", "buyer", "buyer_abn", "tax_code", "tax", "rate_percent",
    "net", "gst", "gross", "currency", "sha256",
)  # fmt: skip
JOURNAL = (
    "date", "entry", "kind", "account", "account_name", "debit", "credit", "tax_code", "currency", "order",
    "document", "stripe_id", "note",
)  # fmt: skip


def _document(row: TaxRow, zone: ZoneInfo, personal: bool) -> list[object]:
    at = row.at.astimezone(zone)
    return [
        at.date().isoformat(), f"{at:%H:%M}", row.kind, row.label, row.order_number,
        row.buyer if personal else "", row.buyer_abn if personal else "",
        row.tax_code, row.tax_name, Decimal(row.rate_bp).scaleb(-2), amount(row.net_cents, row.currency),
        amount(row.tax_cents, row.currency), amount(row.gross_cents, row.currency), row.currency, row.sha256,
    ]  # fmt: skip


def _range() -> Range:
    """The days that were asked for; this month's where none were. Refuses (Invalid) what is no range."""
    zone = get_profile(db.session()).time_zone
    today = clock.today(zone)
    first, last = request.args.get("from", ""), request.args.get("to", "")
    if not first and not last:
        return Range(today.replace(day=1), today, zone)
    try:
        begin, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError:
        raise Invalid("That is no date. Choose the first and the last day.", field="from") from None
    if end < begin:
        raise Invalid("The last day lies before the first one.", field="to")
    if end - begin > LONGEST or not 2000 <= begin.year <= 2200:
        raise Invalid("That is too long: choose ten years at most.", field="from")
    return Range(begin, end, zone)


def _presets(today: date, zone: str) -> list[tuple[str, Range]]:
    """Ranges that are one click away."""
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    year = date(today.year if today.month >= NEW_YEAR else today.year - 1, NEW_YEAR, 1)
    yesterday = today - timedelta(days=1)
    return [
        ("Today", Range(today, today, zone)),
        ("Yesterday", Range(yesterday, yesterday, zone)),
        ("This month", Range(month, today, zone)),
        ("Last month", Range(before, month - timedelta(days=1), zone)),
        ("This tax year", Range(year, today, zone)),
        ("Last tax year", Range(year.replace(year=year.year - 1), year - timedelta(days=1), zone)),
    ]


def _sums(period: Period) -> dict[str, Any] | None:
    """What each account adds up to; None where there is too much for a page."""
    session = db.session()
    chart = read_chart(session)
    read = 0

    def counted() -> Iterator[Entry]:
        nonlocal read
        for entry in islice(read_journal(session, period), MOST_ADDED + 1):
            read += 1
            yield entry

    added = add_up(counted())
    if read > MOST_ADDED:
        return None
    places = {slot: place for place, slot in enumerate(chart.accounts)}
    in_order = sorted(added.items(), key=lambda row: (row[0][0], places.get(row[0][1], len(places))))
    rows = [(chart.account(slot), currency, sums) for (currency, slot), sums in in_order]
    return {"entries": read, "rows": rows}
