"""One attempt to set a card up for later: by the API, by the hosted page, or after authentication."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import cards, payment_methods
from sandbox.stripe_api.call import AnswerThenRaise, Call
from sandbox.stripe_api.confirmation import AUTHENTICATION_FAILED, error_of


def attempt(
    call: Call, intent: dict[str, Any], *, return_url: str | None = None, authenticated: bool = False
) -> dict[str, Any]:
    """Set up, ask for authentication, or fail. A failure is stored and then raised (402, `card_error`)."""
    method = payment_methods.find(call, intent["payment_method"])
    # The ready-made name became a payment method of its own.
    intent["payment_method"] = method["id"]
    payment_methods.refuse_for(call, method, intent["customer"])
    card = payment_methods.card_of(call, method["id"])
    if card.authenticate and not authenticated:
        return _ask(call, intent, return_url)
    if card.decline and not card.attaches:
        code, words = cards.decline_words(card.decline)
        raise fail(call, intent, error_of(code, words, method) | {"decline_code": card.decline})
    return _succeed(call, intent, method)


def _ask(call: Call, intent: dict[str, Any], return_url: str | None) -> dict[str, Any]:
    url = f"{call.world.base_url}/pay/authenticate/{intent['id']}"
    intent |= {
        "status": "requires_action",
        "last_setup_error": None,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}},
    }
    call.save(intent)
    call.store.set_private(intent["id"], return_url=return_url)
    call.emit("setup_intent.requires_action", intent)
    return intent


def _succeed(call: Call, intent: dict[str, Any], method: dict[str, Any]) -> dict[str, Any]:
    if intent["customer"]:
        redisplay = "always" if call.store.private(intent["id"]).get("session") else "unspecified"
        payment_methods.attach_to(call, method, intent["customer"], redisplay)
    if intent["usage"] == "off_session":
        call.store.set_private(method["id"], set_up=True)
    intent |= {"status": "succeeded", "next_action": None, "last_setup_error": None}
    call.save(intent)
    call.emit("setup_intent.succeeded", intent)
    return intent


def fail_authentication(call: Call, intent: dict[str, Any]) -> AnswerThenRaise:
    """The person failed or refused the bank's question."""
    method = payment_methods.find(call, intent["payment_method"])
    error = error_of("setup_intent_authentication_failure", AUTHENTICATION_FAILED, method)
    return fail(call, intent, error | {"type": "invalid_request_error"})


def fail(call: Call, intent: dict[str, Any], error: dict[str, Any]) -> AnswerThenRaise:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": error,
    }
    call.save(intent)
    call.emit("setup_intent.setup_failed", intent)
    raised = AnswerThenRaise(error["message"], status=402)
    raised.body = error | {"setup_intent": intent}
    return raised
