"""A stranger buys a cake on a phone, and the kitchen sees it."""

from __future__ import annotations

import io
import re

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import Browse
from tests.browser.stack import SMS_TO, Stack
from tests.browser.visitor import CAKE, new_address

WORDS = "Happy 40th Laila"


def test_a_stranger_buys_a_cake_and_the_kitchen_sees_it(
    browse: Browse, signed_in: Browse, shop: Stack
) -> None:
    baker = signed_in("baker", 1920, 1080)
    baker.page.goto("/kitchen?day=week")
    baker.page.evaluate("window.sameScreenAllEvening = true")

    customer = browse(390, 844, is_mobile=True, has_touch=True)
    page = customer.page
    customer.find_cake()
    customer.choose_cake("8″", WORDS)
    expect(customer.drawer).to_contain_text(WORDS)
    customer.drawer.get_by_role("link", name="Choose a pickup time").click()
    email = new_address()
    customer.fill_checkout(email=email)
    total = page.locator(".summary .total").last.inner_text()
    customer.place_order()
    customer.at_stripe()
    assert f"A{total}" in page.content()

    shop.sandbox.fault("webhooks", "hold")
    customer.pay()
    expect(page.get_by_role("heading", name="Confirming your payment")).to_be_visible()
    number = customer.order_number
    shop.sandbox.clear_faults()
    shop.sandbox.release()
    customer.is_thanked()
    expect(page.locator(".order-number")).to_have_text(number)

    # The receipt: from the page, and by mail.
    expect(page.get_by_role("link", name="Receipt (PDF)")).to_be_visible()
    address = page.get_by_role("link", name="Receipt (PDF)").get_attribute("href")
    downloaded = page.request.get(f"{shop.url}{address}")
    assert downloaded.headers["content-type"] == "application/pdf"
    text = words_of(downloaded.body())
    for expected in (number, "ABN 51 824 753 556", CAKE, "8″", WORDS, total, "GST 10%"):
        assert expected in text, f"{expected!r} is not on the receipt:\n{text}"
    (mail,) = shop.wait(lambda: shop.sandbox.mails(to=email))
    assert number in mail["subject"]
    (attached,) = mail["attachments"]
    assert words_of(shop.sandbox.attachment(mail, attached["name"])) == text

    # The bakery's phone.
    (sms,) = shop.wait(lambda: [each for each in shop.sandbox.sms(to=SMS_TO) if number in each["body"]])
    assert re.fullmatch(rf"CAKE #{number} 8″ .*Walnut.*{WORDS}.* \d\d:\d\d.*", sms["body"], re.DOTALL), sms[
        "body"
    ]

    # The kitchen, on the screen that has been hanging there all the time.
    ticket = baker.page.get_by_role("article").filter(has_text=number)
    expect(ticket).to_contain_text(WORDS)
    ticket.get_by_role("button", name="Start making").click()
    expect(ticket).to_contain_text("Being made")
    expect(page.get_by_role("heading", name="We are making it")).to_be_visible()
    ticket.get_by_role("button", name="Done").click()
    expect(ticket).to_contain_text("Done")
    page.reload()  # by itself the page asks rarely while a cake is in the oven
    expect(page.get_by_role("heading", name="It is ready for you")).to_be_visible()
    assert baker.page.evaluate("window.sameScreenAllEvening"), "the kitchen's page was loaded again"

    counter = signed_in("counter")
    counter.page.goto(f"/admin/orders/{number}")
    counter.page.get_by_role("button", name="Handed over").click()
    expect(counter.page.locator(".page-title")).to_contain_text("Collected")
    expect(page.get_by_role("heading", name="Enjoy it!")).to_be_visible()
    (reached,) = shop.sql("SELECT status FROM shop_order WHERE number = %s", number)
    assert reached == ("COLLECTED",)


def words_of(pdf: bytes) -> str:
    """The text of every page, in one line."""
    pages = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", " ".join(pages))
