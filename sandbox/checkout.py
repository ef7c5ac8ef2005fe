"""What happens when somebody presses Pay; used by the hosted page and by the control API."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from sandbox.stripe_api import cards, checkout_sessions, payment_methods, session_life
from sandbox.stripe_api.call import AnswerThenRaise, Call
from sandbox.stripe_api.confirmation import attempt, fail_authentication
from sandbox.stripe_api.params import EMAIL
from sandbox.world import World


class Refused(Exception):
    """The payment did not go through: the sentence for the person, and the field it is about."""

    def __init__(self, message: str, field: str = "card", code: str = "") -> None:
        super().__init__(message)
        self.message, self.field, self.code = message, field, code


@dataclass
class Form:
    """What the person typed. The expiry and the code matter only for a card typed by hand."""

    email: str = ""
    name: str = ""
    number: str = ""
    expiry: str = "12 / 34"
    code: str = "123"


@dataclass
class Outcome:
    """Where to go next: back to the shop, or to the bank's question."""

    state: str  # paid | authenticate
    url: str


def clean(form: Form, now: tuple[int, int]) -> tuple[cards.Card, tuple[int, int]]:
    """The card and its expiry. Refuses what no bank would need to be asked about."""
    if not EMAIL.match(form.email):
        raise Refused("Enter an email address, such as name@example.com.", "email", "email_invalid")
    number = re.sub(r"[\s-]", "", form.number)
    if not number:
        raise Refused("Enter a card number, or choose a test card.", "number", "incomplete_number")
    if not cards.passes_checksum(number):
        raise Refused("Your card number is invalid. Check the digits.", "number", "incorrect_number")
    found = re.fullmatch(r"\s*(\d{1,2})\s*/?\s*(?:20)?(\d{2})\s*", form.expiry)
    if not found or not 1 <= int(found.group(1)) <= 12:
        raise Refused("Enter the expiry as MM / YY.", "expiry", "invalid_expiry")
    month, year = int(found.group(1)), 2000 + int(found.group(2))
    if (year, month) < now:
        raise Refused("Your card's expiration date is in the past.", "expiry", "invalid_expiry_year_past")
    if not re.fullmatch(r"\d{3,4}", form.code.strip()):
        raise Refused("Enter the security code: 3 digits, or 4 for American Express.", "code", "invalid_cvc")
    return cards.card_for(number), (month, year)


def success_url(session: dict[str, Any]) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def pay(world: World, session_id: str, form: Form) -> Outcome:
    """Try to pay an open session. A decline is stored (charge, events) before it is refused here."""
    when = world.clock.time()
    card, expiry = clean(form, _month(when))
    with world.store.transaction():
        call = Call.inside(world)
        session = checkout_sessions.find(call, session_id)
        if session["status"] == "complete":
            return Outcome("paid", success_url(session))
        if session["status"] != "open" or session["expires_at"] <= when:
            raise Refused(
                "This checkout has expired. Go back to the shop and start again.", "session", "expired"
            )
        email = session["customer_email"] or form.email
        intent = session_life.intent_for(call, session, email, form.name or None)
        details = payment_methods.billing(email, form.name or None)
        method = payment_methods.build(call, card, details, expiry)
        intent |= {"payment_method": method["id"]}
        call.store.set_private(session_id, name=form.name or None, email=email)
        try:
            intent = attempt(call, intent, return_url=success_url(session))
        except AnswerThenRaise as declined:
            refused = Refused(str(declined), "card", declined.body.get("decline_code", ""))
        else:
            return _go_on(call, session, intent, email, form.name)
    raise refused


def _month(seconds: float) -> tuple[int, int]:
    today = time.gmtime(seconds)
    return today.tm_year, today.tm_mon


def _go_on(call: Call, session: dict[str, Any], intent: dict[str, Any], email: str, name: str) -> Outcome:
    if intent["status"] == "requires_action":
        return Outcome("authenticate", f"/pay/authenticate/{intent['id']}")
    session["customer_details"] = (session["customer_details"] or {}) | {"email": email}
    session_life.complete(call, session, intent, name or None)
    return Outcome("paid", success_url(session))


def answer_bank(world: World, intent_id: str, passed: bool) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """The person answered the bank's question. Returns session (if any) and intent as they are now."""
    with world.store.transaction():
        call = Call.inside(world)
        intent = call.get("payment_intent", intent_id, "intent")
        private = call.store.private(intent_id)
        session = call.store.get(private.get("session", ""), "checkout.session")
        if intent["status"] != "requires_action" or (session and session["status"] != "open"):
            return session, intent
        if not passed:
            fail_authentication(call, intent)
            return session, call.get("payment_intent", intent_id)
        try:
            intent = attempt(call, intent, authenticated=True)
        except AnswerThenRaise:
            return session, call.get("payment_intent", intent_id)
        if session:
            typed = call.store.private(session["id"])
            _go_on(call, session, intent, typed.get("email") or "", typed.get("name") or "")
            session = call.store.get(session["id"])
        return session, intent
