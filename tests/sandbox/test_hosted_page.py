"""The hosted page, as a person's browser without scripts uses it."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from sandbox.server import Sandbox
from tests.sandbox.conftest import Shop, line, order


def press(browser: requests.Session, url: str, **fields: str) -> requests.Response:
    return browser.post(url, data={"email": "laila@saffron.test", **fields}, allow_redirects=False)


def shown(answer: requests.Response) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def alert(answer: requests.Response) -> str:
    found = shown(answer).select_one("[role=alert]")
    return found.get_text(" ", strip=True) if found else ""


def test_the_page_shows_the_order_and_the_way_back(api: Any, browser: requests.Session) -> None:
    session = api.checkout.sessions.create(order(line_items=[line("Walnut & honey <cake>", 4500, 2)]))
    page = shown(browser.get(session.url))
    assert "Sandbox: no real money" in page.text
    assert "Walnut & honey <cake>" in page.text
    assert "2 × A$45.00" in page.text
    assert page.select_one("button.main").text == "Pay A$90.00"
    assert page.select_one("main a")["href"] == "http://127.0.0.1:1/checkout"
    offered = [each["value"] for each in page.select("input[name=card]")]
    assert offered == [
        "4242424242424242",
        "4000000000000002",
        "4000000000009995",
        "4000002500003155",
        "4000000000000259",
        "own",
    ]


def test_paying_leads_back_to_the_shop_with_the_session_named(
    api: Any, box: Sandbox, shop: Shop, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    answer = press(browser, session.url, card="4242424242424242", name="Laila Haddad")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://127.0.0.1:1/orders/SA-1?session={session.id}"
    paid = api.checkout.sessions.retrieve(session.id)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert (paid.customer_details.email, paid.customer_details.name) == ("laila@saffron.test", "Laila Haddad")
    box.settle()
    assert sorted(shop.types()) == [
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]


@pytest.mark.parametrize(
    ("card", "words", "code"),
    [
        ("4000000000000002", "Your card was declined.", "generic_decline"),
        ("4000000000009995", "Your card has insufficient funds.", "insufficient_funds"),
    ],
)
def test_a_declined_card_is_explained_and_another_may_be_tried(
    api: Any, browser: requests.Session, card: str, words: str, code: str
) -> None:
    session = api.checkout.sessions.create(order())
    answer = press(browser, session.url, card=card)
    assert answer.status_code == 402
    assert words in alert(answer)
    page = shown(answer)
    assert page.select_one("#email")["value"] == "laila@saffron.test"
    assert page.select_one("input[name=card][checked]")["value"] == card
    tried = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert tried.status == "open"
    assert tried.payment_intent.status == "requires_payment_method"
    assert tried.payment_intent.last_payment_error.decline_code == code
    assert press(browser, session.url, card="4242424242424242").status_code == 303
    paid = api.checkout.sessions.retrieve(session.id)
    assert paid.payment_intent == tried.payment_intent.id
    charges = api.charges.list({"payment_intent": paid.payment_intent}).data
    assert [each.status for each in charges] == ["succeeded", "failed"]


def test_a_decline_is_told_to_the_shop(api: Any, box: Sandbox, shop: Shop, browser: requests.Session) -> None:
    session = api.checkout.sessions.create(order())
    press(browser, session.url, card="4000000000000002")
    box.settle()
    assert sorted(shop.types()) == [
        "charge.failed",
        "payment_intent.created",
        "payment_intent.payment_failed",
    ]


def test_authentication_can_be_completed(api: Any, browser: requests.Session) -> None:
    session = api.checkout.sessions.create(order())
    asked = press(browser, session.url, card="4000002500003155")
    question = browser.get(
        asked.headers["Location"] if "://" in asked.headers["Location"] else _on(session, asked)
    )
    assert shown(question).h1.text == "Your bank asks: is this you?"
    assert [each["value"] for each in shown(question).select("button")] == ["complete", "fail"]
    done = browser.post(question.url, data={"answer": "complete"}, allow_redirects=False)
    assert done.headers["Location"].startswith("http://127.0.0.1:1/orders/SA-1")
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"


def _on(session: Any, answer: requests.Response) -> str:
    return session.url.split("/pay/")[0] + answer.headers["Location"]


def test_failed_authentication_leads_back_to_the_page_with_the_reason(
    api: Any, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    asked = press(browser, session.url, card="4000002500003155")
    back = browser.post(_on(session, asked), data={"answer": "fail"})
    assert "unable to authenticate" in alert(back)
    assert shown(back).select_one("#email")["value"] == "laila@saffron.test"
    tried = api.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (tried.status, tried.payment_intent.status) == ("open", "requires_payment_method")
    assert api.charges.list({"payment_intent": tried.payment_intent.id}).data == []
    assert press(browser, session.url, card="4242424242424242").status_code == 303


def test_the_disputed_card_pays_and_is_disputed_a_moment_later(
    api: Any, box: Sandbox, shop: Shop, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    assert press(browser, session.url, card="4000000000000259").status_code == 303
    box.wait_for(lambda: "charge.dispute.created" in shop.types())
    event = next(each.event for each in shop.received if each.event.type == "charge.dispute.created")
    dispute = event.data.object
    assert (dispute.amount, dispute.status, dispute.reason) == (4500, "needs_response", "fraudulent")
    assert api.charges.retrieve(dispute.charge).disputed is True
    assert api.disputes.retrieve(dispute.id).payment_intent == dispute.payment_intent


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"number": ""}, "number"),
        ({"number": "4242 4242 4242 4241"}, "number"),
        ({"number": "not a number"}, "number"),
        ({"number": "4242424242424242", "expiry": "13/30", "code": "123"}, "expiry"),
        ({"number": "4242424242424242", "expiry": "01/20", "code": "123"}, "expiry"),
        ({"number": "4242424242424242", "expiry": "12/34", "code": "1"}, "code"),
        ({"number": "4242424242424242", "expiry": "12/34", "code": "123", "email": "nobody"}, "email"),
    ],
)
def test_a_field_that_cannot_be_right_is_marked_and_nothing_is_charged(
    api: Any, box: Sandbox, browser: requests.Session, fields: dict[str, str], field: str
) -> None:
    session = api.checkout.sessions.create(order())
    answer = press(browser, session.url, card="own", **fields)
    assert answer.status_code == 402
    wrong = shown(answer).select("[aria-invalid=true]")
    assert [each["id"] for each in wrong] == [field]
    assert shown(answer).find(id=wrong[0]["aria-describedby"]).text
    assert box.objects("charge") == []


def test_a_typed_test_card_pays_and_a_real_one_never_does(api: Any, browser: requests.Session) -> None:
    typed = {"card": "own", "expiry": "12 / 34", "code": "1234"}
    session = api.checkout.sessions.create(order())
    real = press(browser, session.url, number="4539 5787 6362 1486", **typed)
    assert (real.status_code, "declined" in alert(real)) == (402, True)
    assert press(browser, session.url, number="3782 822463 10005", **typed).status_code == 303


def test_an_expired_session_says_so_and_takes_nothing(
    api: Any, box: Sandbox, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    box.expire(session.id)
    page = browser.get(session.url)
    assert (page.status_code, shown(page).h1.text) == (410, "This checkout has expired")
    assert shown(page).select_one("main a")["href"] == "http://127.0.0.1:1/checkout"
    press(browser, session.url, card="4242424242424242")
    assert box.objects("charge") == []


def test_a_session_past_its_time_cannot_be_paid_before_the_timer_came(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    with box.world.store.transaction():
        box.world.scheduler.forget("session_expiry", session.id)
    box.move_clock(90_000)
    assert requests.get(session.url, timeout=5).status_code == 410
    assert requests.post(session.url, data={"email": "a@saffron.test"}, timeout=5).status_code == 410
    assert box.objects("charge") == []


def test_a_paid_session_shows_that_it_is_paid_and_takes_nothing_more(
    api: Any, box: Sandbox, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    press(browser, session.url, card="4242424242424242")
    page = shown(browser.get(session.url))
    assert page.h1.text == "This order is already paid"
    assert page.select_one("main a")["href"].startswith("http://127.0.0.1:1/orders/SA-1")
    press(browser, session.url, card="4242424242424242")
    assert len(box.objects("charge")) == 1


def test_pressing_pay_many_times_at_once_takes_the_money_once(api: Any, box: Sandbox) -> None:
    session = api.checkout.sessions.create(order())
    threads = [
        threading.Thread(
            target=press, args=(requests.Session(), session.url), kwargs={"card": "4242424242424242"}
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each["paid"] for each in box.objects("charge")] == [True]


def test_an_unknown_session_is_a_page_not_a_fault(box: Sandbox, browser: requests.Session) -> None:
    page = browser.get(f"{box.url}/pay/cs_test_nothing")
    assert (page.status_code, shown(page).h1.text) == (404, "There is no such checkout")


def test_another_sites_page_cannot_press_the_buttons(
    api: Any, box: Sandbox, browser: requests.Session
) -> None:
    session = api.checkout.sessions.create(order())
    headers = {"Origin": "http://elsewhere.test"}
    answer = browser.post(
        session.url, data={"email": "a@saffron.test"}, headers=headers, allow_redirects=False
    )
    assert answer.status_code == 403
    renamed = browser.get(f"{box.url}/inbox", headers={"Host": "elsewhere.test"})
    assert renamed.status_code == 400, "nor read what is here under a name that it gave this address"
    assert box.objects("charge") == []
