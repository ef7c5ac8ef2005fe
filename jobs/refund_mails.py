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
from bakery.payments.refund_states import RefundKind
from bakery.payments.refund_words import WAYS
from jobs import mails

REFUNDED, DECLINED = "refunded", "refund_declined"


def refunded(request_id: int, times: int, paper: ReceiptPdf) -> Email:
    """Their money is on its way, by which ways, and the credit note."""
    request, order = _read(request_id)
    again = " once more" if times > 1 else ""
    return mails.draft(
        REFUNDED,
        to=order.contact_email,
        subject=f"Order {order.number}: {_words(request)} is on its way back to you{again}",
        subject_ref=request.ref,
        version=times,
        attachments=[Attachment(f"credit-note-{paper.name}", "application/pdf", paper.data)],
        order=order,
        first_name=mails.first_name(order),
        request=request,
        again=times > 1,
        by_card=any(tender == "stripe" for tender, _ in refund_queries.sums_by_way(request)),
        ways=[
            (WAYS[tender].capitalize(), "", mails.amount(cents))
            for tender, cents in refund_queries.sums_by_way(request)
        ],
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


def _read(request_id: int) -> tuple[RefundRequest, Order]:
    session = db.session()
    request = refund_queries.get_request(session, request_id)
    return request, get_order(session, request.order_id)


def _link(order: Order) -> str:
    return f"{mails.settings().base_url}/orders/{order.number}?key={order.secret}"


def _words(request: RefundRequest) -> str:
    return mails.amount(request.amount)
