"""Why money did not go back, in words that help staff to decide what to do."""

from __future__ import annotations

from bakery.payments.refund_states import Tender

# How money goes back, for who reads it.
WAYS: dict[str, str] = {
    Tender.STRIPE: "to the card that paid",
    Tender.CASH: "in cash",
    Tender.EXTERNAL_CARD: "to a card at the counter",
    Tender.BANK_TRANSFER: "by bank transfer",
}
# Stripe's `failure_reason` of a refund, and its codes where it refuses one.
_WORDS = {
    "lost_or_stolen_card": "The card was reported lost or stolen, so the bank sent the money back.",
    "expired_or_canceled_card": "The card has expired or its account is closed, so the bank sent the money back.",
    "charge_for_pending_refund_disputed": "The customer asked their bank for the same money, so Stripe stopped it.",
    "insufficient_funds": "Our balance at Stripe did not have enough money for it.",
    "balance_insufficient": "Our balance at Stripe does not have enough money for it.",
    "declined": "The customer's bank did not take the money back.",
    "merchant_request": "It was called back before it arrived.",
    "charge_already_refunded": "All of this payment has gone back already, perhaps in Stripe's own dashboard.",
    "charge_disputed": "The customer disputes this payment, so Stripe refunds nothing of it.",
    "canceled": "It was called back before it arrived.",
}
_OTHERWISE = "The customer's bank did not take the money, and Stripe does not say why."
REFUSED = "Stripe did not take it on"
DISPUTED = "A dispute about this order was open, so nothing was sent. Wait for its end, and try again."
NO_ANSWER = (
    "Stripe did not answer for hours. It may have the refund all the same: trying again looks there first."
)
NO_NEWS = "Stripe has not said that it arrived. Trying again looks there first."


def failed(reason: str, status: str) -> str:
    """One sentence for a refund that did not arrive."""
    return _WORDS.get(reason) or _WORDS.get(status) or _OTHERWISE


def not_in_books(note: str) -> str:
    """Stripe has sent it, and the ledger cannot take it."""
    return f"Stripe has it, and the books cannot take it: {note}. Compare this payment with Stripe first."[
        :300
    ]


def refused(code: str, message: str) -> str:
    """One sentence for a refund that Stripe would not begin."""
    return _WORDS.get(code) or f"{REFUSED}: {message}"[:300]
