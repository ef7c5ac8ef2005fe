"""Refunds: sending what is decided, following what is on its way, and telling who asked."""

from __future__ import annotations

from bakery.infra.db import db
from bakery.integrations.adapters import adapters
from bakery.messages import services as messages
from bakery.orders.queries import get_order
from bakery.payments import credit_notes, refund_queries, services
from jobs import refund_mails
from jobs.periodic import periodic


def execute(request_id: int) -> None:
    """Have Stripe send every part of a decided refund that waits."""
    services.run_refund(request_id, adapters().gateway)


def _execute_given_up(request_id: int, error: str) -> None:
    services.give_up_refund(request_id)


@periodic("follow_refunds")
def follow() -> str:
    """Ask Stripe for refunds whose news did not come."""
    return f"{services.follow_refunds(adapters().gateway)} had news"


def send_refunded(request_id: int, times: int) -> None:
    """Tell the customer that their money has gone back, with the credit note. `times`: how often it had to be sent."""
    session = db.session()
    request = refund_queries.get_request(session, request_id)
    order = get_order(session, request.order_id)
    note = refund_queries.credit_notes_of(session, order.id)[request.id]
    paper = credit_notes.get_pdf(order.id, note.label, adapters().files)
    messages.deliver_email(refund_mails.refunded(request_id, times, paper), adapters().mailer)


def send_declined(request_id: int) -> None:
    """Tell the customer that what was asked for is declined, and why."""
    messages.deliver_email(refund_mails.declined(request_id), adapters().mailer)


def _refunded_given_up(request_id: int, times: int, error: str) -> bool:
    return messages.give_up(refund_mails.REFUNDED, f"refund:{request_id}", error)


def _declined_given_up(request_id: int, error: str) -> bool:
    return messages.give_up(refund_mails.DECLINED, f"refund:{request_id}", error)


execute.gave_up = _execute_given_up  # type: ignore[attr-defined]
send_refunded.gave_up = _refunded_given_up  # type: ignore[attr-defined]
send_declined.gave_up = _declined_given_up  # type: ignore[attr-defined]
