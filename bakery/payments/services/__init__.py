"""Collecting and giving back: one use case a function."""

from bakery.payments.services.balance import look_after, look_after_rests
from bakery.payments.services.cancellation import cancel_own, cancel_with_refund
from bakery.payments.services.card_payment import (
    Charged,
    ChargeOutcome,
    charge_saved_card,
)
from bakery.payments.services.card_setup import (
    close_card_setup,
    follow_card_setups,
    keep_set_up_card,
    start_card_setup,
)
from bakery.payments.services.checkout import start_checkout
from bakery.payments.services.closing import cancel_attempt, close_session
from bakery.payments.services.customers import customer_of_order, customer_of_user
from bakery.payments.services.deposits import ask_deposit
from bakery.payments.services.events import apply_event, record_event, report_bad_signature
from bakery.payments.services.kept_cards import (
    delete_customer,
    detach_card,
    keep_card,
    let_go,
    let_go_of_all,
    revoke_mandate,
)
from bakery.payments.services.nudges import is_still_unpaid, look_at_unpaid
from bakery.payments.services.reconciliation import Report, reconcile
from bakery.payments.services.refund_end import leave_it
from bakery.payments.services.refund_rescue import (
    call_back,
    give_otherwise,
    hand_over,
    not_given,
    retry_part,
)
from bakery.payments.services.refund_run import follow_refunds, give_up_refund, run_refund
from bakery.payments.services.refunds import refund_late_payment, report_failed_refund
from bakery.payments.services.saved_cards import forget_customer, remove_card, set_default_card
from bakery.payments.services.surplus import give_surplus, retry_surplus

__all__ = [
    "ChargeOutcome",
    "Charged",
    "Report",
    "apply_event",
    "ask_deposit",
    "call_back",
    "cancel_attempt",
    "cancel_own",
    "cancel_with_refund",
    "charge_saved_card",
    "close_card_setup",
    "close_session",
    "look_after",
    "not_given",
    "look_after_rests",
    "customer_of_order",
    "customer_of_user",
    "delete_customer",
    "detach_card",
    "follow_card_setups",
    "forget_customer",
    "is_still_unpaid",
    "keep_card",
    "keep_set_up_card",
    "let_go",
    "let_go_of_all",
    "look_at_unpaid",
    "follow_refunds",
    "give_otherwise",
    "give_surplus",
    "give_up_refund",
    "hand_over",
    "leave_it",
    "reconcile",
    "record_event",
    "refund_late_payment",
    "remove_card",
    "report_bad_signature",
    "report_failed_refund",
    "revoke_mandate",
    "set_default_card",
    "start_card_setup",
    "retry_part",
    "retry_surplus",
    "run_refund",
    "start_checkout",
]
