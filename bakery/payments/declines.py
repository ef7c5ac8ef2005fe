"""Why a card was not taken, in words that help the person who holds it."""

from __future__ import annotations

# Reasons a bank gives in confidence (stolen, fraudulent, on a list) are not passed on.
_WORDS = {
    "insufficient_funds": "The card did not have enough money on it.",
    "expired_card": "The card has expired.",
    "incorrect_cvc": "The security code of the card was not right.",
    "invalid_cvc": "The security code of the card was not right.",
    "incorrect_number": "The card number was not right.",
    "invalid_number": "The card number was not right.",
    "invalid_expiry_month": "The expiry date of the card was not right.",
    "invalid_expiry_year": "The expiry date of the card was not right.",
    "incorrect_zip": "The postcode did not match the card.",
    "card_velocity_exceeded": "The card has reached its limit.",
    "withdrawal_count_limit_exceeded": "The card has reached its limit.",
    "card_not_supported": "The card cannot be used for this kind of purchase.",
    "currency_not_supported": "The card cannot be charged in our currency.",
    "processing_error": "The bank had a hiccup. Trying again may help.",
    "issuer_not_available": "The bank did not answer. Trying again may help.",
    "try_again_later": "The bank did not answer. Trying again may help.",
    "authentication_required": "The bank wanted to check that it was you, and that was not completed.",
    "payment_intent_authentication_failure": (
        "The bank wanted to check that it was you, and that was not completed."
    ),
    "resource_missing": "This saved card cannot be used any more.",
}
_OTHERWISE = "The bank did not accept the card."
DELAYED = "The bank did not send the money in the end."


def plain_words(code: str, decline_code: str = "") -> str:
    """One sentence for Stripe's error code and decline code."""
    return _WORDS.get(decline_code) or _WORDS.get(code) or _OTHERWISE
