"""The words of the file for the bank."""

from __future__ import annotations

from bakery.aftercare.models import EvidenceKind

STEPS = {
    "PENDING_PAYMENT": "The order was placed",
    "CONFIRMED": "The order was confirmed",
    "IN_PRODUCTION": "The bakery began to make it",
    "READY": "It was ready to be collected",
    "COLLECTED": "It was handed over",
    "EXPIRED": "The time to pay for it ran out",
    "CANCELLED": "The order was cancelled",
    "DEPOSIT_PAID": "The deposit was paid",
    "PAID": "It was paid",
    "PARTIALLY_REFUNDED": "A part of the money went back",
    "REFUNDED": "The money went back",
}
TICKETS = {"TO_DO": "put on the list", "IN_PROGRESS": "begun", "DONE": "done", "VOID": "called off"}
LEDGER = {
    "charge": "Paid by card",
    "refund": "Refunded",
    "reversal": "A refund did not arrive",
    "cash": "Paid in cash",
    "external_card": "Paid by card at the counter",
    "adjustment": "Corrected",
    "dispute": "Taken or given back by the bank",
}
MESSAGES = {
    "QUEUED": "not sent yet",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "FAILED": "did not arrive",
    "SUPPRESSED": "not sent",
}
RECORDS = {
    EvidenceKind.SALE.value: "With the sale",
    EvidenceKind.HANDOVER.value: "With the handover",
    EvidenceKind.DISPUTE.value: "When the bank asked",
}
ALLERGENS = {"contains": "Contains", "may_contain": "May contain", "unknown": "Not known"}
