"""Every page of the sandbox is sound HTML that works without scripts."""

from __future__ import annotations

from typing import Any

import html5lib
import pytest
import requests
from bs4 import BeautifulSoup
from twilio.rest import Client

from sandbox.server import Sandbox
from tests.sandbox.conftest import order, pay_with
from tests.sandbox.test_files import upload
from tests.sandbox.test_mail import letter, post
from tests.sandbox.test_twilio import send


@pytest.fixture
def pages(api: Any, box: Sandbox, twilio: Client) -> dict[str, str]:
    """The address of every kind of page, with something on it."""
    paid, open_one, gone, asked = (
        api.checkout.sessions.create(order(client_reference_id="SA-1")) for _ in "1234"
    )
    box.pay(paid.id, card="4000000000000259")
    box.expire(gone.id)
    box.pay(asked.id, card="4000002500003155")
    intent = box.object(paid.id)["payment_intent"]
    api.charges.list()
    post(box, letter())
    send(twilio)
    box.reply("+61491570156", "Hello", to="+61491570006")
    box.wait_for(lambda: box.objects("dispute"))
    more = money_pages(api, box)
    box.fault("webhooks", "hold")
    api.customers.create({"name": "Laila"})
    box.fault("stripe", "slow", seconds=0, last=60)
    return {
        "overview": "/",
        "inbox": "/inbox",
        "mail": f"/inbox/{box.mails()[0]['id']}",
        "stripe": "/stripe",
        "object": f"/stripe/objects/{intent}",
        "event": f"/stripe/objects/{box.events()[0]['id']}",
        "faults": "/faults",
        "pay": f"/pay/{open_one.id}",
        "paid": f"/pay/{paid.id}",
        "expired": f"/pay/{gone.id}",
        "unknown": "/pay/nothing",
        "authenticate": f"/pay/authenticate/{box.object(asked.id)['payment_intent']}",
        "missing": "/no-such-page",
    } | more


def money_pages(api: Any, box: Sandbox) -> dict[str, str]:
    """The pages about money, with something on each of them."""
    box.refunds_begin("requires_action")
    box.dashboard_refund(pay_with(api).id, 100)
    box.refunds_begin(None)
    box.settle_refund(box.dashboard_refund(pay_with(api).id)["id"], "failed")
    box.open_dispute(pay_with(api).id, "general", inquiry=True)
    box.fraud_warning(pay_with(api).id)
    upload(api)
    link = api.payment_links.create({"line_items": order()["line_items"]})
    customer = api.customers.create({"email": "laila@saffron.test"}).id
    keep = {"payment_method_save": "enabled", "payment_method_remove": "enabled"}
    saving = order(customer=customer, saved_payment_method_options=keep)
    box.pay(api.checkout.sessions.create(saving).id, save=True)
    setup = {"mode": "setup", "currency": "aud", "success_url": "http://127.0.0.1:1/", "customer": customer}
    box.advance(2 * 24 * 60 * 60 - 60)
    names = ("refunds", "disputes", "balance", "cards", "links")
    return {name: f"/stripe/{name}" for name in names} | {
        "saved card": f"/pay/{api.checkout.sessions.create(saving).id}",
        "setup": f"/pay/{api.checkout.sessions.create(setup).id}",
        "closed link": closed(api, link),
    }


def closed(api: Any, link: Any) -> str:
    api.payment_links.update(link.id, {"active": False})
    return "/link/" + str(link.url).rpartition("/")[2]


def test_every_page_is_sound(box: Sandbox, pages: dict[str, str], browser: requests.Session) -> None:
    for name, path in pages.items():
        answer = browser.get(f"{box.url}{path}")
        assert answer.status_code < 500, name
        html5lib.HTMLParser(strict=True).parse(answer.text)
        page = BeautifulSoup(answer.text, "html.parser")
        assert len(page.select("h1")) == 1, name
        assert page.title.text.strip().endswith("Sandbox"), name
        assert "Sandbox: no real money" in page.text, name
        assert not page.select("script, style, [style], [onclick]"), name
        ids = [each["id"] for each in page.select("[id]")]
        assert len(ids) == len(set(ids)), name
        for field in page.select("input:not([type=hidden]), select, textarea"):
            labelled = (
                field.get("aria-label")
                or field.find_parent("label")
                or page.find("label", {"for": field.get("id")})
            )
            assert labelled, (name, field)
        for form in page.select("form[method=post]"):
            assert form.select("button"), (name, form)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"], name


def test_links_inside_the_sandbox_lead_somewhere(
    box: Sandbox, pages: dict[str, str], browser: requests.Session
) -> None:
    links = set()
    for path in pages.values():
        page = BeautifulSoup(browser.get(f"{box.url}{path}").text, "html.parser")
        links |= {each["href"] for each in page.select("a[href^='/']")}
    assert len(links) > 15
    for link in links:
        assert browser.get(f"{box.url}{link}").status_code in (200, 410), link


def test_forgetting_everything_empties_the_pages(
    box: Sandbox, pages: dict[str, str], browser: requests.Session
) -> None:
    browser.post(f"{box.url}/reset")
    assert box.state()["faults"] == box.mails() == box.sms() == box.objects() == box.events() == []
    assert "None in force" in browser.get(f"{box.url}/").text
