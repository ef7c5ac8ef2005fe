"""Checkout Sessions through Stripe's SDK."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, line, order


def test_a_session_carries_what_the_shop_sent(api: Any) -> None:
    session = api.checkout.sessions.create(
        order(
            line_items=[line(cents=4500, quantity=2), line("Bun", 850, 3)],
            metadata={"order": "SA-1"},
            client_reference_id="SA-1",
            customer_email="laila@saffron.test",
        )
    )
    assert session.id.startswith("cs_test_")
    assert session.url.endswith(f"/pay/{session.id}")
    assert (session.amount_subtotal, session.amount_total, session.currency) == (11550, 11550, "aud")
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.metadata["order"], session.client_reference_id) == ("SA-1", "SA-1")
    assert session.customer_email == session.customer_details.email == "laila@saffron.test"
    assert abs(session.expires_at - time.time() - 86400) < 10


def test_line_items_show_when_expanded_and_on_their_own(api: Any) -> None:
    session = api.checkout.sessions.create(order(line_items=[line("Cake"), line("Bun"), line("Tart")]))
    assert "line_items" not in session
    shown = api.checkout.sessions.retrieve(session.id, {"expand": ["line_items"]})
    assert [each.description for each in shown.line_items.data] == ["Cake", "Bun", "Tart"]
    first = api.checkout.sessions.line_items.list(session.id, {"limit": 2})
    assert (len(first.data), first.has_more) == (2, True)
    rest = api.checkout.sessions.line_items.list(
        session.id, {"limit": 2, "starting_after": first.data[-1].id}
    )
    assert ([each.description for each in rest.data], rest.has_more) == (["Tart"], False)
    assert first.data[0].price.unit_amount == 4500


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"line_items": [line(currency="aud"), line(currency="usd")]}, "line_items"),
        ({"line_items": [line(quantity=0)]}, "line_items[0][quantity]"),
        ({"line_items": [line(cents=-1)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(currency="dollars")]}, "line_items[0][price_data][currency]"),
        ({"success_url": None}, "success_url"),
        ({"success_url": "not-an-address"}, "success_url"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"mode": "subscription"}, "mode"),
        ({"customer": "cus_unknown"}, "customer"),
        ({"expires_at": 1}, "expires_at"),
        ({"expires_at": int(time.time()) + 90_000}, "expires_at"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(api: Any, box: Sandbox, changes: Any, param: str) -> None:
    wanted = {key: value for key, value in order(**changes).items() if value not in (None, [])}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(wanted)
    assert refused.value.param == param
    assert box.objects() == []


def test_a_session_must_last_half_an_hour_unless_the_sandbox_is_told_otherwise(
    api: Any, box: Sandbox
) -> None:
    box.settings.session_min_seconds = 30 * 60
    try:
        with pytest.raises(stripe.InvalidRequestError, match="at least 30 minutes"):
            api.checkout.sessions.create(order(expires_at=int(time.time()) + 60))
        session = api.checkout.sessions.create(order(expires_at=int(time.time()) + 31 * 60))
    finally:
        box.settings.session_min_seconds = 1
    assert session.status == "open"


def test_the_shop_can_expire_an_open_session_once(api: Any, box: Sandbox, shop: Shop) -> None:
    session = api.checkout.sessions.create(order())
    gone = api.checkout.sessions.expire(session.id)
    assert (gone.status, gone.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        api.checkout.sessions.expire(session.id)
    box.settle()
    assert shop.types() == ["checkout.session.expired"]


def test_a_session_expires_by_the_clock_and_says_so(api: Any, box: Sandbox, shop: Shop) -> None:
    session = api.checkout.sessions.create(order(expires_at=int(time.time()) + 2))
    box.wait_for(lambda: shop.types() == ["checkout.session.expired"], 6)
    assert api.checkout.sessions.retrieve(session.id).status == "expired"


def test_moving_the_clock_expires_a_session_at_once(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    box.move_clock(24 * 60 * 60 + 60)
    box.wait_for(lambda: api.checkout.sessions.retrieve(session.id).status == "expired")


def test_a_paid_session_neither_expires_nor_can_be_expired(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id)
    box.move_clock(90_000)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        api.checkout.sessions.expire(session.id)
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_expiring_cancels_a_payment_that_was_tried(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    box.pay(session.id, card="4000002500003155")
    intent = api.checkout.sessions.retrieve(session.id).payment_intent
    assert api.payment_intents.retrieve(intent).status == "requires_action"
    with pytest.raises(stripe.InvalidRequestError, match="created by Checkout"):
        api.payment_intents.cancel(intent)
    api.checkout.sessions.expire(session.id)
    assert api.payment_intents.retrieve(intent).status == "canceled"


def test_sessions_are_listed_by_what_the_shop_looks_for(api: Any, box: Sandbox) -> None:
    paid = api.checkout.sessions.create(order(customer_email="laila@saffron.test"))
    open_one = api.checkout.sessions.create(order(customer_email="omar@saffron.test"))
    box.pay(paid.id)

    def found(**filters: Any) -> list[str]:
        return [each.id for each in api.checkout.sessions.list(filters).data]

    assert found() == [open_one.id, paid.id]
    assert found(status="complete") == [paid.id]
    assert found(payment_intent=api.checkout.sessions.retrieve(paid.id).payment_intent) == [paid.id]
    assert found(customer_details={"email": "omar@saffron.test"}) == [open_one.id]
    assert found(created={"gte": int(time.time()) + 60}) == []


def test_payment_data_reaches_intent_and_charge(api: Any, box: Sandbox) -> None:
    data = {"metadata": {"order": "SA-1"}, "description": "Order SA-1", "receipt_email": "laila@saffron.test"}
    session = api.checkout.sessions.create(order(payment_intent_data=data))
    box.pay(session.id)
    paid = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent = paid.payment_intent
    assert (intent.metadata["order"], intent.description) == ("SA-1", "Order SA-1")
    charge = intent.latest_charge
    assert (charge.metadata["order"], charge.receipt_email) == ("SA-1", "laila@saffron.test")


def test_a_card_to_be_kept_makes_a_customer_that_can_be_charged_later(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order(payment_intent_data={"setup_future_usage": "off_session"}))
    box.pay(session.id, card="4000002500003155", authenticate=True, email="laila@saffron.test")
    paid = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent", "customer"]})
    assert paid.customer.email == "laila@saffron.test"
    later = api.payment_intents.create(
        {
            "amount": 9900,
            "currency": "aud",
            "customer": paid.customer.id,
            "payment_method": paid.payment_intent.payment_method,
            "off_session": True,
            "confirm": True,
        }
    )
    assert later.status == "succeeded"
    methods = api.customers.payment_methods.list(paid.customer.id, {"type": "card"})
    assert [each.card.last4 for each in methods.data] == ["3155"]
