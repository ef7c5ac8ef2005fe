"""Collecting and giving back: one use case a function."""

from bakery.payments.services.balance import Collecting, look_after, look_after_rests
from bakery.payments.services.card_payment import (
    Charged,
    ChargeOutcome,
    cancel_card_attempt,
    charge_saved_card,
)
from bakery.payments.services.checkout import cancel_attempt, close_session, start_checkout
from bakery.payments.services.deposits import ask_deposit
from bakery.payments.services.events import apply_event, record_event, report_bad_signature
from bakery.payments.services.reconciliation import Report, reconcile
from bakery.payments.services.refunds import refund_late_payment, report_failed_refund

__all__ = [
    "ChargeOutcome",
    "Charged",
    "Collecting",
    "Report",
    "apply_event",
    "ask_deposit",
    "cancel_attempt",
    "cancel_card_attempt",
    "charge_saved_card",
    "close_session",
    "look_after",
    "look_after_rests",
    "reconcile",
    "record_event",
    "refund_late_payment",
    "report_bad_signature",
    "report_failed_refund",
    "start_checkout",
]
