"""Cards that are kept: attached, charged while nobody is there, detached for good, gone with their customer."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, pay_with


def card(api: Any, number: str = "4242424242424242") -> str:
    details = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return str(api.payment_methods.create({"type": "card", "card": details}).id)


def charge(api: Any, customer: str | None, method: str, **more: Any) -> Any:
    asked = {"payment_method": method, "confirm": True, "off_session": True} | more
    return api.payment_intents.create(
        {"amount": 4500, "currency": "aud"} | ({"customer": customer} if customer else {}) | asked
    )


def saved(api: Any, customer: str) -> list[str]:
    return [each.id for each in api.customers.payment_methods.list(customer).data]


def test_a_kept_card_is_charged_again_and_again(api: Any, laila: Any) -> None:
    method = card(api)
    api.payment_methods.attach(method, {"customer": laila.id})
    assert [charge(api, laila.id, method).status for _ in range(2)] == ["succeeded"] * 2


def test_the_default_card_is_one_of_the_customers_own(api: Any, laila: Any) -> None:
    method, foreign = card(api), card(api)
    api.payment_methods.attach(method, {"customer": laila.id})
    chosen = api.customers.update(laila.id, {"invoice_settings": {"default_payment_method": method}})
    assert chosen.invoice_settings.default_payment_method == method
    shown = api.customers.retrieve(laila.id, {"expand": ["invoice_settings.default_payment_method"]})
    assert shown.invoice_settings.default_payment_method.card.last4 == "4242"
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method") as refused:
        api.customers.update(laila.id, {"invoice_settings": {"default_payment_method": foreign}})
    assert refused.value.param == "invoice_settings[default_payment_method]"
    api.payment_methods.detach(method)
    assert api.customers.retrieve(laila.id).invoice_settings.default_payment_method is None


def test_a_detached_card_never_comes_back(api: Any, laila: Any, box: Sandbox, shop: Shop) -> None:
    method = card(api)
    api.payment_methods.attach(method, {"customer": laila.id})
    assert api.payment_methods.detach(method).customer is None
    for use in (
        lambda: charge(api, laila.id, method),
        lambda: charge(api, None, method),
        lambda: api.payment_methods.attach(method, {"customer": laila.id}),
        lambda: api.setup_intents.create({"customer": laila.id, "payment_method": method, "confirm": True}),
    ):
        with pytest.raises(stripe.InvalidRequestError, match="may not be used again") as refused:
            use()
        assert refused.value.code == "payment_method_unexpected_state"
    assert (saved(api, laila.id), box.objects("charge")) == ([], [])
    box.settle()
    assert shop.types() == ["customer.created", "payment_method.attached", "payment_method.detached"]


def test_a_card_that_was_not_kept_pays_once(api: Any, laila: Any) -> None:
    method = card(api)
    assert charge(api, None, method).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        charge(api, None, method)
    kept = card(api)
    charge(api, laila.id, kept, off_session=None, setup_future_usage="off_session")
    assert saved(api, laila.id) == [kept]


def test_a_card_is_charged_for_its_own_customer_only(api: Any, laila: Any) -> None:
    omar, method = api.customers.create({"name": "Omar"}), card(api)
    api.payment_methods.attach(method, {"customer": laila.id})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        charge(api, omar.id, method)
    with pytest.raises(stripe.InvalidRequestError, match="include the Customer"):
        charge(api, None, method)


def test_a_card_that_was_set_up_pays_without_its_owner(api: Any, laila: Any) -> None:
    """4000 0025 0000 3155: attached alone it is declined off-session, set up it passes."""
    only_attached = card(api, "4000002500003155")
    api.payment_methods.attach(only_attached, {"customer": laila.id})
    with pytest.raises(stripe.CardError) as declined:
        charge(api, laila.id, only_attached)
    assert declined.value.code == "authentication_required"
    asked = api.setup_intents.create(
        {"customer": laila.id, "payment_method": card(api, "4000002500003155"), "confirm": True}
    )
    assert asked.status == "requires_action"


def test_a_card_that_always_asks_fails_without_its_owner(api: Any, laila: Any) -> None:
    """4000 0027 6000 3184."""
    method = card(api, "4000002760003184")
    api.payment_methods.attach(method, {"customer": laila.id})
    with pytest.raises(stripe.CardError) as declined:
        charge(api, laila.id, method)
    error = declined.value.error
    assert (error.code, error.decline_code) == ("authentication_required", "authentication_required")
    assert error.payment_intent.status == "requires_payment_method"
    assert error.payment_method.id == method
    again = api.payment_intents.confirm(error.payment_intent.id, {"payment_method": method})
    assert again.status == "requires_action"


def test_a_card_may_be_kept_and_then_declined(api: Any, laila: Any) -> None:
    """4000 0000 0000 0341; one that is declined at once cannot even be kept."""
    method = card(api, "4000000000000341")
    api.payment_methods.attach(method, {"customer": laila.id})
    with pytest.raises(stripe.CardError) as declined:
        charge(api, laila.id, method)
    assert declined.value.code == "card_declined"
    with pytest.raises(stripe.CardError):
        api.payment_methods.attach(card(api, "4000000000000002"), {"customer": laila.id})
    assert saved(api, laila.id) == [method]


def test_cards_are_listed_read_and_changed_for_their_customer(api: Any, laila: Any) -> None:
    first, second, loose = card(api), card(api), card(api)
    for method in (first, second):
        api.payment_methods.attach(method, {"customer": laila.id})
    assert saved(api, laila.id) == [second, first]
    assert api.customers.payment_methods.retrieve(laila.id, first).id == first
    changed = api.payment_methods.update(
        first,
        {"card": {"exp_month": 1, "exp_year": 2040}, "allow_redisplay": "always", "metadata": {"a": "b"}},
    )
    assert (changed.card.exp_month, changed.card.exp_year, changed.metadata["a"]) == (1, 2040, "b")
    shown = api.payment_methods.list({"customer": laila.id, "allow_redisplay": "always"})
    assert [each.id for each in shown.data] == [first]
    with pytest.raises(stripe.InvalidRequestError, match="No such PaymentMethod"):
        api.customers.payment_methods.retrieve(laila.id, loose)
    with pytest.raises(stripe.InvalidRequestError, match="save this PaymentMethod to a customer"):
        api.payment_methods.update(loose, {"metadata": {"a": "b"}})


def test_a_deleted_customer_takes_the_cards_along(api: Any, laila: Any) -> None:
    method = card(api)
    api.payment_methods.attach(method, {"customer": laila.id})
    paid = charge(api, laila.id, method)
    assert api.customers.delete(laila.id).deleted is True
    assert api.payment_methods.retrieve(method).customer is None
    for use in (
        lambda: api.customers.payment_methods.list(laila.id),
        lambda: charge(api, laila.id, method),
        lambda: charge(api, None, method),
        lambda: api.customers.update(laila.id, {"name": "Laila"}),
        lambda: api.customers.delete(laila.id),
        lambda: api.payment_methods.attach(card(api), {"customer": laila.id}),
    ):
        with pytest.raises(stripe.InvalidRequestError):
            use()
    assert api.payment_intents.retrieve(paid.id).customer == laila.id
    assert api.refunds.create({"payment_intent": paid.id}).status == "succeeded"


def test_payments_of_a_customer_are_found(api: Any, laila: Any) -> None:
    paid = charge(api, laila.id, card(api))
    pay_with(api)
    assert [each.id for each in api.payment_intents.list({"customer": laila.id}).data] == [paid.id]
    assert [each.payment_intent for each in api.charges.list({"customer": laila.id}).data] == [paid.id]
