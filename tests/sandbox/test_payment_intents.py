"""Payment intents, charges, customers and payment methods through Stripe's SDK."""

from __future__ import annotations

from typing import Any

import pytest
import requests
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop


def intent(**changes: Any) -> dict[str, Any]:
    return {"amount": 4500, "currency": "aud"} | changes


def test_a_confirmed_intent_takes_the_money(api: Any, box: Sandbox, shop: Shop) -> None:
    made = api.payment_intents.create(intent(metadata={"order": "SA-1"}))
    assert made.status == "requires_payment_method"
    paid = api.payment_intents.confirm(
        made.id, {"payment_method": "pm_card_visa", "expand": ["latest_charge"]}
    )
    assert (paid.status, paid.amount_received) == ("succeeded", 4500)
    assert (paid.latest_charge.paid, paid.latest_charge.outcome.type) == (True, "authorized")
    box.settle()
    assert sorted(shop.types()) == ["charge.succeeded", "payment_intent.created", "payment_intent.succeeded"]


def test_the_fee_is_on_the_balance_transaction(api: Any) -> None:
    paid = api.payment_intents.create(
        intent(
            amount=10_000,
            payment_method="pm_card_visa",
            confirm=True,
            expand=["latest_charge.balance_transaction"],
        )
    )
    money = paid.latest_charge.balance_transaction
    assert (money.amount, money.fee, money.net, money.type) == (10_000, 200, 9_800, "charge")
    assert [each.amount for each in money.fee_details] == [200]
    assert api.balance_transactions.retrieve(money.id).source == paid.latest_charge.id


@pytest.mark.parametrize(
    ("token", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declined_card_is_a_card_error_with_the_intent_in_it(
    api: Any, token: str, code: str, decline: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.create(intent(payment_method=token, confirm=True))
    error = declined.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, code, decline)
    assert error.error.payment_intent.status == "requires_payment_method"
    stored = api.payment_intents.retrieve(error.error.payment_intent.id)
    assert stored.last_payment_error.code == code
    assert api.charges.retrieve(error.error.charge).status == "failed"


def test_authentication_is_asked_for_with_an_address_to_go_to(api: Any) -> None:
    asked = api.payment_intents.create(
        intent(
            payment_method="pm_card_authenticationRequired",
            confirm=True,
            return_url="http://127.0.0.1:1/back",
        )
    )
    assert (asked.status, asked.next_action.type) == ("requires_action", "redirect_to_url")
    url = asked.next_action.redirect_to_url.url
    answer = requests.post(url, data={"answer": "complete"}, allow_redirects=False, timeout=5)
    assert answer.headers["Location"] == "http://127.0.0.1:1/back"
    assert api.payment_intents.retrieve(asked.id).status == "succeeded"


def test_nobody_can_be_asked_off_session(api: Any) -> None:
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.create(
            intent(payment_method="pm_card_authenticationRequired", confirm=True, off_session=True)
        )
    assert declined.value.code == "authentication_required"


def test_an_intent_can_be_changed_and_cancelled_until_it_is_paid(api: Any, box: Sandbox, shop: Shop) -> None:
    made = api.payment_intents.create(intent())
    assert api.payment_intents.update(made.id, {"amount": 5000}).amount == 5000
    gone = api.payment_intents.cancel(made.id, {"cancellation_reason": "requested_by_customer"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "requested_by_customer")
    for verb in (api.payment_intents.cancel, api.payment_intents.confirm):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            verb(made.id)
        assert refused.value.code == "payment_intent_unexpected_state"
    box.settle()
    assert sorted(shop.types()) == ["payment_intent.canceled", "payment_intent.created"]


def test_an_intent_without_a_card_cannot_be_confirmed(api: Any) -> None:
    made = api.payment_intents.create(intent())
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        api.payment_intents.confirm(made.id)


def test_customers_are_kept_changed_found_and_deleted(api: Any, box: Sandbox, shop: Shop) -> None:
    laila = api.customers.create(
        {"email": "laila@saffron.test", "name": "Laila", "metadata": {"a": "1", "b": "2"}}
    )
    changed = api.customers.update(laila.id, {"name": "Laila Haddad", "metadata": {"a": "", "c": "3"}})
    assert (changed.name, changed.email) == ("Laila Haddad", "laila@saffron.test")
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    api.customers.create({"email": "omar@saffron.test"})
    assert [each.id for each in api.customers.list({"email": "laila@saffron.test"}).data] == [laila.id]
    assert api.customers.delete(laila.id).deleted is True
    assert api.customers.retrieve(laila.id).deleted is True
    assert len(api.customers.list().data) == 1
    box.settle()
    assert sorted(shop.types()) == [
        "customer.created",
        "customer.created",
        "customer.deleted",
        "customer.updated",
    ]


def test_a_card_is_attached_to_one_customer_and_can_be_detached(api: Any) -> None:
    first, second = (api.customers.create({"name": name}) for name in ("Laila", "Omar"))
    card = api.payment_methods.create(
        {
            "type": "card",
            "card": {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"},
        }
    )
    assert (card.card.brand, card.card.last4) == ("visa", "4242")
    assert api.payment_methods.attach(card.id, {"customer": first.id}).customer == first.id
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        api.payment_methods.attach(card.id, {"customer": second.id})
    found = api.payment_methods.list({"customer": first.id, "type": "card"}).data
    assert [each.id for each in found] == [card.id]
    assert api.payment_methods.detach(card.id).customer is None


def test_a_mistyped_card_number_is_refused(api: Any) -> None:
    with pytest.raises(stripe.CardError) as refused:
        api.payment_methods.create(
            {"type": "card", "card": {"number": "4242424242424241", "exp_month": 12, "exp_year": 2034}}
        )
    assert refused.value.code == "incorrect_number"
