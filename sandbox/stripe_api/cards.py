"""Stripe's published test cards, and what each does."""

from __future__ import annotations

from dataclasses import dataclass

DECLINED = "Your card was declined."


@dataclass(frozen=True)
class Card:
    number: str
    label: str
    brand: str = "visa"
    funding: str = "credit"
    decline: str = ""  # the decline_code, or the error code for those that have none
    authenticate: str = ""  # "unless_set_up" (…3155), "always" (…3184)
    dispute: str = ""  # what the cardholder tells the bank afterwards, or "inquiry"
    fraud_warning: bool = False
    attaches: bool = False  # is declined only when charged, not when it is saved
    refund: str = ""  # what becomes of a refund to it: "pending" first, or "fails" afterwards
    token: str = ""  # the ready-made payment method, pm_card_…
    offered: bool = False  # on the hosted page as a choice

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[at : at + 4] for at in range(0, len(self.number), 4))


CARDS = (
    Card("4242424242424242", "Pays", token="pm_card_visa", offered=True),
    Card(
        "4000000000000002",
        "Is declined",
        decline="generic_decline",
        token="pm_card_chargeDeclined",
        offered=True,
    ),
    Card(
        "4000000000009995",
        "Insufficient funds",
        decline="insufficient_funds",
        token="pm_card_visa_chargeDeclinedInsufficientFunds",
        offered=True,
    ),
    Card(
        "4000002500003155",
        "Asks for authentication",
        authenticate="unless_set_up",
        token="pm_card_authenticationRequiredOnSetup",
        offered=True,
    ),
    Card(
        "4000000000000259",
        "Pays, then is disputed",
        dispute="fraudulent",
        token="pm_card_createDispute",
        offered=True,
    ),
    Card(
        "4000002760003184",
        "Always asks for authentication",
        authenticate="always",
        token="pm_card_authenticationRequired",
    ),
    Card("4000000000009987", "Lost card", decline="lost_card", token="pm_card_visa_chargeDeclinedLostCard"),
    Card(
        "4000000000009979",
        "Stolen card",
        decline="stolen_card",
        token="pm_card_visa_chargeDeclinedStolenCard",
    ),
    Card(
        "4000000000000069", "Expired card", decline="expired_card", token="pm_card_chargeDeclinedExpiredCard"
    ),
    Card(
        "4000000000000127",
        "Wrong security code",
        decline="incorrect_cvc",
        token="pm_card_chargeDeclinedIncorrectCvc",
    ),
    Card(
        "4000000000000119",
        "Processing error",
        decline="processing_error",
        token="pm_card_chargeDeclinedProcessingError",
    ),
    Card(
        "4000000000007726",
        "Refunds are pending at first",
        refund="pending",
        token="pm_card_pendingRefund",
    ),
    Card(
        "4000000000005126",
        "Refunds fail afterwards",
        refund="fails",
        token="pm_card_refundFail",
    ),
    Card(
        "4000000000002685",
        "Pays, then is disputed as not received",
        dispute="product_not_received",
        token="pm_card_createDisputeProductNotReceived",
    ),
    Card(
        "4000000000001976",
        "Pays, then the bank inquires",
        dispute="inquiry",
        token="pm_card_createDisputeInquiry",
    ),
    Card(
        "4000000000005423",
        "Pays, then the bank warns of fraud",
        fraud_warning=True,
        token="pm_card_createIssuerFraudRecord",
    ),
    Card(
        "4000000000000341",
        "Can be saved, but is declined",
        decline="generic_decline",
        attaches=True,
        token="pm_card_chargeCustomerFail",
    ),
    Card("5555555555554444", "Pays", brand="mastercard", token="pm_card_mastercard"),
    Card("4000056655665556", "Pays", funding="debit", token="pm_card_visa_debit"),
    Card("378282246310005", "Pays", brand="amex", token="pm_card_amex"),
    Card("4000000360000006", "Pays (Australia)", token="pm_card_au"),
)
BY_NUMBER = {card.number: card for card in CARDS}
BY_TOKEN = {card.token: card for card in CARDS}
OFFERED = tuple(card for card in CARDS if card.offered)

# error code, message: for declines that Stripe reports as something other than card_declined.
OWN_CODES = {
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}
MESSAGES = {"insufficient_funds": "Your card has insufficient funds."}


def decline_words(decline: str) -> tuple[str, str]:
    """Error code and message of a decline."""
    if decline in OWN_CODES:
        return decline, OWN_CODES[decline]
    return "card_declined", MESSAGES.get(decline, DECLINED)


def passes_checksum(number: str) -> bool:
    """The check digit that every card number carries."""
    if not number.isdigit() or not 12 <= len(number) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def card_for(number: str) -> Card:
    """Any other valid number is a real card, which test mode declines."""
    return BY_NUMBER.get(number) or Card(number, "Not a test card", decline="test_mode_live_card")
