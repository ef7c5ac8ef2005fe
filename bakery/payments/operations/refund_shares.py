"""What each part of a refund that has gone took of which line, to the cent; written down once, when it goes.

The books of a month that is over rest on it, so it does not depend on what becomes of the refund's other parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from bakery.core.money import round_half_up
from bakery.payments.refund_models import RefundLine, RefundPart, RefundRequest
from bakery.payments.refund_states import PartState
from bakery.pricing.refunds import spread

# By order line: cents, and the tax in them.
Shares = dict[int, tuple[int, int]]


def write_down(session: Session, request: RefundRequest, part: RefundPart) -> None:
    """Give a part that has gone its shares of what the request's other parts have left of its lines."""
    left = {line.order_line_id: (line.amount_cents, line.tax_cents) for line in _lines(session, request)}
    for other in _gone(session, request):
        if other.id != part.id:
            for line_id, (cents, tax) in read(other).items():
                rest = left.get(line_id, (0, 0))
                left[line_id] = (rest[0] - cents, rest[1] - tax)
    part.shares = {str(line_id): list(share) for line_id, share in _of(left, part.amount_cents).items()}


def cut_down(session: Session, request: RefundRequest) -> None:
    """The request as if no more had been asked for than what has gone: its units as they were."""
    went: Shares = {}
    for part in _gone(session, request):
        for line_id, (cents, tax) in read(part).items():
            sums = went.get(line_id, (0, 0))
            went[line_id] = (sums[0] + cents, sums[1] + tax)
    for line in _lines(session, request):
        line.amount_cents, line.tax_cents = went.get(line.order_line_id, (0, 0))
    request.amount_cents = sum(part.amount_cents for part in _gone(session, request))
    request.tax_cents = sum(tax for _, tax in went.values())
    session.flush()


def read(part: RefundPart) -> Shares:
    """A part's shares; none of one that has not gone."""
    return {int(line_id): (share[0], share[1]) for line_id, share in (part.shares or {}).items()}


def _of(left: Mapping[int, tuple[int, int]], cents: int) -> Shares:
    """An amount's shares of what is left; all of it, where it is no more."""
    open_lines = {line_id: rest for line_id, rest in left.items() if rest[0] > 0}
    whole = sum(rest for rest, _ in open_lines.values())
    if cents >= whole:
        return open_lines
    parts = spread(cents, [rest for rest, _ in open_lines.values()])
    return {
        line_id: (share, round_half_up(Fraction(tax * share, rest)))
        for (line_id, (rest, tax)), share in zip(open_lines.items(), parts, strict=True)
        if share
    }


def _lines(session: Session, request: RefundRequest) -> Sequence[RefundLine]:
    query = select(RefundLine).where(RefundLine.request_id == request.id).order_by(RefundLine.id)
    return session.scalars(query).all()


def _gone(session: Session, request: RefundRequest) -> Sequence[RefundPart]:
    query = select(RefundPart).where(
        RefundPart.request_id == request.id, RefundPart.state == PartState.SUCCEEDED
    )
    return session.scalars(query.order_by(RefundPart.id)).all()
