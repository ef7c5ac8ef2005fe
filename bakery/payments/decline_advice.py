"""Why a card was not taken, for staff: what the bank said, and what to do about it.

What a bank says in confidence (lost, stolen, suspected fraud) stands here and never in a customer's words: whoever
holds a stolen card must not learn that it is known.
"""

from __future__ import annotations

_CONFIDENTIAL = (
    "Do not tell the customer: say that the bank did not accept the card, and take another way to pay."
)
_ASK = "The customer can use another card, or ask their bank."
_TYPED = "The customer can try again and type it carefully."
_LATER = "Nothing is wrong with the card as far as we know: trying again in a few minutes may work."

_MEANS = {
    "insufficient_funds": f"Not enough money on the card. {_ASK}",
    "card_velocity_exceeded": f"The card is over its limit of payments or amount. {_ASK}",
    "withdrawal_count_limit_exceeded": f"The card is over its limit of payments. {_ASK}",
    "expired_card": f"The card has expired. {_ASK}",
    "incorrect_cvc": f"Wrong security code. {_TYPED}",
    "invalid_cvc": f"Wrong security code. {_TYPED}",
    "incorrect_number": f"Wrong card number. {_TYPED}",
    "invalid_number": f"Wrong card number. {_TYPED}",
    "invalid_expiry_month": f"Wrong expiry date. {_TYPED}",
    "invalid_expiry_year": f"Wrong expiry date. {_TYPED}",
    "incorrect_zip": f"The postcode does not match the card. {_TYPED}",
    "card_not_supported": f"The card cannot be used for this kind of purchase. {_ASK}",
    "currency_not_supported": f"The card cannot pay in our currency. {_ASK}",
    "processing_error": f"The bank's systems failed. {_LATER}",
    "issuer_not_available": f"The bank could not be reached. {_LATER}",
    "try_again_later": f"The bank could not decide. {_LATER}",
    "authentication_required": "The bank wanted to check that it is the owner, and that was not done. They can pay "
    "on the order's page, where the bank asks them.",
    "payment_intent_authentication_failure": "The bank asked whether it is the owner, and the answer was no, wrong, "
    "or none. They can try again, or use another card.",
    "generic_decline": f"The bank gave no reason. {_ASK}",
    "do_not_honor": f"The bank gave no reason. {_ASK}",
    "call_issuer": f"The bank wants to be rung by the card's owner. {_ASK}",
    "transaction_not_allowed": f"The bank does not allow this payment. {_ASK}",
    "lost_card": f"The card is reported lost. {_CONFIDENTIAL}",
    "stolen_card": f"The card is reported stolen. {_CONFIDENTIAL}",
    "pickup_card": f"The bank wants the card taken in; it may be lost or stolen. {_CONFIDENTIAL}",
    "restricted_card": f"The card is blocked; it may be lost or stolen. {_CONFIDENTIAL}",
    "fraudulent": f"Stripe or the bank suspects fraud. {_CONFIDENTIAL}",
    "merchant_blacklist": f"The card is on our own list of blocked ones in Stripe. {_CONFIDENTIAL}",
    "highest_risk_level": f"Stripe's fraud check blocked it. {_CONFIDENTIAL}",
    "resource_missing": "The saved card is not at Stripe any more. The customer can use another card.",
    "test_mode_live_card": "A real card on a test account. Check the shop's Stripe keys.",
    "testmode_decline": "A test card on a real account.",
}
_OTHERWISE = f"The bank did not accept the card. {_ASK}"


def staff_words(code: str, decline_code: str = "") -> str:
    """What it means and what to do, for Stripe's error code and decline code."""
    return _MEANS.get(decline_code) or _MEANS.get(code) or _OTHERWISE
