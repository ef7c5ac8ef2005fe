"""Refunds that were asked for and decided on have their lines, and so their shares, and a credit note."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bakery.orders.models import OrderLine
from bakery.payments.journal.sharing import Credit, Shares, share_credits
from bakery.payments.refund_models import CreditNote, RefundLine, RefundPart, RefundRequest


@dataclass(frozen=True, slots=True)
class Decided:
    """By ledger row: what it takes back of each tax class, and the credit note that says so."""

    shares: dict[int, Shares] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def read_decided(session: Session, rows: Iterable[Any], undoes: Mapping[int, str]) -> Decided:
    """Of ledger rows (id, order_id, amount_cents, stripe_id, in their order) those that belong to a refund request.

    A request's parts share what its lines say, one after the other; `undoes` names, for a row that takes another
    back, which.
    """
    found = Decided()
    of_orders = list(rows)
    requests = _requests(session, sorted({row.order_id for row in of_orders}))
    by_request: dict[int, list[Any]] = defaultdict(list)
    for row in of_orders:
        if row.stripe_id in requests:
            by_request[requests[row.stripe_id]].append(row)
    if not by_request:
        return found
    lines = _lines(session, sorted(by_request))
    notes = _notes(session, sorted(by_request))
    for request_id, of_request in by_request.items():
        credits = [Credit(f"L-{row.id}", -row.amount_cents, undoes.get(row.id, "")) for row in of_request]
        shares = share_credits(lines.get(request_id, {}), credits)
        for row in of_request:
            found.shares[row.id] = shares[f"L-{row.id}"]
            if request_id in notes:
                found.notes[row.id] = notes[request_id]
    return found


def _requests(session: Session, order_ids: Sequence[int]) -> dict[str, int]:
    """Requests by what the ledger calls the parts of theirs."""
    query = (
        select(RefundPart.id, RefundPart.request_id, RefundPart.stripe_refund_id)
        .join(RefundRequest, RefundRequest.id == RefundPart.request_id)
        .where(RefundRequest.order_id.in_(order_ids))
    )
    found = {}
    for row in session.execute(query):
        found[f"refund-part:{row.id}"] = row.request_id
        if row.stripe_refund_id:
            found[row.stripe_refund_id] = row.request_id
    return found


def _lines(session: Session, request_ids: Sequence[int]) -> dict[int, dict[str, tuple[int, int]]]:
    query = (
        select(
            RefundLine.request_id,
            OrderLine.tax_code,
            func.sum(RefundLine.amount_cents - RefundLine.tax_cents).label("net"),
            func.sum(RefundLine.tax_cents).label("tax"),
        )
        .join(OrderLine, OrderLine.id == RefundLine.order_line_id)
        .where(RefundLine.request_id.in_(request_ids))
        .group_by(RefundLine.request_id, OrderLine.tax_code)
        .order_by(RefundLine.request_id, OrderLine.tax_code)
    )
    found: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in session.execute(query):
        found[row.request_id][row.tax_code] = (int(row.net), int(row.tax))
    return found


def _notes(session: Session, request_ids: Sequence[int]) -> dict[int, str]:
    query = select(CreditNote).where(CreditNote.request_id.in_(request_ids))
    return {note.request_id: note.label for note in session.scalars(query)}
