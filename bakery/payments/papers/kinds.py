"""The kinds of paper there are. What is checked, verified or exported of papers goes through all of them."""

from __future__ import annotations

from bakery.payments import receipt_pdf
from bakery.payments.models import Receipt
from bakery.payments.papers.models import PaymentReceipt
from bakery.payments.papers.store import Kind

RECEIPT = Kind("receipts", Receipt, receipt_pdf.render_pdf)
PAYMENT_RECEIPT = Kind("payment-receipts", PaymentReceipt, receipt_pdf.render_payment_pdf)
KINDS = (RECEIPT, PAYMENT_RECEIPT)
