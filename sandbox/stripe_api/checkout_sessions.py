"""Checkout Sessions: made by the shop, paid on the hosted page, expired by the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.stripe_api import customers, line_items, payment_intents, session_life, setup_intents
from sandbox.stripe_api.call import Call
from sandbox.stripe_api.errors import StripeError, invalid, missing_parameter
from sandbox.stripe_api.lists import page, whole
from sandbox.stripe_api.params import Params
from sandbox.stripe_api.session_shape import (
    IGNORED,
    details,
    refuse_what_is_not_built,
    saved_card_options,
    shown_only,
    template,
)

DAY = 24 * 60 * 60


def _expiry(call: Call, params: Params) -> int:
    """Stripe's limits: half an hour to a day from now (the lower one is a setting, for tests)."""
    given = params.integer("expires_at", most=2**40)
    if given is None:
        return call.now() + DAY
    settings = call.world.settings
    if given < call.now() + settings.session_min_seconds - 5:  # the way here takes a moment
        minutes = settings.session_min_seconds // 60
        raise invalid(
            f"The `expires_at` timestamp must be at least {minutes} minutes from Checkout Session creation.",
            "expires_at",
        )
    if given > call.now() + settings.session_max_seconds + 5:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            "expires_at",
        )
    return given


def _buyer(call: Call, params: Params) -> dict[str, Any]:
    key, email = params.text("customer"), params.email("customer_email")
    if key and email:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.")
    creation = params.text("customer_creation", choices=("always", "if_required"))
    if not key:
        return {
            "customer_email": email,
            "customer_details": details(email),
            "customer_creation": creation or "if_required",
        }
    if creation:
        raise StripeError(
            "`customer_creation` cannot be used together with `customer`.", param="customer_creation"
        )
    customer = customers.find(call, key, "customer")
    known = details(customer["email"], customer["name"], customer["phone"])
    return {"customer": key, "customer_details": known, "customer_creation": None}


def create(call: Call) -> dict[str, Any]:
    params = call.params
    refuse_what_is_not_built(params)
    setup = params.text("mode") == "setup"
    fields = (
        _buyer(call, params)
        | shown_only(params)
        | {
            "mode": params.text("mode"),
            "success_url": params.url("success_url", required=True),
            "cancel_url": params.url("cancel_url"),
            "client_reference_id": params.text("client_reference_id", longest=200),
            "metadata": params.metadata(),
            "expires_at": _expiry(call, params),
        }
    )
    fields["saved_payment_method_options"] = saved_card_options(params, fields.get("customer"))
    types = params.texts("payment_method_types")
    if types and "card" not in types:
        raise invalid("The sandbox takes cards only.", "payment_method_types")
    params.text("payment_method_collection", choices=("always", "if_required"))
    params.anything(*IGNORED)
    finish = _for_setup(call, bool(types)) if setup else _for_payment(call)
    params.done()
    session = template(call) | fields
    private = finish(session)
    return open_session(call, session, **private)


def open_session(call: Call, session: dict[str, Any], **private: Any) -> dict[str, Any]:
    """From here on it can be paid, until it expires."""
    session["url"] = f"{call.world.base_url}/pay/{session['id']}"
    call.add(session, **private)
    call.world.scheduler.at(session["expires_at"], "session_expiry", session["id"])
    return session


# What a mode adds to a new session: returns what is kept beside it. Runs once all has been checked.
Finish = Callable[[dict[str, Any]], dict[str, Any]]


def _for_payment(call: Call) -> Finish:
    params = call.params
    data = params.branch("payment_intent_data")
    inner = payment_intents.common_fields(data, {}) if data else {"metadata": {}}
    if params.has("setup_intent_data"):
        raise invalid("`setup_intent_data` is for setup mode.", "setup_intent_data")
    make_lines = line_items.read(call, params)

    def finish(session: dict[str, Any]) -> dict[str, Any]:
        price(session, lines := make_lines())
        return {"line_items": lines, "payment_intent_data": inner}

    return finish


def price(session: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    total = sum(line["amount_total"] for line in lines)
    session |= {"amount_subtotal": total, "amount_total": total, "currency": lines[0]["currency"]}


def _for_setup(call: Call, types_given: bool) -> Finish:
    """Refuses what only a payment has, and neither a currency nor a type of payment method."""
    params = call.params
    for name in ("line_items", "payment_intent_data"):
        if params.has(name):
            raise invalid(f"You can not pass `{name}` in `setup` mode.", name)
    if not types_given and not params.text("currency"):
        raise missing_parameter("currency")
    data = params.branch("setup_intent_data")
    inner = setup_intents.common_fields(data, {}) if data else {}

    def finish(session: dict[str, Any]) -> dict[str, Any]:
        intent = setup_intents.build(call, **inner | {"customer": session["customer"]})
        call.store.set_private(intent["id"], session=session["id"])
        session |= {
            "amount_subtotal": None,
            "amount_total": None,
            "payment_status": "no_payment_required",
            "setup_intent": intent["id"],
            "total_details": None,
        }
        return {}

    return finish


def find(call: Call, key: str) -> dict[str, Any]:
    return call.get("checkout.session", key, "session", names="checkout.session")


def retrieve(call: Call, key: str) -> dict[str, Any]:
    call.params.done()
    return find(call, key)


def update(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    session["metadata"] = call.params.metadata(session["metadata"])
    call.params.done()
    return call.save(session)


def listed(call: Call) -> dict[str, Any]:
    params = call.params
    filters: dict[str, Any] = {
        name: params.text(name) for name in ("customer", "payment_intent", "payment_link")
    }
    filters["status"] = params.text("status", choices=("open", "complete", "expired"))
    details = params.branch("customer_details")
    if details:
        filters["customer_details.email"] = details.email("email")
    return page(call.store, "checkout.session", "/v1/checkout/sessions", params, filters)


def listed_line_items(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    return whole(
        f"/v1/checkout/sessions/{key}/line_items", line_items.stored(call.store, session), call.params
    )


def expire(call: Call, key: str) -> dict[str, Any]:
    session = find(call, key)
    call.params.done()
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}.",
            param="session",
        )
    return session_life.close_expired(call, session)


ROUTES = [
    ("POST", "checkout/sessions", create),
    ("GET", "checkout/sessions", listed),
    ("GET", "checkout/sessions/<key>", retrieve),
    ("POST", "checkout/sessions/<key>", update),
    ("POST", "checkout/sessions/<key>/expire", expire),
    ("GET", "checkout/sessions/<key>/line_items", listed_line_items),
]
HIDDEN = {("checkout.session", "line_items"): line_items.embedded}
