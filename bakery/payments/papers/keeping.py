"""Is everything there that was issued? Reads rows and files, mends nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.integrations.files.port import FileMissing, Files
from bakery.orders.models import Order
from bakery.payments.models import ReceiptSeries
from bakery.payments.papers.kinds import KINDS
from bakery.payments.papers.models import Paper
from bakery.payments.papers.store import Kind


@dataclass(frozen=True, slots=True)
class Missing:
    """A paper whose file is not what was issued, and why in a few words."""

    label: str
    order_id: int
    why: str


def missing_files(session: Session, files: Files, since: datetime) -> list[Missing]:
    """Every paper issued since then whose file is not there with its hash, in the order of their numbers.

    Reads every file, one after the other; raises FilesUnavailable where the store does not answer. The orders of the
    demo are left out.
    """
    found = []
    for kind in KINDS:
        for paper, order_id in _papers(session, kind, since):
            if why := _trouble(paper, files):
                found.append(Missing(paper.label, order_id, why))
    return found


def missing_numbers(session: Session) -> list[str]:
    """Series whose papers are not numbered from 1 to the last number, each in a sentence. Always empty."""
    wrong = []
    for series in session.scalars(select(ReceiptSeries).order_by(ReceiptSeries.code)):
        counts = [_count(session, kind, series.code) for kind in KINDS]
        # A series of a kind that is not known here is somebody else's to count.
        if any(counts) and sum(counts) != series.last_number:
            wrong.append(f"Series {series.code} is at {series.last_number} with {sum(counts)} papers.")
    return wrong


def _papers(session: Session, kind: Kind, since: datetime) -> Iterator[tuple[Paper, int]]:
    model = kind.model
    query = select(model).join(Order, Order.id == model.order_id)
    query = query.where(model.issued_at >= since, Order.is_demo.is_(False))
    for paper in session.scalars(query.order_by(model.series, model.number).execution_options(yield_per=500)):
        yield paper, paper.order_id


def _trouble(paper: Paper, files: Files) -> str:
    if paper.sha256 is None:
        return "never printed"
    try:
        data = files.get(paper.file_key or "")
    except FileMissing:
        return "its file is missing"
    return "" if hashlib.sha256(data).hexdigest() == paper.sha256 else "its file is another"


def _count(session: Session, kind: Kind, series: str) -> int:
    query = select(func.count()).select_from(kind.model).where(kind.model.series == series)
    return session.scalars(query).one()
