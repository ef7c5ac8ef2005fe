"""Mails about money that goes back, as drafts. What they say is true when they are rendered."""

from __future__ import annotations

from bakery.core.money import Money
from bakery.infra.db import db
from bakery.integrations.mail.port import Attachment
from bakery.messages.drafts import Email
from bakery.orders.models import Order
from bakery.orders.queries import get_order
from bakery.payments import refund_queries
from bakery.payments.dispute_queries import at_bank
from bakery.payments.receipts import ReceiptPdf
from bakery.payments.refund_models import RefundRequest
from bakery.payments.refund_states import PartState, RefundKind, Tender
from bakery.payments.refund_words import WAYS
from jobs import mails

REFUNDED, DECLINED = "refunded", "refund_declined"


def refunded(request_id: int, times: int, paper: ReceiptPdf) -> Email:
    """Their money is on its way, by which ways, and the credit note."""
    request, order = _read(request_id)
    sums = refund_queries.sums_by_way(request)
    # What a person gave in the place of what did not arrive; the credit note of before names the first way.
    given = _given_instead(request) if times > 1 else []
    again = " once more" if times > 1 else ""
    subject = f"{_words(request)} is on its way back to you{again}"
    if given:
        subject = f"we gave you {_listed(given)}"
    return mails.draft(
        REFUNDED,
        to=order.contact_email,
        subject=f"Order {order.number}: {subject}",
        subject_ref=request.ref,
        version=times,
        attachments=[Attachment(f"credit-note-{paper.name}", "application/pdf", paper.data)],
        order=order,
        first_name=mails.first_name(order),
        request=request,
        again=times > 1,
        given=_listed(given),
        by_card=any(tender == Tender.STRIPE for tender, _ in sums),
        ways=[(WAYS[tender].capitalize(), "", mails.amount(cents)) for tender, cents in sums],
        tax=Money(request.tax_cents, request.currency),
        link=_link(order),
    )


def declined(request_id: int) -> Email:
    """Nothing goes back, and why."""
    request, order = _read(request_id)
    return mails.draft(
        DECLINED,
        to=order.contact_email,
        subject=f"Order {order.number}: about the money you asked for",
        subject_ref=request.ref,
        order=order,
        first_name=mails.first_name(order),
        request=request,
        cancelled=request.kind == RefundKind.CANCELLATION,
        by_bank=request.kind == RefundKind.CANCELLATION and at_bank(db.session(), order.id).gave_cents > 0,
        link=_link(order),
    )


def _given_instead(request: RefundRequest) -> list[str]:
    """What was given by hand of a card's money, way by way: that is done only where the card did not take it."""
    found: dict[str, int] = {}
    for part in request.parts:
        by_hand = part.tender != Tender.STRIPE and part.payment_id is not None
        if by_hand and part.state == PartState.SUCCEEDED:
            found[part.tender] = found.get(part.tender, 0) + part.amount_cents
    return [
        f"{mails.amount(Money(cents, request.currency))} {WAYS[tender]}" for tender, cents in found.items()
    ]


def _listed(given: list[str]) -> str:
    return " and ".join(given)


def _read(request_id: int) -> tuple[RefundRequest, Order]:
    session = db.session()
    request = refund_queries.get_request(session, request_id)
    return request, get_order(session, request.order_id)


def _link(order: Order) -> str:
    return f"{mails.settings().base_url}/orders/{order.number}?key={order.secret}"


def _words(request: RefundRequest) -> str:
    return mails.amount(request.amount)
