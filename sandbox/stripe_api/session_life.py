"""What becomes of a Checkout Session: an attempt to pay, paid, or expired."""

from __future__ import annotations

from typing import Any

from sandbox.stripe_api import customers, payment_intents
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.session_shape import details


def close_expired(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """By the API or by the clock: no payment is possible afterwards."""
    session |= {"status": "expired", "url": None}
    intent = call.store.get(session["payment_intent"]) if session["payment_intent"] else None
    if intent and intent["status"] in payment_intents.OPEN:
        payment_intents.cancel_intent(call, intent, "automatic")
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.expired", session)
    return session


def expire_on_time(call: Call, key: str) -> None:
    session = call.store.get(key, "checkout.session")
    if session and session["status"] == "open":
        close_expired(call, session)


def customer_for(call: Call, session: dict[str, Any], email: str, name: str | None) -> str | None:
    """The session's customer; made now if the session asked for one, or if the card is to be kept."""
    inner = call.store.private(session["id"]).get("payment_intent_data", {})
    wanted = session["customer_creation"] == "always" or inner.get("setup_future_usage")
    if session["customer"] or not wanted:
        return session["customer"]  # type: ignore[no-any-return]
    return str(customers.build(call, email=email, name=name)["id"])


def complete(call: Call, session: dict[str, Any], intent: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The payment went through: close the session and tell the shop."""
    email = session["customer_email"] or (session["customer_details"] or {}).get("email")
    session |= {
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": intent["id"],
        "customer": intent["customer"],
        "customer_details": details(email, name),
        "url": None,
    }
    call.save(session)
    call.world.scheduler.forget("session_expiry", session["id"])
    call.emit("checkout.session.completed", session)
    return session


def intent_for(call: Call, session: dict[str, Any], email: str, name: str | None) -> dict[str, Any]:
    """The session's payment intent; it exists from the first attempt to pay."""
    if session["payment_intent"]:
        return payment_intents.find(call, session["payment_intent"])
    inner = call.store.private(session["id"]).get("payment_intent_data", {})
    fields = inner | {"customer": customer_for(call, session, email, name)}
    intent = payment_intents.build(call, session["amount_total"], session["currency"], **fields)
    call.store.set_private(intent["id"], session=session["id"])
    session["payment_intent"] = intent["id"]
    call.save(session)
    return intent
