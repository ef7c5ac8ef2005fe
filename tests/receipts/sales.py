"""Orders that are paid for, and what their papers say: shared by the tests of papers."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from bakery.core import clock
from bakery.infra.transaction import transaction
from bakery.orders.models import Order
from bakery.orders.states import OrderStatus, PaymentStatus
from bakery.payments.models import Payment, PaymentKind, PaymentState, Transaction, TransactionKind
from tests.factories.catalog import make_cake, make_loaf
from tests.factories.orders import OrderFactory, OrderLineFactory

LOAF = {"tax_code": "gst_free", "tax_name": "GST-free", "tax_rate_bp": 0, "tax_cents": 0}


def sold(**changes: Any) -> Order:
    """A confirmed order of a cake (86.00 with GST) and two loaves (18.00 without), not paid yet."""
    order = OrderFactory(**{"confirmed": True, "total_cents": 10400, "tax_cents": 782} | changes)
    OrderLineFactory(order_row=order, variant=make_cake(), message="Happy 40th Laila", position=0)
    OrderLineFactory(
        order_row=order, variant=make_loaf(), quantity=2, product_name="Sourdough", position=1, **LOAF
    )
    return order


def with_deposit(**changes: Any) -> Order:
    """A confirmed order of 104.00 of which 52.00 were paid."""
    states = {"status": OrderStatus.CONFIRMED, "payment_status": PaymentStatus.DEPOSIT_PAID}
    order = sold(**states, deposit_cents=5200, **changes)
    pay(order, 5200, f"pi_deposit_{order.id}", PaymentKind.DEPOSIT)
    return order


def pay(
    order: Order, cents: int, reference: str, kind: PaymentKind = PaymentKind.FULL, *, surplus: bool = False
) -> int:
    """A payment by card in the ledger; its row."""
    with transaction() as session:
        payment = Payment(
            order_id=order.id,
            kind=kind,
            state=PaymentState.SUCCEEDED,
            amount_cents=cents,
            currency=order.currency,
            idempotency_key=reference,
            payment_intent_id=reference,
            surplus=surplus,
        )
        session.add(payment)
        session.flush()
        return enter(order, TransactionKind.CHARGE, cents, reference, session=session, payment_id=payment.id)


def enter(
    order: Order,
    kind: TransactionKind,
    cents: int,
    reference: str,
    *,
    session: Any = None,
    **more: Any,
) -> int:
    """A row of the ledger, in the caller's transaction or in one of its own."""
    if session is None:
        with transaction() as own:
            return enter(order, kind, cents, reference, session=own, **more)
    row = Transaction(
        order_id=order.id,
        kind=kind,
        amount_cents=cents,
        currency=order.currency,
        stripe_id=reference,
        **{"at": clock.now()} | more,
    )
    session.add(row)
    session.flush()
    return int(row.id)


def text_of(pdf: bytes) -> str:
    """What a PDF says, spaces single."""
    pages = PdfReader(BytesIO(pdf)).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))
