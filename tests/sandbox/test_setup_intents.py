"""A card is set up for later: by the API, or on the hosted page in setup mode."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, order
from tests.sandbox.test_saved_cards import card, charge, saved

ASKS = "4000002500003155"


def setup_session(**changes: Any) -> dict[str, Any]:
    kept = {"mode": "setup", "success_url": "http://127.0.0.1:1/account", "currency": "aud"}
    return kept | changes


def answer(url: str, words: str) -> requests.Response:
    return requests.post(url, data={"answer": words}, allow_redirects=False, timeout=5)


def test_a_card_is_set_up_and_belongs_to_the_customer(api: Any, laila: Any, box: Sandbox, shop: Shop) -> None:
    made = api.setup_intents.create({"customer": laila.id, "usage": "off_session", "metadata": {"a": "b"}})
    assert (made.status, made.usage, made.metadata["a"]) == ("requires_payment_method", "off_session", "b")
    done = api.setup_intents.confirm(made.id, {"payment_method": "pm_card_visa"})
    assert done.status == "succeeded"
    assert saved(api, laila.id) == [done.payment_method]
    assert charge(api, laila.id, done.payment_method).status == "succeeded"
    assert [each.id for each in api.setup_intents.list({"customer": laila.id}).data] == [made.id]
    box.settle()
    assert {each.event.type for each in shop.received} >= {
        "payment_method.attached",
        "setup_intent.succeeded",
    }
    about = [each["type"] for each in box.events()]
    assert about[1:4] == ["setup_intent.created", "payment_method.attached", "setup_intent.succeeded"]


def test_a_card_that_asks_passes_later_without_its_owner(api: Any, laila: Any) -> None:
    asked = api.setup_intents.create(
        {
            "customer": laila.id,
            "payment_method": card(api, ASKS),
            "confirm": True,
            "return_url": "http://127.0.0.1:1/back",
        }
    )
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    back = answer(asked.next_action.redirect_to_url.url, "complete")
    assert back.headers["Location"] == "http://127.0.0.1:1/back"
    done = api.setup_intents.retrieve(asked.id)
    assert (done.status, done.next_action) == ("succeeded", None)
    assert charge(api, laila.id, done.payment_method).status == "succeeded"


def test_a_failed_authentication_saves_nothing(api: Any, laila: Any, box: Sandbox, shop: Shop) -> None:
    asked = api.setup_intents.create(
        {"customer": laila.id, "payment_method": card(api, ASKS), "confirm": True}
    )
    answer(asked.next_action.redirect_to_url.url, "fail")
    failed = api.setup_intents.retrieve(asked.id)
    assert (failed.status, failed.last_setup_error.code) == (
        "requires_payment_method", "setup_intent_authentication_failure",
    )  # fmt: skip
    assert saved(api, laila.id) == []
    box.settle()
    assert {"setup_intent.requires_action", "setup_intent.setup_failed"} <= set(shop.types())


def test_a_declined_card_is_not_set_up_but_the_one_that_fails_later_is(api: Any, laila: Any) -> None:
    with pytest.raises(stripe.CardError) as declined:
        api.setup_intents.create(
            {"customer": laila.id, "payment_method": "pm_card_chargeDeclined", "confirm": True}
        )
    error = declined.value.error
    assert (error.code, error.setup_intent.status) == ("card_declined", "requires_payment_method")
    assert (
        api.setup_intents.retrieve(error.setup_intent.id).last_setup_error.decline_code == "generic_decline"
    )
    later = api.setup_intents.confirm(error.setup_intent.id, {"payment_method": "pm_card_chargeCustomerFail"})
    assert later.status == "succeeded"
    with pytest.raises(stripe.CardError):
        charge(api, laila.id, later.payment_method)


def test_a_setup_is_cancelled_once_and_only_while_it_is_open(api: Any, laila: Any) -> None:
    made = api.setup_intents.create({"customer": laila.id, "description": "For the balance"})
    assert api.setup_intents.update(made.id, {"metadata": {"order": "SA-1"}}).metadata["order"] == "SA-1"
    assert api.setup_intents.cancel(made.id, {"cancellation_reason": "abandoned"}).status == "canceled"
    for verb in (api.setup_intents.cancel, api.setup_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb(made.id)
        assert refused.value.code == "setup_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        api.setup_intents.create({"confirm": True})
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        api.setup_intents.create({"usage": "sometimes"})
    with pytest.raises(stripe.InvalidRequestError, match="unknown parameter"):
        api.setup_intents.create({"colour": "blue"})


def test_a_person_saves_a_card_on_the_hosted_page(api: Any, laila: Any, box: Sandbox, shop: Shop) -> None:
    session = api.checkout.sessions.create(
        setup_session(customer=laila.id, setup_intent_data={"metadata": {"customer": "7"}})
    )
    assert (session.mode, session.payment_status, session.amount_total) == (
        "setup",
        "no_payment_required",
        None,
    )
    assert api.setup_intents.retrieve(session.setup_intent).metadata["customer"] == "7"
    page = requests.get(session.url, timeout=5).text
    assert "Nothing is taken now." in page and "Save card</button>" in page
    with pytest.raises(ControlError, match="declined"):
        box.pay(session.id, card="4000000000000002")
    box.pay(session.id, card=ASKS, authenticate=True)
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert (done.status, done.payment_intent, done.setup_intent.status) == ("complete", None, "succeeded")
    assert saved(api, laila.id) == [done.setup_intent.payment_method]
    assert charge(api, laila.id, done.setup_intent.payment_method).status == "succeeded"
    assert "Your card is saved" in requests.get(f"{box.url}/pay/{session.id}", timeout=5).text
    box.settle()
    assert "checkout.session.completed" in shop.types()
    assert box.objects("charge", customer=laila.id)[0]["amount"] == 4500


def test_a_setup_session_makes_a_customer_when_told_to_and_ends_by_the_clock(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(setup_session(customer_creation="always"))
    box.pay(session.id, email="omar@saffron.test")
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert (done.customer.email, len(saved(api, done.customer.id))) == ("omar@saffron.test", 1)
    late = api.checkout.sessions.create(setup_session())
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        api.setup_intents.cancel(late.setup_intent)
    box.advance(25 * 60 * 60)
    assert api.checkout.sessions.retrieve(late.id).status == "expired"
    assert api.setup_intents.retrieve(late.setup_intent).status == "canceled"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": order()["line_items"]}, "line_items"),
        ({"payment_intent_data": {"description": "x"}}, "payment_intent_data"),
        ({"currency": ""}, "currency"),
        (
            {"saved_payment_method_options": {"payment_method_save": "enabled"}},
            "saved_payment_method_options[payment_method_save]",
        ),
    ],
)
def test_what_does_not_belong_to_a_setup_is_refused(
    api: Any, box: Sandbox, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(setup_session(**changes))
    assert refused.value.param == param
    assert box.objects() == box.objects("setup_intent") == []
