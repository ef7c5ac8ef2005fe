"""One refund as staff see it: where it stands, what may be done about it, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from bakery.backoffice.refund_filters import SOURCES
from bakery.core.errors import DomainError
from bakery.core.money import Money
from bakery.infra.db import db
from bakery.infra.logging import scrub_text
from bakery.messages.models import Message, MessageStatus
from bakery.messages.queries import of_subject
from bakery.orders.models import Order, OrderLine
from bakery.orders.queries import get_order
from bakery.payments import refund_queries
from bakery.payments.dispute_queries import is_frozen
from bakery.payments.operations.refund_moves import choice_now
from bakery.payments.refund_models import RefundRequest
from bakery.payments.refund_simulation import Simulation, simulate
from bakery.payments.refund_standing import Standing, read_standing
from bakery.payments.refund_states import PartState, RefundKind, RefundState, Tender
from bakery.payments.refund_words import WAYS
from bakery.payments.services.refund_end import can_be_left
from bakery.payments.services.refund_requests import FROZEN, is_own
from bakery.people.rights import Right, has_right

KIND_WORDS = {
    RefundKind.LINES: "Things on the order",
    RefundKind.AMOUNT: "An amount",
    RefundKind.ALL: "All that was left",
    RefundKind.CANCELLATION: "The order was cancelled",
}
OTHER_WAYS = [
    (way, WAYS[way].capitalize()) for way in (Tender.CASH, Tender.BANK_TRANSFER, Tender.EXTERNAL_CARD)
]


def refund_page(request_id: int, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """The page; `problem` says why something was not done, and what was typed is kept."""
    session = db.session()
    session.rollback()
    found = refund_queries.get_request(session, request_id)
    order = get_order(session, found.order_id)
    standing = read_standing(session, order, but=found.id)
    own = is_own(session, order, current_user.id)
    simulation, wrong = _now(found, standing) if found.state == RefundState.REQUESTED else (None, "")
    messages = of_subject(session, found.ref)
    page = render_template(
        "backoffice/refunds/show.html",
        refund=found,
        order=order,
        lines=_lines(found, order),
        parts=[part for part in found.parts if part.state != PartState.REPLACED],
        replaced=[part for part in found.parts if part.state == PartState.REPLACED],
        events=refund_queries.history(session, found.id),
        note=refund_queries.credit_notes_of(session, order.id).get(found.id),
        messages=messages,
        scrubbed=scrub_text,
        simulation=simulation,
        standing=standing,
        wrong=wrong,
        came_back=_came_back(found),
        told=_is_told(messages),
        can_be_left=found.state == RefundState.FAILED and can_be_left(session, order, found),
        frozen=FROZEN if is_frozen(session, found) else "",
        decides=_decides(found) and not own,
        own=own,
        ways=WAYS,
        other_ways=OTHER_WAYS,
        origin=SOURCES,
        kind_words=KIND_WORDS,
        personal=has_right(current_user.role, Right.SEE_PERSONAL_DATA),
        problem=problem,
        typed=request.form,
    )
    return page, status


def _now(found: RefundRequest, standing: Standing) -> tuple[Simulation | None, str]:
    """What it would do if it were agreed to now; or why it cannot be."""
    try:
        return simulate(standing, choice_now(db.session(), found, standing)), ""
    except DomainError as error:
        return None, error.message


def _came_back(found: RefundRequest) -> Money:
    failed = sum(part.amount_cents for part in found.parts if part.state == PartState.FAILED)
    return Money(failed, found.currency)


def _is_told(messages: Sequence[Message]) -> bool:
    """Whether a mail said that it has gone back; one that did not leave has told nobody."""
    unsent = (MessageStatus.FAILED, MessageStatus.SUPPRESSED)
    return any(row.template == "refunded" and row.status not in unsent for row in messages)


def _decides(found: RefundRequest) -> bool:
    """Whether this person's yes is what it waits for."""
    if found.state != RefundState.REQUESTED:
        return False
    if found.first_by:
        return found.first_by_id != current_user.id and has_right(current_user.role, Right.REFUND_ABOVE)
    return has_right(current_user.role, Right.REFUND)


def _lines(found: RefundRequest, order: Order) -> list[tuple[OrderLine, int, int, int]]:
    """(what was sold, units, cents, tax) of each line that goes back."""
    sold = {line.id: line for line in order.lines}
    return [
        (sold[line.order_line_id], line.quantity, line.amount_cents, line.tax_cents) for line in found.lines
    ]
