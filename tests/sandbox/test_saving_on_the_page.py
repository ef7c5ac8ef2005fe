"""The hosted page keeps a card when it is asked to, and offers it the next time."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from sandbox.control import ControlError
from sandbox.server import Sandbox
from tests.sandbox.conftest import order
from tests.sandbox.test_saved_cards import saved

SAVE = {"saved_payment_method_options": {"payment_method_save": "enabled"}}
KEEP = {"payment_intent_data": {"setup_future_usage": "off_session"}}


def shown(url: str) -> BeautifulSoup:
    return BeautifulSoup(requests.get(url, timeout=5).text, "html.parser")


def offered(url: str) -> list[str]:
    return [each["value"] for each in shown(url).select("input[name=card][value^=pm_]")]


def test_a_ticked_box_keeps_the_card_and_the_next_page_offers_it(api: Any, box: Sandbox, laila: Any) -> None:
    first = api.checkout.sessions.create(order(customer=laila.id, **SAVE))
    assert shown(first.url).select_one("input[name=save]") is not None
    box.pay(first.id, save=True)
    [method] = saved(api, laila.id)
    assert api.payment_methods.retrieve(method).allow_redisplay == "always"
    second = api.checkout.sessions.create(order(customer=laila.id))
    assert shown(second.url).select_one("input[name=save]") is None
    assert offered(second.url) == [method]
    assert shown(second.url).select_one("input[name=card][checked]")["value"] == method
    answer = requests.post(
        second.url, data={"email": "laila@saffron.test", "card": method}, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 303
    paid = api.checkout.sessions.retrieve(second.id, {"expand": ["payment_intent"]})
    assert (paid.payment_status, paid.payment_intent.payment_method) == ("paid", method)


def test_an_unticked_box_keeps_nothing(api: Any, box: Sandbox, laila: Any) -> None:
    session = api.checkout.sessions.create(order(customer=laila.id, **SAVE))
    box.pay(session.id)
    assert saved(api, laila.id) == []


def test_a_box_ticked_before_the_bank_asks_counts_afterwards(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order(**SAVE))
    with pytest.raises(ControlError):
        box.pay(session.id, card="4000000000000002")
    box.pay(session.id, card="4000002500003155", save=True, authenticate=True, email="omar@saffron.test")
    paid = api.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert paid.customer.email == "omar@saffron.test"
    assert len(saved(api, paid.customer.id)) == 1


def test_what_the_shop_keeps_is_offered_only_when_the_person_wanted_it(
    api: Any, box: Sandbox, laila: Any
) -> None:
    session = api.checkout.sessions.create(order(customer=laila.id, **KEEP))
    assert "charge this card for future payments" in shown(session.url).text
    box.pay(session.id)
    [method] = saved(api, laila.id)
    assert api.payment_methods.retrieve(method).allow_redisplay == "limited"
    assert offered(api.checkout.sessions.create(order(customer=laila.id)).url) == []
    wider = {"saved_payment_method_options": {"allow_redisplay_filters": ["always", "limited"]}}
    assert offered(api.checkout.sessions.create(order(customer=laila.id, **wider)).url) == [method]
    both = api.checkout.sessions.create(order(customer=laila.id, **KEEP, **SAVE))
    box.pay(both.id, save=True)
    assert len(offered(api.checkout.sessions.create(order(customer=laila.id)).url)) == 1


def test_a_saved_card_is_removed_where_that_is_allowed(api: Any, box: Sandbox, laila: Any) -> None:
    box.pay(api.checkout.sessions.create(order(customer=laila.id, **SAVE)).id, save=True)
    [method] = saved(api, laila.id)
    fixed = api.checkout.sessions.create(order(customer=laila.id))
    requests.post(f"{fixed.url}/cards/{method}/remove", timeout=5)
    assert saved(api, laila.id) == [method]
    options = {"saved_payment_method_options": {"payment_method_remove": "enabled"}}
    session = api.checkout.sessions.create(order(customer=laila.id, **options))
    assert "Remove" in shown(session.url).text
    requests.post(f"{session.url}/cards/{method}/remove", timeout=5)
    assert saved(api, laila.id) == []
    with pytest.raises(ControlError, match="not saved any more"):
        box.pay(session.id, saved=method)
    assert box.pay(session.id)["session"]["payment_status"] == "paid"


def test_nobody_pays_with_the_card_of_somebody_else(api: Any, box: Sandbox, laila: Any) -> None:
    box.pay(api.checkout.sessions.create(order(customer=laila.id, **SAVE)).id, save=True)
    [method] = saved(api, laila.id)
    omar = api.customers.create({"email": "omar@saffron.test"})
    for session in (order(customer=omar.id), order()):
        with pytest.raises(ControlError, match="not saved any more"):
            box.pay(api.checkout.sessions.create(session).id, saved=method)
    assert len(box.objects("charge")) == 1
