"""A payment that is disputed: told to the staff, answered by one of them, and decided by the bank."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.axe import complaints
from tests.browser.conftest import Browse
from tests.browser.stack import Stack
from tests.browser.visitor import Visitor, new_address
from tests.browser.watch import Watch


def test_a_dispute_is_answered_by_a_person_and_won(
    browse: Browse, signed_in: Callable[[str], Visitor], shop: Stack, watch: Watch
) -> None:
    buyer = browse(390, 844)
    buyer.order_cake(email=new_address(), words="Happy 40th Laila")
    session = buyer.stripe_session
    buyer.pay()
    buyer.is_thanked()
    number = buyer.order_number
    opened = shop.sandbox.open_dispute(session, "product_not_received")

    # The staff are told, and the order says so.
    shop.wait(lambda: [mail for mail in shop.sandbox.mails() if number in mail["subject"]
                       and "disputed" in mail["subject"]])  # fmt: skip
    page = signed_in("manager").page
    page.goto(f"/admin/orders/{number}")
    page.get_by_role("link", name="Open the dispute").click()
    expect(page.get_by_role("heading", level=1, name=f"Dispute about {number}")).to_be_visible()
    gathered = page.get_by_role("link", name="Read the file")
    shop.wait(lambda: page.reload() and gathered.is_visible())
    assert complaints(page) == []

    # The file for the bank, as it would go out.
    address = str(page.get_by_role("link", name="Download").get_attribute("href"))
    paper = page.request.get(address)
    said = " ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(paper.body())).pages)
    assert number in said and "Happy 40th Laila" in said

    # Nothing goes out unread; what was typed stays.
    page.get_by_label("What happened").fill("winning_evidence")
    watch.allow("422: ")
    page.get_by_role("button", name="Send to Stripe").click()
    expect(page.get_by_text("Tick the box first")).to_be_visible()
    expect(page.get_by_label("What happened")).to_have_value("winning_evidence")
    assert shop.sandbox.object(opened["id"])["status"] == "needs_response"
    page.get_by_label("I have read the file").check()
    page.get_by_role("button", name="Send to Stripe").click()
    expect(page.get_by_text("on its way to Stripe").first).to_be_visible()

    # The bank decides; the money is back, and the customer never heard of it.
    shop.wait(lambda: shop.sandbox.object(opened["id"])["status"] == "won")
    at_stripe = shop.sandbox.object(opened["id"])
    assert at_stripe["evidence_details"]["submission_count"] == 1
    assert at_stripe["evidence"]["uncategorized_file"]
    won = page.get_by_text("The bank decided for us")
    shop.wait(lambda: page.reload() and won.is_visible())
    assert shop.sql("SELECT state, taken_cents FROM dispute WHERE stripe_id = %s", opened["id"]) == [
        ("WON", 0)
    ]
    page.goto("/admin/disputes")
    expect(page.get_by_role("link", name=number)).to_be_visible()
    assert complaints(page) == []
    buyer.page.reload()
    assert "disput" not in buyer.page.content().lower()
