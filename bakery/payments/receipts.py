"""Receipts: the tax invoice of an order, and a payment receipt for what is paid after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from bakery.core import clock
from bakery.core.errors import Invalid, NotFound
from bakery.infra.transaction import transaction
from bakery.integrations.files.port import Files
from bakery.orders import operations as orders
from bakery.orders.models import Order
from bakery.payments.models import Payment, Receipt, Transaction
from bakery.payments.operations import numbering
from bakery.payments.papers import kinds, store
from bakery.payments.papers.keeping import missing_files, missing_numbers
from bakery.payments.papers.models import PaymentReceipt
from bakery.payments.papers.store import PDF
from bakery.payments.papers.store import PaperPdf as ReceiptPdf
from bakery.payments.receipt_facts import PAID_BY, collect, collect_payment
from bakery.shop.queries import Profile, get_profile

__all__ = [
    "PDF",
    "ReceiptPdf",
    "find",
    "get_payment_pdf",
    "get_pdf",
    "issue",
    "issue_payment_receipt",
    "list_payment_receipts",
    "missing_files",
    "missing_numbers",
]

# One series for each kind of paper, of one legal entity; the shop is one.
SERIES, PAYMENT_SERIES = "R", "P"


def get_pdf(order_id: int, files: Files) -> ReceiptPdf:
    """The order's tax invoice, issued and printed on first demand. Refuses an order that was never confirmed."""
    with transaction() as session:
        receipt_id = issue(session, order_id).id
    return store.fetch(kinds.RECEIPT, receipt_id, files)


def issue(session: Session, order_id: int) -> Receipt:
    """The order's tax invoice with the next number of the series, or the one it has. In an open transaction.

    Locks the order, then the series: what it says of payments is what the ledger says at that moment. Refuses an
    order that was never confirmed (NotFound).
    """
    known = find(session, order_id)
    if known is not None:
        return known
    order = _confirmed(session, order_id)
    known = find(session, order_id)
    if known is not None:  # issued while we waited for the order
        return known
    number = numbering.next_number(session, SERIES)
    # After the lock, so that numbers and times go up together.
    issued_at = clock.now()
    shop = get_profile(session)
    receipt = Receipt(
        series=SERIES,
        number=number,
        order_id=order_id,
        issued_at=issued_at,
        snapshot=collect(order, paid_towards(session, order_id), shop, issued_at),
        keep_until=keep_until(order, issued_at, shop),
    )
    session.add(receipt)
    session.flush()
    return receipt


def find(session: Session, order_id: int) -> Receipt | None:
    """The order's tax invoice, if it was issued."""
    return session.scalar(select(Receipt).where(Receipt.order_id == order_id))


def issue_payment_receipt(session: Session, order_id: int, transaction_id: int) -> PaymentReceipt:
    """A receipt for one later payment (a ledger row), or the one it has. In an open transaction.

    It is no second tax invoice: the order's own one, which is issued with it if there is none yet, has all the GST.
    Refuses (Invalid) a row that is no money of this customer's towards this order, and NotFound as `issue` does.
    """
    known = session.scalar(select(PaymentReceipt).where(PaymentReceipt.transaction_id == transaction_id))
    if known is not None and known.order_id == order_id:
        return known
    order = _confirmed(session, order_id)
    known = session.scalar(select(PaymentReceipt).where(PaymentReceipt.transaction_id == transaction_id))
    if known is not None and known.order_id == order_id:
        return known
    paid = [row for row in paid_towards(session, order_id) if row.id <= transaction_id]
    if not paid or paid[-1].id != transaction_id or paid[-1].amount_cents <= 0:
        raise Invalid("Only a payment towards this order has a payment receipt.")
    invoice = issue(session, order_id)
    number = numbering.next_number(session, PAYMENT_SERIES)
    issued_at = clock.now()
    shop = get_profile(session)
    receipt = PaymentReceipt(
        series=PAYMENT_SERIES,
        number=number,
        order_id=order_id,
        transaction_id=transaction_id,
        issued_at=issued_at,
        snapshot=collect_payment(order, paid, (invoice.label, invoice.issued_at), shop, issued_at),
        keep_until=keep_until(order, issued_at, shop),
    )
    session.add(receipt)
    session.flush()
    return receipt


def get_pdf_of_payment(order_id: int, transaction_id: int, files: Files) -> ReceiptPdf:
    """The receipt of a later payment (a ledger row), issued and printed on first demand. Refuses as
    `issue_payment_receipt` does.
    """
    with transaction() as session:
        receipt_id = issue_payment_receipt(session, order_id, transaction_id).id
    return get_payment_pdf(receipt_id, files)


def get_payment_pdf(receipt_id: int, files: Files) -> ReceiptPdf:
    """An issued payment receipt's file."""
    return store.fetch(kinds.PAYMENT_RECEIPT, receipt_id, files)


def list_payment_receipts(session: Session, order_id: int) -> Sequence[PaymentReceipt]:
    """An order's payment receipts, oldest first."""
    query = select(PaymentReceipt).where(PaymentReceipt.order_id == order_id)
    return session.scalars(query.order_by(PaymentReceipt.number)).all()


def paid_towards(session: Session, order_id: int) -> Sequence[Transaction]:
    """What was paid towards an order, oldest first: no refunds, and no money that bought nothing and goes back."""
    return session.scalars(
        select(Transaction)
        .outerjoin(Payment, Payment.id == Transaction.payment_id)
        .where(
            Transaction.order_id == order_id,
            Transaction.kind.in_(PAID_BY),
            Transaction.credits.is_(False),
            or_(Payment.id.is_(None), Payment.surplus.is_(False)),
        )
        .order_by(Transaction.id)
    ).all()


def keep_until(order: Order, issued_at: datetime, shop: Profile) -> date:
    """The last day on which nobody may delete the paper: so many years after it, and after the sale is done."""
    last = max(issued_at, order.pickup_at).astimezone(ZoneInfo(order.time_zone)).date()
    year = last.year + shop.document_years
    # The 29th of February has no anniversary in most years.
    return last.replace(year=year) if (last.month, last.day) != (2, 29) else date(year, 3, 1)


def _confirmed(session: Session, order_id: int) -> Order:
    """The order with its lines, locked. Refuses one that was never confirmed."""
    try:
        order = orders.lock_order(session, order_id)
    except NotFound:
        raise NotFound("There is no receipt for this order yet.") from None
    if order.confirmed_at is None:
        raise NotFound("There is no receipt for this order yet.")
    return session.scalars(select(Order).where(Order.id == order_id).options(selectinload(Order.lines))).one()
