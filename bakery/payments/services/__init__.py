"""Collecting and giving back: one use case a function."""

from bakery.payments.services.cancellation import cancel_own, cancel_with_refund
from bakery.payments.services.card_payment import (
    Charged,
    ChargeOutcome,
    cancel_card_attempt,
    charge_saved_card,
)
from bakery.payments.services.checkout import cancel_attempt, close_session, start_checkout
from bakery.payments.services.events import apply_event, record_event, report_bad_signature
from bakery.payments.services.reconciliation import Report, reconcile
from bakery.payments.services.refund_rescue import (
    call_back,
    give_otherwise,
    hand_over,
    leave_it,
    retry_part,
)
from bakery.payments.services.refund_run import follow_refunds, give_up_refund, run_refund
from bakery.payments.services.refunds import refund_late_payment, report_failed_refund

__all__ = [
    "ChargeOutcome",
    "Charged",
    "Report",
    "apply_event",
    "call_back",
    "cancel_attempt",
    "cancel_card_attempt",
    "cancel_own",
    "cancel_with_refund",
    "charge_saved_card",
    "close_session",
    "follow_refunds",
    "give_otherwise",
    "give_up_refund",
    "hand_over",
    "leave_it",
    "reconcile",
    "record_event",
    "refund_late_payment",
    "report_bad_signature",
    "report_failed_refund",
    "retry_part",
    "run_refund",
    "start_checkout",
]
