"""The buttons of the sandbox's Stripe: what the bank, the cardholder or somebody in the dashboard does."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup

from sandbox.server import Sandbox
from tests.sandbox.conftest import line, order, pay_with
from tests.sandbox.test_files import PDF, upload

DAY = 24 * 60 * 60


class Pages:
    """Presses buttons and reads what the pages say."""

    def __init__(self, box: Sandbox, browser: requests.Session) -> None:
        self.box, self.browser = box, browser

    def press(self, path: str, **fields: str) -> requests.Response:
        return self.browser.post(f"{self.box.url}{path}", data=fields, timeout=5)

    def text(self, path: str) -> str:
        page = BeautifulSoup(self.browser.get(f"{self.box.url}{path}", timeout=5).text, "html.parser")
        return " ".join(page.get_text(" ").split())


@pytest.fixture
def pages(box: Sandbox, browser: requests.Session) -> Pages:
    return Pages(box, browser)


def test_a_person_decides_what_becomes_of_a_refund(api: Any, box: Sandbox, pages: Pages) -> None:
    pages.press("/stripe/refunds/begin", status="pending")
    paid = pay_with(api)
    made = api.refunds.create({"payment_intent": paid.id, "amount": 1000})
    assert made.status == "pending"
    pages.press(f"/stripe/refunds/{made.id}", status="requires_action")
    assert "requires action" in pages.text("/stripe/refunds")
    pages.press(f"/stripe/refunds/{made.id}", status="succeeded", reason="declined")
    assert api.refunds.retrieve(made.id).status == "succeeded"
    refused = pages.press(f"/stripe/refunds/{made.id}", status="canceled")
    assert (refused.status_code, "it cannot become canceled" in refused.text) == (422, True)
    pages.press(f"/stripe/refunds/{made.id}", status="failed", reason="lost_or_stolen_card")
    assert api.refunds.retrieve(made.id).failure_reason == "lost_or_stolen_card"
    pages.press("/stripe/refunds/begin", status="")
    assert api.refunds.create({"payment_intent": paid.id, "amount": 1}).status == "succeeded"


def test_a_cardholder_reports_a_charge_and_the_bank_decides(api: Any, box: Sandbox, pages: Pages) -> None:
    charges = {
        what: pay_with(api).latest_charge for what in ("product_not_received", "inquiry", "fraud_warning")
    }
    for what, charge in charges.items():
        pages.press(f"/stripe/charges/{charge}/report", what=what)
    [dispute] = box.objects("dispute", charge=charges["product_not_received"])
    [inquiry] = box.objects("dispute", charge=charges["inquiry"])
    assert (dispute["reason"], inquiry["status"]) == ("product_not_received", "warning_needs_response")
    assert "refund it before it is disputed" in pages.text("/stripe/disputes")
    pages.press("/stripe/disputes/fee", returned="yes")
    assert "It comes back." in pages.text("/stripe/disputes")
    pages.press(f"/stripe/disputes/{dispute['id']}", outcome="won")
    assert box.object(dispute["id"])["balance_transactions"][1]["net"] == 12_500
    pages.press(f"/stripe/disputes/{inquiry['id']}", outcome="escalated")
    assert box.object(inquiry["id"])["status"] == "needs_response"
    refused = pages.press(f"/stripe/disputes/{dispute['id']}", outcome="lost")
    assert (refused.status_code, "cannot become lost" in refused.text) == (422, True)
    again = pages.press(f"/stripe/charges/{charges['inquiry']}/report", what="fraudulent")
    assert (again.status_code, "disputed already" in again.text) == (422, True)


def test_the_balance_page_shows_the_sum_of_its_list(api: Any, box: Sandbox, pages: Pages) -> None:
    box.open_dispute(pay_with(api).id)
    api.refunds.create({"payment_intent": pay_with(api).id})
    text = pages.text("/stripe/balance")
    assert "-A$29.00" in text  # 98.00 − 125.00 + 98.00 − 100.00
    assert text.count("-A$29.00") == 2


def test_files_can_be_looked_at(api: Any, box: Sandbox, pages: Pages) -> None:
    made = upload(api)
    assert "Download the PDF" in pages.text("/stripe/disputes")
    answer = requests.get(f"{box.url}/stripe/files/{made.id}", timeout=5)
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert requests.get(f"{box.url}/stripe/files/file_nothing", timeout=5).status_code == 404


def test_a_saved_card_is_detached_by_hand(api: Any, box: Sandbox, laila: Any, pages: Pages) -> None:
    method = pay_with(api, customer=laila.id, setup_future_usage="off_session").payment_method
    text = pages.text("/stripe/cards")
    assert "laila@saffron.test" in text and "also off-session" in text
    pages.press(f"/stripe/cards/{method}/detach")
    assert api.payment_methods.retrieve(method).customer is None
    assert pages.press(f"/stripe/cards/{method}/detach").status_code == 422


def test_a_link_is_closed_and_opened_by_hand(api: Any, box: Sandbox, pages: Pages) -> None:
    link = api.payment_links.create({"line_items": [line("Balance of SA-1", 9000)]})
    assert "Balance of SA-1 A$90.00 active" in pages.text("/stripe/links")
    pages.press(f"/stripe/links/{link.id}", active="false")
    assert box.object(link.id)["active"] is False
    pages.press(f"/stripe/links/{link.id}", active="true")
    assert box.object(link.id)["active"] is True


def test_time_is_put_ahead_by_hand(api: Any, box: Sandbox, pages: Pages) -> None:
    session = api.checkout.sessions.create(order())
    for seconds in ("3600", "604800", "5", "-3600", "soon"):
        pages.press("/clock", by=seconds)
    assert abs(box.state()["clock_offset"] - 3600 - 7 * DAY) < 1
    assert "7 days ahead of the true time" in pages.text("/")
    assert "Clock 7 days ahead" in pages.text("/stripe")
    assert api.checkout.sessions.retrieve(session.id).status == "expired"


def test_a_share_is_asked_for_by_hand(api: Any, box: Sandbox, pages: Pages) -> None:
    pages.press("/faults", fault="stripe/error", share="0.5", seed="7")
    [fault] = box.state()["faults"]
    assert (fault["share"], fault["seed"]) == (0.5, 7)
    assert "a share of 0.5: struck 0 of 0" in pages.text("/faults")
    refused = pages.press("/faults", fault="stripe/error", share="2")
    assert (refused.status_code, "share must lie" in refused.text) == (422, True)
