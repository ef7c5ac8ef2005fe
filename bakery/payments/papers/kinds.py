"""The kinds of paper there are. What is listed, checked, verified or exported of papers goes through all of them."""

from __future__ import annotations

from bakery.payments import receipt_pdf
from bakery.payments.models import Receipt
from bakery.payments.papers.models import PaymentReceipt
from bakery.payments.papers.store import Kind
from bakery.payments.refund_models import CreditNote

RECEIPT = Kind("receipts", "Tax invoice", Receipt, receipt_pdf.render_pdf, 1)
PAYMENT_RECEIPT = Kind(
    "payment-receipts", "Payment receipt", PaymentReceipt, receipt_pdf.render_payment_pdf, 0
)
CREDIT_NOTE = Kind("credit-notes", "Credit note", CreditNote, receipt_pdf.render_credit_note, -1)
KINDS = (RECEIPT, PAYMENT_RECEIPT, CREDIT_NOTE)
