"""What Stripe's words about disputes mean, for the staff: what the cardholder says, and what answers it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """`short` stands in a list; `claim` is what the cardholder told the bank; `answer` is what convinces it."""

    short: str
    claim: str
    answer: str


_SAID_NO_MORE = "The cardholder gave their bank no reason that fits any other."
_SHOW_IT_ALL = "Show what was bought, that the cardholder agreed to it, and that they have it."
REASONS = {
    "fraudulent": Reason(
        "Says it was not them",
        "The cardholder says that they did not make this payment.",
        "Show that it was them: the name, the email and internet address of the sale, the messages, and who "
        "collected the order.",
    ),
    "unrecognized": Reason(
        "Does not know the payment",
        "The cardholder does not recognise the payment on their statement.",
        "Show what was bought and under which name, with the receipt and the messages.",
    ),
    "product_not_received": Reason(
        "Says nothing was handed over",
        "The cardholder says that they never got what they paid for.",
        "Show that it was collected: when, and from whom at the counter.",
    ),
    "product_unacceptable": Reason(
        "Says it was not as described",
        "The cardholder says that what they got was spoiled, or not what was promised.",
        "Show what was promised (the quote, its pictures) and what was handed over.",
    ),
    "credit_not_processed": Reason(
        "Says a refund is missing",
        "The cardholder says that they were promised their money back and did not get it.",
        "Show the terms that they accepted, what was agreed, and every refund that was made.",
    ),
    "duplicate": Reason(
        "Says it was charged twice",
        "The cardholder says that they paid for the same thing twice.",
        "Show that the two payments bought two things, or that one went back.",
    ),
    "subscription_canceled": Reason(
        "Says it was cancelled",
        "The cardholder says that they had cancelled before they were charged.",
        "Show the terms that they accepted, and that nobody cancelled in time.",
    ),
    "general": Reason("No reason that fits", _SAID_NO_MORE, _SHOW_IT_ALL),
}
FRAUD_TYPES = {
    "card_never_received": "a card that never reached its owner",
    "fraudulent_card_application": "a card that somebody else applied for",
    "made_with_counterfeit_card": "a forged card",
    "made_with_lost_card": "a lost card",
    "made_with_stolen_card": "a stolen card",
    "misc": "a payment that its owner did not make",
    "unauthorized_use_of_card": "a card used without its owner",
}


def reason_words(code: str) -> Reason:
    """The words for one of Stripe's reasons. One that is not named here shows itself."""
    if code in REASONS:
        return REASONS[code]
    said = code.replace("_", " ")
    return Reason(said.capitalize(), f"The bank gives this reason: {said}.", _SHOW_IT_ALL)


def fraud_words(code: str) -> str:
    """What the issuer believes happened."""
    return FRAUD_TYPES.get(code, FRAUD_TYPES["misc"])
