"""What was issued in a period, for the accountant: every paper with its tax by rate, and what was called off unpaid."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, select, true, tuple_
from sqlalchemy.orm import Session

from bakery.infra.transaction import end_read
from bakery.payments.papers.called_off import CALLED_OFF, read_called_off
from bakery.payments.papers.kinds import KINDS
from bakery.payments.papers.models import Paper
from bakery.payments.papers.store import Kind
from bakery.payments.papers.tax_row import TaxRow

CHUNK = 500


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """What all papers of a period say of one tax class, or what was called off of it."""

    name: str
    currency: str
    net_cents: int
    tax_cents: int
    gross_cents: int


@dataclass(frozen=True, slots=True)
class Issued:
    """How many papers of a kind were issued, and from which number to which."""

    kind: str
    papers: int
    first: str
    last: str


def tax_rows(session: Session, start: datetime, end: datetime) -> Iterator[TaxRow]:
    """Every paper that has tax, a row for each of its classes, in the order of issue. Read in chunks.

    What was called off and not paid has no paper; it has its rows among them.
    """
    taxed = [_of_kind(session, kind, start, end) for kind in KINDS if kind.tax_sign]
    taxed.append(read_called_off(session, start, end))
    yield from heapq.merge(*taxed, key=lambda row: row.at)


def tax_totals(session: Session, start: datetime, end: datetime) -> list[TaxTotal]:
    """By currency and tax class, the highest rate first: invoices less credit notes; then what was called off."""
    sums: dict[tuple[str, int, str], list[int]] = {}
    for kind in KINDS:
        for row in _summed(session, kind, start, end) if kind.tax_sign else ():
            total = sums.setdefault((row.currency, -row.rate_bp, row.name), [0, 0, 0])
            for place, cents in enumerate((row.net, row.tax, row.gross)):
                total[place] += kind.tax_sign * int(cents)
    return _totals(sums) + _called_off_totals(session, start, end)


def _called_off_totals(session: Session, start: datetime, end: datetime) -> list[TaxTotal]:
    sums: dict[tuple[str, int, str], list[int]] = {}
    for row in read_called_off(session, start, end):
        total = sums.setdefault((row.currency, -row.rate_bp, f"{CALLED_OFF}: {row.tax_name}"), [0, 0, 0])
        for place, cents in enumerate((row.net_cents, row.tax_cents, row.gross_cents)):
            total[place] += cents
    return _totals(sums)


def _totals(sums: dict[tuple[str, int, str], list[int]]) -> list[TaxTotal]:
    return [TaxTotal(name, currency, *cents) for (currency, _, name), cents in sorted(sums.items())]


def issued(session: Session, start: datetime, end: datetime) -> list[Issued]:
    """What was issued, by kind."""
    found = []
    for kind in KINDS:
        model = kind.model
        query = select(func.count(), func.min(model.number), func.max(model.number), func.min(model.series))
        count, first, last, series = session.execute(query.where(*_within(model, start, end))).one()
        if count:
            found.append(Issued(kind.name, count, f"{series}-{first:06d}", f"{series}-{last:06d}"))
    return found


def _of_kind(session: Session, kind: Kind, start: datetime, end: datetime) -> Iterator[TaxRow]:
    model = kind.model
    query = select(model).where(*_within(model, start, end)).order_by(model.issued_at, model.id).limit(CHUNK)
    beyond = query
    while True:
        papers: Sequence[Paper] = session.scalars(beyond).all()
        rows = [row for paper in papers for row in _rows(kind, paper)]
        last = (papers[-1].issued_at, papers[-1].id) if papers else None
        session.expunge_all()
        end_read()
        yield from rows
        if last is None or len(papers) < CHUNK:
            return
        beyond = query.where(tuple_(model.issued_at, model.id) > tuple_(*last))


def _rows(kind: Kind, paper: Paper) -> Iterator[TaxRow]:
    facts = paper.snapshot
    customer = facts["customer"]
    for tax in facts["taxes"]:
        yield TaxRow(
            at=paper.issued_at,
            kind=kind.name,
            label=paper.label,
            order_number=facts["order_number"],
            buyer=customer.get("business_name") or customer["name"],
            buyer_abn=customer.get("abn", ""),
            tax_code=tax.get("code", ""),
            tax_name=tax["name"],
            rate_bp=tax["rate_bp"],
            net_cents=kind.tax_sign * tax["net_cents"],
            tax_cents=kind.tax_sign * tax["tax_cents"],
            gross_cents=kind.tax_sign * tax["gross_cents"],
            currency=facts["currency"],
            sha256=paper.sha256 or "",
        )


def _summed(session: Session, kind: Kind, start: datetime, end: datetime) -> Sequence[Any]:
    """The taxes inside the snapshots, added up by the database."""
    model = kind.model
    tax = func.jsonb_array_elements(model.snapshot["taxes"]).table_valued("value").alias("tax")
    currency = model.snapshot["currency"].astext.label("currency")
    name: Any = literal_column("tax.value->>'name'")
    rate: Any = literal_column("(tax.value->>'rate_bp')::int")
    sums: list[Any] = [
        literal_column(f"sum((tax.value->>'{key}_cents')::bigint)").label(key)
        for key in ("net", "tax", "gross")
    ]
    query = select(currency, name.label("name"), rate.label("rate_bp"), *sums).select_from(model)
    query = query.join(tax, true()).where(*_within(model, start, end))
    return session.execute(query.group_by(currency, name, rate)).all()


def _within(model: Any, start: datetime, end: datetime) -> tuple[Any, Any]:
    return model.issued_at >= start, model.issued_at < end
