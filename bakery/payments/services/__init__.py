"""Collecting and giving back: one use case a function."""

from bakery.payments.services.card_payment import (
    Charged,
    ChargeOutcome,
    cancel_card_attempt,
    charge_saved_card,
)
from bakery.payments.services.card_setup import follow_card_setups, keep_set_up_card, start_card_setup
from bakery.payments.services.checkout import start_checkout
from bakery.payments.services.closing import cancel_attempt, close_session
from bakery.payments.services.customers import customer_of_order, customer_of_user
from bakery.payments.services.events import apply_event, record_event, report_bad_signature
from bakery.payments.services.kept_cards import (
    delete_customer,
    detach_card,
    keep_card,
    let_go,
    let_go_of_all,
    revoke_mandate,
)
from bakery.payments.services.reconciliation import Report, reconcile
from bakery.payments.services.refunds import refund_late_payment, report_failed_refund
from bakery.payments.services.saved_cards import forget_customer, remove_card, set_default_card

__all__ = [
    "ChargeOutcome",
    "Charged",
    "Report",
    "apply_event",
    "cancel_attempt",
    "cancel_card_attempt",
    "charge_saved_card",
    "close_session",
    "customer_of_order",
    "customer_of_user",
    "delete_customer",
    "detach_card",
    "follow_card_setups",
    "forget_customer",
    "keep_card",
    "keep_set_up_card",
    "let_go",
    "let_go_of_all",
    "reconcile",
    "record_event",
    "refund_late_payment",
    "remove_card",
    "report_bad_signature",
    "report_failed_refund",
    "revoke_mandate",
    "set_default_card",
    "start_card_setup",
    "start_checkout",
]
