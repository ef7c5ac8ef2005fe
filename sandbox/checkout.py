"""What happens when somebody presses Pay; used by the hosted page and by the control API."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any

from sandbox.stripe_api import (
    cards,
    checkout_sessions,
    confirmation,
    payment_links,
    payment_methods,
    session_life,
    setup_confirmation,
)
from sandbox.stripe_api.call import AnswerThenRaise, Call
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
    saved: str = ""  # a payment method that was saved before, instead of a number
    save: bool = False  # keep this card for the next time


@dataclass
class Outcome:
    """Where to go next: back to the shop, or to the bank's question."""

    state: str  # paid | authenticate
    url: str


def clean(form: Form, now: tuple[int, int]) -> tuple[cards.Card, tuple[int, int]]:
    """The card and its expiry. Refuses what no bank would need to be asked about."""
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
    """The way back to the shop; a payment link may have none, then the page that says it is paid."""
    if not session["success_url"]:
        return f"/pay/{session['id']}"
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def saved_cards(call: Call, session: dict[str, Any]) -> list[dict[str, Any]]:
    """The customer's cards that the page offers, newest first."""
    options = session["saved_payment_method_options"]
    if not options or not session["customer"] or session["mode"] == "setup":
        return []
    shown = options["allow_redisplay_filters"]
    found = call.store.find("payment_method", customer=session["customer"])
    return [each for each in found if each["allow_redisplay"] in shown]


def _method(call: Call, session: dict[str, Any], form: Form, typed: dict[str, Any]) -> dict[str, Any]:
    if form.saved:
        for each in saved_cards(call, session):
            if each["id"] == form.saved:
                return each
        raise Refused("This card is not saved any more. Choose another.", "card", "resource_missing")
    card, expiry = clean(form, _month(call.world.clock.time()))
    return payment_methods.build(call, card, payment_methods.billing(typed["email"], typed["name"]), expiry)


def pay(world: World, session_id: str, form: Form) -> Outcome:
    """Try to pay an open session, or to save a card. A decline is stored before it is refused here."""
    with world.store.transaction():
        call = Call.inside(world)
        session = checkout_sessions.find(call, session_id)
        if session["status"] == "complete":
            return Outcome("paid", success_url(session))
        email = session["customer_email"] or form.email
        if not EMAIL.match(email):
            raise Refused("Enter an email address, such as name@example.com.", "email", "email_invalid")
        typed = {"email": email, "name": form.name or None, "save": form.save and not form.saved}
        if session["status"] != "open" or session["expires_at"] <= world.clock.time():
            raise Refused(
                "This checkout has expired. Go back to the shop and start again.", "session", "expired"
            )
        method = _method(call, session, form, typed)
        intent = session_life.intent_for(call, session, typed) | {"payment_method": method["id"]}
        call.store.set_private(session_id, name=form.name or None, email=email)
        attempt = setup_confirmation.attempt if session["mode"] == "setup" else confirmation.attempt
        try:
            intent = attempt(call, intent, return_url=success_url(session))
        except AnswerThenRaise as declined:
            refused = Refused(str(declined), "card", declined.body.get("decline_code", ""))
        else:
            return _go_on(call, session, intent, typed)
    raise refused


def _month(seconds: float) -> tuple[int, int]:
    today = time.gmtime(seconds)
    return today.tm_year, today.tm_mon


def _go_on(call: Call, session: dict[str, Any], intent: dict[str, Any], typed: dict[str, Any]) -> Outcome:
    if intent["status"] == "requires_action":
        return Outcome("authenticate", f"/pay/authenticate/{intent['id']}")
    payment_links.count(call, session_life.complete(call, session, intent, typed))
    return Outcome("paid", success_url(session))


def find_intent(call: Call, key: str) -> dict[str, Any] | None:
    """A payment intent or a setup intent."""
    return call.store.get(key, "payment_intent") or call.store.get(key, "setup_intent")


def answer_bank(
    world: World, intent_id: str, passed: bool
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The person answered the bank's question. Returns session (if any) and intent as they are now."""
    with world.store.transaction():
        call = Call.inside(world)
        intent = find_intent(call, intent_id)
        if intent is None:
            return None, None
        session = call.store.get(call.store.private(intent_id).get("session", ""), "checkout.session")
        if intent["status"] == "requires_action" and not (session and session["status"] != "open"):
            _answer(call, intent, session, passed)
            session = call.store.get(session["id"]) if session else None
        return session, call.store.get(intent_id)


def _answer(call: Call, intent: dict[str, Any], session: dict[str, Any] | None, passed: bool) -> None:
    how = setup_confirmation if intent["object"] == "setup_intent" else confirmation
    if not passed:
        how.fail_authentication(call, intent)
        return
    try:
        intent = how.attempt(call, intent, authenticated=True)
    except AnswerThenRaise:
        return
    if session:
        _go_on(call, session, intent, call.store.private(session["id"]))


def remove_saved(world: World, session_id: str, method_id: str) -> None:
    """The person removes a saved card, where the session lets them."""
    with world.store.transaction():
        call = Call.inside(world)
        session = checkout_sessions.find(call, session_id)
        options = session["saved_payment_method_options"] or {}
        if session["status"] == "open" and options.get("payment_method_remove") == "enabled":
            for each in saved_cards(call, session):
                if each["id"] == method_id:
                    payment_methods.detach_from(call, each)
                    call.emit("payment_method.detached", each)
