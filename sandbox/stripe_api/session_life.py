"""What becomes of a Checkout Session: an attempt to pay or to save a card, completed, or expired."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import customers, payment_intents, setup_intents
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.session_shape import details


def close_expired(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """By the API or by the clock: no payment is possible afterwards."""
    session |= {"status": "expired", "url": None}
    intent = call.store.get(session["payment_intent"] or session["setup_intent"] or "")
    if intent and intent["object"] == "payment_intent" and intent["status"] in payment_intents.OPEN:
        payment_intents.cancel_intent(call, intent, "automatic")
    if intent and intent["object"] == "setup_intent" and intent["status"] in setup_intents.OPEN:
        setup_intents.cancel_intent(call, intent, "abandoned")
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.expired", session)
    return session


def expire_on_time(call: Call, key: str) -> None:
    session = call.store.get(key, "checkout.session")
    if session and session["status"] == "open":
        close_expired(call, session)


def _customer(call: Call, session: dict[str, Any], typed: dict[str, Any]) -> str | None:
    """The session's customer; made now if the session asked for one, or if the card is to be kept."""
    inner = call.store.private(session["id"]).get("payment_intent_data", {})
    wanted = session["customer_creation"] == "always" or inner.get("setup_future_usage") or typed.get("save")
    if session["customer"] or not wanted:
        return session["customer"]  # type: ignore[no-any-return]
    return str(customers.build(call, email=typed["email"], name=typed["name"])["id"])


def complete(
    call: Call, session: dict[str, Any], intent: dict[str, Any], typed: dict[str, Any]
) -> dict[str, Any]:
    """The payment went through, or the card is saved: close the session and tell the shop."""
    session |= {
        "status": "complete",
        "customer": intent["customer"],
        "customer_details": details(typed.get("email"), typed.get("name")),
        "url": None,
    }
    if session["mode"] == "payment":
        session |= {"payment_status": "paid", "payment_intent": intent["id"]}
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.completed", session)
    return session


def intent_for(call: Call, session: dict[str, Any], typed: dict[str, Any]) -> dict[str, Any]:
    """The session's intent: one to pay exists from the first attempt, one to set up from the beginning.
    `typed` is what the person entered: email, name, and whether to save the card."""
    if session["mode"] == "setup":
        intent = setup_intents.find(call, session["setup_intent"])
    elif session["payment_intent"]:
        intent = payment_intents.find(call, session["payment_intent"])
    else:
        inner = call.store.private(session["id"]).get("payment_intent_data", {})
        fields = inner | {"customer": _customer(call, session, typed)}
        intent = payment_intents.build(call, session["amount_total"], session["currency"], **fields)
        call.store.set_private(intent["id"], session=session["id"])
        session["payment_intent"] = intent["id"]
        call.save(session)
    if intent["customer"] is None:
        intent["customer"] = _customer(call, session, typed)
    call.store.set_private(intent["id"], save=bool(typed.get("save")))
    return intent
