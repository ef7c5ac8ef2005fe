"""One attempt to pay a payment intent: by the API, by the hosted page, or after authentication."""

from __future__ import annotations

from typing import Any

from sandbox.ids import letters
from sandbox.stripe_api import cards, charges, disputes, payment_methods
from sandbox.stripe_api.call import AnswerThenRaise, Call
from sandbox.stripe_api.errors import DOC

AUTHENTICATION_FAILED = (
    "We are unable to authenticate your payment method. "
    "Please choose a different payment method and try again."
)


def attempt(
    call: Call,
    intent: dict[str, Any],
    *,
    off_session: bool = False,
    return_url: str | None = None,
    authenticated: bool = False,
) -> dict[str, Any]:
    """Pay, ask for authentication, or fail. A failure is stored and then raised (402, `card_error`)."""
    method = payment_methods.find(call, intent["payment_method"])
    payment_methods.refuse_for(call, method, intent["customer"])
    card = payment_methods.card_of(call, method["id"])
    if _must_authenticate(call, card, method, off_session) and not authenticated:
        if off_session:
            raise fail(call, intent, method, "authentication_required")
        return _ask(call, intent, return_url)
    if card.decline:
        raise fail(call, intent, method, card.decline)
    return _succeed(call, intent, method, card, authenticated)


def _must_authenticate(call: Call, card: cards.Card, method: dict[str, Any], off_session: bool) -> bool:
    if card.authenticate == "always":
        return True
    was_set_up = call.store.private(method["id"]).get("set_up", False)
    return card.authenticate == "unless_set_up" and not (was_set_up and off_session)


def _ask(call: Call, intent: dict[str, Any], return_url: str | None) -> dict[str, Any]:
    url = f"{call.world.base_url}/pay/authenticate/{intent['id']}"
    intent |= {
        "status": "requires_action",
        "last_payment_error": None,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}},
    }
    call.save(intent)
    call.store.set_private(intent["id"], return_url=return_url)
    call.emit("payment_intent.requires_action", intent)
    return intent


def _succeed(
    call: Call, intent: dict[str, Any], method: dict[str, Any], card: cards.Card, authenticated: bool
) -> dict[str, Any]:
    _keep_card(call, intent, method)
    charge = charges.build(call, intent, method, "", authenticated)
    intent |= {
        "status": "succeeded",
        "amount_received": intent["amount"],
        "latest_charge": charge["id"],
        "next_action": None,
        "last_payment_error": None,
    }
    call.save(intent)
    call.emit("payment_intent.succeeded", intent)
    disputes.schedule(call, card, charge)
    return intent


def _keep_card(call: Call, intent: dict[str, Any], method: dict[str, Any]) -> None:
    """Asked to be kept, by the shop or by the person, and somebody's: kept. Else it was used once for all."""
    usage, ticked = intent["setup_future_usage"], call.store.private(intent["id"]).get("save")
    customer = call.store.get(intent["customer"] or "", "customer")
    if (usage or ticked) and customer:
        payment_methods.attach_to(call, method, customer["id"], "always" if ticked else "limited")
    if usage == "off_session":
        call.store.set_private(method["id"], set_up=True)
    if not method["customer"]:
        call.store.set_private(method["id"], spent=True)


def fail(call: Call, intent: dict[str, Any], method: dict[str, Any], decline: str) -> AnswerThenRaise:
    """Store the failed charge and the intent's error; returns the error to raise or to show."""
    code, words = cards.decline_words(decline)
    if decline == "authentication_required":
        code, words = decline, "Your card was declined. This transaction requires authentication."
    charge = charges.build(call, intent, method, decline, False)
    error = error_of(code, words, method) | {"charge": charge["id"], "decline_code": decline}
    return _keep_error(call, intent | {"latest_charge": charge["id"]}, error)


def fail_authentication(call: Call, intent: dict[str, Any]) -> AnswerThenRaise:
    """The person failed or refused the bank's question: no charge was tried."""
    method = payment_methods.find(call, intent["payment_method"])
    error = error_of("payment_intent_authentication_failure", AUTHENTICATION_FAILED, method)
    return _keep_error(call, intent, error | {"type": "invalid_request_error"})


def error_of(code: str, words: str, method: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "card_error",
        "code": code,
        "doc_url": DOC + code.replace("_", "-"),
        "message": words,
        "payment_method": method,
    }


def _keep_error(call: Call, intent: dict[str, Any], error: dict[str, Any]) -> AnswerThenRaise:
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_payment_error": error,
    }
    call.save(intent)
    call.emit("payment_intent.payment_failed", intent)
    raised = AnswerThenRaise(error["message"], status=402)
    shown = {key: value for key, value in error.items() if key not in ("charge",)}
    raised.body = {
        **shown,
        "charge": error.get("charge"),
        "payment_intent": intent,
        "request_log_url": f"{call.world.base_url}/stripe?request={letters(6)}",
    }
    if raised.body["charge"] is None:
        del raised.body["charge"]
    return raised
